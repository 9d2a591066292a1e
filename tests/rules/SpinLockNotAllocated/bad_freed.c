/*
 * The lock is used after NdisFreeSpinLock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
}
