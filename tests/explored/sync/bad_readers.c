/*
 * Two threads that only share the lock count under it (CASE: which lock).
 * Verdict: DataRace; 0 preemptions.
 */
#include "../../zoo/zoo.h"

static EX_SPIN_LOCK Shared;
static ERESOURCE Resource;
static EX_PUSH_LOCK Push;
static ULONG Count;

static VOID Increment(VOID)
{
#if CASE == 0
    KIRQL old = ExAcquireSpinLockShared(&Shared);
    Count++;
    ExReleaseSpinLockShared(&Shared, old);
#elif CASE == 1
    ExAcquireResourceSharedLite(&Resource, TRUE);
    Count++;
    ExReleaseResourceLite(&Resource);
#else
    ExAcquirePushLockShared(&Push);
    Count++;
    ExReleasePushLockShared(&Push);
#endif
}

static BOOLEAN ZooStart(VOID)
{
    Shared = 0;
    ExInitializeResourceLite(&Resource);
    ExInitializePushLock(&Push);
    ZooThread(0, Increment);
    ZooThread(1, Increment);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    ExDeleteResourceLite(&Resource);
}
