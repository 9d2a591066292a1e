/*
 * livelock.c - Livelock: everybody may go on, and nobody comes to an end.
 *
 * The explored engine counts steps; a loop that only reads rests there until something changes, so what
 * is left are loops that keep writing, locking or asking.
 */
#include "ke/event.h"
#include "report/finding.h"

static void hear(struct event *event)
{
    if (event->value[0] != WATCHDOG_STEPS) {
        return;
    }
    struct finding *finding = finding_begin(
        "Livelock", event, "after %lu steps nothing has come to an end, though nothing was kept waiting",
        (unsigned long)event->value[1]);
    if (finding != NULL) {
        finding_bugcheck(finding, 0x133, 1, 0, 0, 0);
        finding_commit(finding);
    }
}

static struct event_listener listener = {
    .name = "livelock",
    .kinds = 1ull << EVENT_WATCHDOG,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
