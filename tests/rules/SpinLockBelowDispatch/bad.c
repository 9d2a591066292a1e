/*
 * NdisDprAcquireSpinLock at PASSIVE_LEVEL.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisDprAcquireSpinLock(&Lock);
    NdisDprReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
