/*
 * Two threads and each of the kernel's locks in turn: what it protects is never seen half changed, nobody
 * waits for ever, and nothing is used after its end. Verdict: complete.
 */
#include "../../zoo/zoo.h"

#include <undis/explore.h>

static KSPIN_LOCK Queued;
static EX_SPIN_LOCK Shared;
static ERESOURCE Resource;
static EX_PUSH_LOCK Push;
static FAST_MUTEX Fast;
static KGUARDED_MUTEX Guarded;
static KMUTEX Mutex;
static EX_RUNDOWN_REF Rundown;
static ULONG First, Second, Converted;

static VOID Change(VOID)
{
    First++;
    Second++;
}

static VOID Look(VOID)
{
    NT_ASSERT(First == Second);
}

/* ---- one lock each ------------------------------------------------------------------------------- */

static VOID ChangeQueued(VOID)
{
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&Queued, &handle);
    Change();
    KeReleaseInStackQueuedSpinLock(&handle);
}

static VOID ChangeExclusive(VOID)
{
    KIRQL old = ExAcquireSpinLockExclusive(&Shared);
    Change();
    ExReleaseSpinLockExclusive(&Shared, old);
}

static VOID LookShared(VOID)
{
    KIRQL old = ExAcquireSpinLockShared(&Shared);
    Look();
    ExReleaseSpinLockShared(&Shared, old);
}

static VOID Convert(VOID)
{
    KIRQL old = ExAcquireSpinLockShared(&Shared);
    Look();
    if (ExTryConvertSharedSpinLockExclusive(&Shared)) {
        Change();
        Converted++;
        ExReleaseSpinLockExclusive(&Shared, old);
    } else {
        ExReleaseSpinLockShared(&Shared, old);
    }
}

static VOID ChangeResource(VOID)
{
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    Change();
    ExReleaseResourceLite(&Resource);
}

static VOID LookResource(VOID)
{
    ExAcquireResourceSharedLite(&Resource, TRUE);
    Look();
    ExReleaseResourceLite(&Resource);
}

static VOID ChangePush(VOID)
{
    ExAcquirePushLockExclusive(&Push);
    Change();
    ExReleasePushLockExclusive(&Push);
}

static VOID LookPush(VOID)
{
    ExAcquirePushLockShared(&Push);
    Look();
    ExReleasePushLockShared(&Push);
}

static VOID ChangeFast(VOID)
{
    ExAcquireFastMutex(&Fast);
    Change();
    ExReleaseFastMutex(&Fast);
}

static VOID ChangeGuarded(VOID)
{
    KeAcquireGuardedMutex(&Guarded);
    Change();
    KeReleaseGuardedMutex(&Guarded);
}

static VOID ChangeMutex(VOID)
{
    KeWaitForMutexObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    Change();
    KeReleaseMutex(&Mutex, FALSE);
}

static VOID Use(VOID)
{
    if (ExAcquireRundownProtectionEx(&Rundown, 2)) {
        Look();
        ExReleaseRundownProtectionEx(&Rundown, 2);
    }
}

static VOID RunDown(VOID)
{
    ExWaitForRundownProtectionRelease(&Rundown);
    First = 1;
    Second = 1;
}

static const struct {
    VOID (*Body[2])(VOID);
} Cases[] = {
    {{ChangeQueued, ChangeQueued}},   {{ChangeExclusive, LookShared}}, {{Convert, Convert}},
    {{ChangeResource, LookResource}}, {{ChangePush, LookPush}},        {{ChangeFast, ChangeFast}},
    {{ChangeGuarded, ChangeGuarded}}, {{ChangeMutex, ChangeMutex}},    {{Use, RunDown}},
};

static BOOLEAN ZooStart(VOID)
{
    ULONG chosen = undis_choose(RTL_NUMBER_OF(Cases));
    KeInitializeSpinLock(&Queued);
    ExInitializeResourceLite(&Resource);
    ExInitializePushLock(&Push);
    ExInitializeFastMutex(&Fast);
    KeInitializeGuardedMutex(&Guarded);
    KeInitializeMutex(&Mutex, 0);
    ExInitializeRundownProtection(&Rundown);
    ZooThread(0, Cases[chosen].Body[0]);
    ZooThread(1, Cases[chosen].Body[1]);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    Look();
    NT_ASSERT(First <= 2 && (Converted == 0 || First == Converted));
    ExDeleteResourceLite(&Resource);
}
