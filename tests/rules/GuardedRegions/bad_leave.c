/*
 * The error path leaves the guarded region, and so does the end.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static volatile BOOLEAN Failed = TRUE;

static VOID body(VOID)
{
    KeEnterGuardedRegion();
    if (Failed) {
        KeLeaveGuardedRegion();
    }
    KeLeaveGuardedRegion();
}
