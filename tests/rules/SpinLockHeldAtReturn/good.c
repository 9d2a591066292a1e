/*
 * The error path releases too.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static volatile BOOLEAN Failed = TRUE;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    if (Failed) {
        NdisReleaseSpinLock(&Lock);
        NdisFreeSpinLock(&Lock);
        return;
    }
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
