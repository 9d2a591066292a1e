/*
 * IRQL is raised first.
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
    NdisDprReleaseSpinLock(&Lock);
    if (KeTryToAcquireSpinLockAtDpcLevel(&Lock.SpinLock)) {
        KeReleaseSpinLockFromDpcLevel(&Lock.SpinLock);
    }
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Lock);
}
