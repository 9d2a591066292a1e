/*
 * NDIS and Ke calls on one lock with the same effect.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    KeReleaseSpinLock(&Lock.SpinLock, Lock.OldIrql);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisDprAcquireSpinLock(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock.SpinLock);
    KeAcquireSpinLockAtDpcLevel(&Lock.SpinLock);
    NdisDprReleaseSpinLock(&Lock);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Lock);
}
