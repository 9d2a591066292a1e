/*
 * Four locks of four kinds, each taken under the next, round in a circle.
 * Contexts: thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Ordinary, Queued;
static EX_SPIN_LOCK Ex;
static NDIS_SPIN_LOCK Ndis;

static VOID body(VOID)
{
    KLOCK_QUEUE_HANDLE handle;
    KIRQL irql;
    KeInitializeSpinLock(&Ordinary);
    KeInitializeSpinLock(&Queued);
    NdisAllocateSpinLock(&Ndis);

    KeAcquireSpinLock(&Ordinary, &irql);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Queued, &handle);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
    KeReleaseSpinLock(&Ordinary, irql);

    KeAcquireInStackQueuedSpinLock(&Queued, &handle);
    ExAcquireSpinLockExclusiveAtDpcLevel(&Ex);
    ExReleaseSpinLockExclusiveFromDpcLevel(&Ex);
    KeReleaseInStackQueuedSpinLock(&handle);

    irql = ExAcquireSpinLockShared(&Ex);
    NdisDprAcquireSpinLock(&Ndis);
    NdisDprReleaseSpinLock(&Ndis);
    ExReleaseSpinLockShared(&Ex, irql);

    NdisAcquireSpinLock(&Ndis);
    KeAcquireSpinLockAtDpcLevel(&Ordinary);
    KeReleaseSpinLockFromDpcLevel(&Ordinary);
    NdisReleaseSpinLock(&Ndis);
    NdisFreeSpinLock(&Ndis);
}
