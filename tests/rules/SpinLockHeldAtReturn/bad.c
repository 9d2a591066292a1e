/*
 * An early return forgets the release.
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
        return;
    }
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
