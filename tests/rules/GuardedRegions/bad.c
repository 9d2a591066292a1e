/*
 * An early return inside of a guarded region.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static volatile BOOLEAN Busy = TRUE;

static VOID body(VOID)
{
    KeEnterGuardedRegion();
    if (Busy) {
        return;
    }
    KeLeaveGuardedRegion();
}
