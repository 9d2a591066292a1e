/*
 * Dpr locks released out of order: IRQL does not change.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK A, B;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisDprAcquireSpinLock(&A);
    NdisDprAcquireSpinLock(&B);
    NdisDprReleaseSpinLock(&A);
    NdisDprReleaseSpinLock(&B);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&A);
    NdisFreeSpinLock(&B);
}
