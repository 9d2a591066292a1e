/*
 * Paged pool is freed while a spin lock is held.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    PVOID block = ExAllocatePool2(POOL_FLAG_PAGED, 16, 'tseT');
    NdisAcquireSpinLock(&Lock);
    if (block != NULL) {
        ExFreePoolWithTag(block, 'tseT');
    }
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
