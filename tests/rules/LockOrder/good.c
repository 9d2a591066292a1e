/*
 * Locks in one order only; both orders where nobody can wait: under a common lock, by an attempt, with
 * shares; locks of one class in the order of their addresses; wrappers, which make locks of different
 * classes. Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK A, B, Guard;
static KSPIN_LOCK Locks[4], Tried;
static EX_SPIN_LOCK Shared;

static VOID TakeBoth(PNDIS_SPIN_LOCK First, PNDIS_SPIN_LOCK Second)
{
    NdisAcquireSpinLock(First);
    NdisAcquireSpinLock(Second);
    NdisReleaseSpinLock(Second);
    NdisReleaseSpinLock(First);
}

/* Every lock of this driver is made here. */
static DECLSPEC_NOINLINE VOID Make(PNDIS_SPIN_LOCK Lock)
{
    NdisAllocateSpinLock(Lock);
}

static VOID UnderGuard(VOID)
{
    NdisAcquireSpinLock(&Guard);
    TakeBoth(&A, &B);
    TakeBoth(&B, &A);
    NdisReleaseSpinLock(&Guard);
}

static VOID OneClass(VOID)
{
    for (ULONG i = 0; i < 4; i++) {
        KeAcquireSpinLockAtDpcLevel(&Locks[i]);
    }
    for (ULONG i = 0; i < 4; i++) {
        KeReleaseSpinLockFromDpcLevel(&Locks[i]);
    }
}

static VOID WithAttempt(VOID)
{
    KeAcquireSpinLockAtDpcLevel(&Locks[0]);
    KeAcquireSpinLockAtDpcLevel(&Tried);
    KeReleaseSpinLockFromDpcLevel(&Tried);
    KeReleaseSpinLockFromDpcLevel(&Locks[0]);
    KeAcquireSpinLockAtDpcLevel(&Tried);
    if (KeTryToAcquireSpinLockAtDpcLevel(&Locks[0])) {
        KeReleaseSpinLockFromDpcLevel(&Locks[0]);
    }
    KeReleaseSpinLockFromDpcLevel(&Tried);
}

static VOID WithShares(VOID)
{
    ExAcquireSpinLockSharedAtDpcLevel(&Shared);
    KeAcquireSpinLockAtDpcLevel(&Locks[1]);
    KeReleaseSpinLockFromDpcLevel(&Locks[1]);
    ExReleaseSpinLockSharedFromDpcLevel(&Shared);
    KeAcquireSpinLockAtDpcLevel(&Locks[1]);
    ExAcquireSpinLockSharedAtDpcLevel(&Shared);
    ExReleaseSpinLockSharedFromDpcLevel(&Shared);
    KeReleaseSpinLockFromDpcLevel(&Locks[1]);
}

static VOID body(VOID)
{
    KIRQL irql;
    Make(&A);
    Make(&B);
    Make(&Guard);
    for (ULONG i = 0; i < 4; i++) {
        KeInitializeSpinLock(&Locks[i]);
    }
    KeInitializeSpinLock(&Tried);
    UnderGuard();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    OneClass();
    WithAttempt();
    WithShares();
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Guard);
    NdisFreeSpinLock(&B);
    NdisFreeSpinLock(&A);
}
