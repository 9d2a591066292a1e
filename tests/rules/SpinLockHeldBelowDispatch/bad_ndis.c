/*
 * The same with an NDIS lock.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    KeLowerIrql(PASSIVE_LEVEL);
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
