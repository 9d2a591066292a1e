/*
 * NdisFreeSpinLock releases no memory, so a lock that is not freed is no leak.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock, Other;

static VOID body(VOID)
{
    static BOOLEAN done;
    if (!done) {
        done = TRUE;
        NdisAllocateSpinLock(&Lock);
        NdisAllocateSpinLock(&Other);
    }
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
}
