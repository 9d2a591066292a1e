/*
 * Each critical section is closed with the flavour that opened it.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisDprAcquireSpinLock(&Lock);
    NdisDprReleaseSpinLock(&Lock);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Lock);
}
