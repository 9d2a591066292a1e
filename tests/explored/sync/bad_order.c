/*
 * Two threads take two locks in opposite orders (CASE: which locks).
 * Verdict: Deadlock; 1 preemption: a thread is left between its two acquisitions.
 */
#include "../../zoo/zoo.h"

#if CASE == 0
static KSPIN_LOCK Locks[2];
#elif CASE == 1
static EX_SPIN_LOCK Locks[2];
#elif CASE == 2
static ERESOURCE Locks[2];
#else
static EX_PUSH_LOCK Locks[2];
#endif

static VOID TakeBoth(ULONG First, ULONG Second)
{
#if CASE == 0
    KLOCK_QUEUE_HANDLE outer, inner;
    KeAcquireInStackQueuedSpinLock(&Locks[First], &outer);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Locks[Second], &inner);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&inner);
    KeReleaseInStackQueuedSpinLock(&outer);
#elif CASE == 1
    KIRQL old = ExAcquireSpinLockShared(&Locks[First]);
    ExAcquireSpinLockExclusiveAtDpcLevel(&Locks[Second]);
    ExReleaseSpinLockExclusiveFromDpcLevel(&Locks[Second]);
    ExReleaseSpinLockShared(&Locks[First], old);
#elif CASE == 2
    ExAcquireResourceSharedLite(&Locks[First], TRUE);
    ExAcquireResourceExclusiveLite(&Locks[Second], TRUE);
    ExReleaseResourceLite(&Locks[Second]);
    ExReleaseResourceLite(&Locks[First]);
#else
    ExAcquirePushLockExclusive(&Locks[First]);
    ExAcquirePushLockShared(&Locks[Second]);
    ExReleasePushLockShared(&Locks[Second]);
    ExReleasePushLockExclusive(&Locks[First]);
#endif
}

static VOID Forwards(VOID)
{
    TakeBoth(0, 1);
}

static VOID Backwards(VOID)
{
    TakeBoth(1, 0);
}

static BOOLEAN ZooStart(VOID)
{
    for (ULONG i = 0; i < 2; i++) {
#if CASE == 0
        KeInitializeSpinLock(&Locks[i]);
#elif CASE == 1
        Locks[i] = 0;
#elif CASE == 2
        ExInitializeResourceLite(&Locks[i]);
#else
        ExInitializePushLock(&Locks[i]);
#endif
    }
    ZooThread(0, Forwards);
    ZooThread(1, Backwards);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
