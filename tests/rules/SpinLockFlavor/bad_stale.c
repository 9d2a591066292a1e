/*
 * Opened with NdisDprAcquireSpinLock, closed with NdisReleaseSpinLock: a stale level is restored.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&Lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisDprAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Lock);
}
