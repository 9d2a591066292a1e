/*
 * Opened with NdisAcquireSpinLock, closed with NdisDprReleaseSpinLock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    NdisDprReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
