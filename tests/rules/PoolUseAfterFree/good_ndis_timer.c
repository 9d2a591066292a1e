/*
 * A timer is freed when its callback, if it was queued, is over.
 * Contexts: entry.  Engine: explored.
 */
#include "ndis_timer.h"

static VOID end(NDIS_HANDLE Timer)
{
    KeFlushQueuedDpcs();
    NdisFreeTimerObject(Timer);
}

static VOID body(VOID)
{
    with_cancelled_timer(end);
}
