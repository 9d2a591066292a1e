/*
 * NdisAcquireSpinLock at DISPATCH_LEVEL saves DISPATCH_LEVEL, so the order is harmless.
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
    NdisAcquireSpinLock(&A);
    NdisAcquireSpinLock(&B);
    NdisReleaseSpinLock(&A);
    NdisReleaseSpinLock(&B);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&A);
    NdisFreeSpinLock(&B);
}
