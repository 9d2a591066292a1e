/*
 * A timer is cancelled and freed at once: it may have expired, and its callback be queued.
 * Contexts: entry.  Engine: explored.
 */
#include "ndis_timer.h"

static VOID body(VOID)
{
    with_cancelled_timer(NdisFreeTimerObject);
}
