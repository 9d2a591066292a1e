/*
 * NdisFreeSpinLock while the lock is held.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
}
