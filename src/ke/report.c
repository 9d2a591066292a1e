/*
 * report.c - how events reach their listeners.
 */
#include "ke/event.h"

#if UNDIS_CHECKED

uint64_t event_wanted;
static struct event_listener *listeners;

void event_listen(struct event_listener *listener)
{
    listener->next = listeners;
    listeners = listener;
    event_wanted |= listener->kinds;
}

void event_report(struct event *event)
{
    KIRQL irql = ke_mask();
    struct ke_processor *processor = ke_processor();
    event->processor = processor;
    /* Sent from inside the library's own critical sections: what the driver sees is what it came in with. */
    event->irql = irql != KE_MASKED             ? irql
                  : event->kind == EVENT_IRQL   ? (KIRQL)event->value[0]
                  : processor->callback != NULL ? processor->callback->irql
                                                : PASSIVE_LEVEL;
    for (struct event_listener *listener = listeners; listener != NULL; listener = listener->next) {
        if (listener->kinds >> event->kind & 1) {
            listener->hear(event);
        }
    }
    ke_unmask(irql);
}

#endif
