/*
 * report.c - how events reach their listeners.
 */
#include "ke/engine.h"
#include "ke/event.h"
#include "host/memory.h"

#if UNDIS_CHECKED

HOST_HOT uint64_t event_wanted = 0;

#define LISTENERS 64
static struct event_listener *listeners[LISTENERS];
static unsigned listener_count;
static uint64_t hearers[EVENT_KINDS]; /* bit i: listeners[i] wants that kind */
static uint64_t heard;                /* union of the listeners' kinds */

/* Events after which an end is what it was before. */
#define LEAVE_NOTHING                                                                                        \
    (EVENTS_OF_ENDS | 1ull << EVENT_CALLBACK_ENTER | 1ull << EVENT_WAIT | 1ull << EVENT_THREAD_START |       \
     1ull << EVENT_OBJECT_CREATE | 1ull << EVENT_OBJECT_DESTROY | 1ull << EVENT_OWNER_END |                  \
     1ull << EVENT_DRIVER_LOAD | 1ull << EVENT_DRIVER_UNLOAD)

void event_listen(struct event_listener *listener)
{
    if (listener_count == LISTENERS) {
        __builtin_trap(); /* they are all known when undis is built */
    }
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        hearers[kind] |= (listener->kinds >> kind & 1) << listener_count;
    }
    listeners[listener_count++] = listener;
    heard |= listener->kinds;
    event_wanted |= listener->kinds & ~EVENTS_OF_ENDS;
}

void event_ends_begin(void)
{
    if ((event_wanted & EVENTS_OF_ENDS) != (heard & EVENTS_OF_ENDS)) {
        __atomic_fetch_or(&event_wanted, heard & EVENTS_OF_ENDS, __ATOMIC_RELAXED);
    }
}

uint64_t event_now(struct event *event)
{
    if (event->now == 0) {
        event->now = ke_engine->now();
    }
    return event->now;
}

void event_report(struct event *event)
{
    KIRQL irql = ke_mask();
    struct ke_processor *processor = ke_processor();
    event_ends_matter((LEAVE_NOTHING >> event->kind & 1) == 0);
    event->processor = processor;
    /* Sent from inside the library's own critical sections: what the driver sees is what it came in with. */
    event->irql = irql != KE_MASKED             ? irql
                  : event->kind == EVENT_IRQL   ? (KIRQL)event->value[0]
                  : processor->callback != NULL ? processor->callback->irql
                                                : PASSIVE_LEVEL;
    /* Who came last hears first. */
    for (uint64_t left = hearers[event->kind]; left != 0;) {
        unsigned last = 63 - (unsigned)__builtin_clzll(left);
        left &= ~(UINT64_C(1) << last);
        listeners[last]->hear(event);
    }
    ke_unmask(irql);
}

#endif
