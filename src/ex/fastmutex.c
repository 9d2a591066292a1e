/*
 * fastmutex.c - fast mutexes and guarded mutexes, which have the same structure.
 *
 * Count is 1 when free, 0 when owned, negative while others wait.  A fast mutex raises its owner to
 * APC_LEVEL; a guarded mutex leaves IRQL alone (there are no APCs to hold back).
 */
#include "ke/ddi.h"
#include "ex/abandon.h"
#include "ke/mutex.h"
#include "ke/observer.h"
#include "ke/run.h"

#define FAST_MUTEX_FREE 1

static void initialize(PFAST_MUTEX mutex)
{
    mutex->Count = FAST_MUTEX_FREE;
    mutex->Owner = NULL;
    mutex->Contention = 0;
    KeInitializeEvent(&mutex->Event, SynchronizationEvent, FALSE);
    mutex->OldIrql = PASSIVE_LEVEL;
}

/* False: the verifier has objected, nothing was acquired. */
static bool acquire(PFAST_MUTEX mutex, enum mutex_kind kind)
{
    if (!mutex_may_acquire(mutex, kind, false, false)) {
        return false;
    }
    ke_synchronizes(mutex);
    ke_uses(mutex);
    if (InterlockedDecrement(&mutex->Count) != 0) {
        mutex->Contention++;
        KeWaitForSingleObject(&mutex->Event, Executive, KernelMode, FALSE, NULL);
    }
    mutex->Owner = KeGetCurrentThread();
    mutex_acquired(mutex, kind, false);
    return true;
}

static bool try_acquire(PFAST_MUTEX mutex, enum mutex_kind kind)
{
    (void)mutex_may_acquire(mutex, kind, false, true);
    ke_synchronizes(mutex);
    ke_uses(mutex);
    if (InterlockedCompareExchange(&mutex->Count, 0, FAST_MUTEX_FREE) != FAST_MUTEX_FREE) {
        return false;
    }
    mutex->Owner = KeGetCurrentThread();
    mutex_acquired(mutex, kind, false);
    return true;
}

static void leave(PFAST_MUTEX mutex)
{
    ke_synchronizes(mutex);
    ke_uses(mutex);
    mutex->Owner = NULL;
    if (InterlockedIncrement(&mutex->Count) != FAST_MUTEX_FREE) {
        KeSetEvent(&mutex->Event, 0, FALSE);
    }
}

/* Only its owner may: else bug check 0x11 (THREAD_NOT_MUTEX_OWNER), or false when the verifier has reported
 * that. */
static bool release(PFAST_MUTEX mutex, enum mutex_kind kind)
{
    if (!mutex_may_release(mutex, kind, KeGetCurrentThread())) {
        return false;
    }
    if (mutex->Owner != (PVOID)KeGetCurrentThread()) {
        ke_bugcheck(0x11, (ULONG_PTR)mutex->Owner, (ULONG_PTR)KeGetCurrentThread(), (ULONG_PTR)mutex, 0);
    }
    leave(mutex);
    return true;
}

void ex_fast_mutex_abandon(PFAST_MUTEX mutex)
{
    leave(mutex);
}

/* Makes a free mutex.  <= DISPATCH_LEVEL.  nf-wdm-exinitializefastmutex. */
VOID NTAPI ExInitializeFastMutex(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExInitializeFastMutex);
    initialize(FastMutex);
}

/* Waits for the mutex; at APC_LEVEL from then on.  <= APC_LEVEL.  Not recursive: that waits for ever. */
VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExAcquireFastMutex);
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    if (acquire(FastMutex, MUTEX_FAST)) {
        FastMutex->OldIrql = old;
    } else {
        KeLowerIrql(old);
    }
}

/* Takes it if it is free.  <= APC_LEVEL.  nf-wdm-extrytoacquirefastmutex. */
BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExTryToAcquireFastMutex);
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    if (!try_acquire(FastMutex, MUTEX_FAST)) {
        KeLowerIrql(old);
        return FALSE;
    }
    FastMutex->OldIrql = old;
    return TRUE;
}

/* Gives it back and goes back to the IRQL before.  APC_LEVEL.  nf-wdm-exreleasefastmutex. */
VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExReleaseFastMutex);
    KIRQL old = (KIRQL)FastMutex->OldIrql;
    if (release(FastMutex, MUTEX_FAST)) {
        KeLowerIrql(old);
    }
}

/* The same for a caller that is at APC_LEVEL or in a critical region already. */
VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExAcquireFastMutexUnsafe);
    acquire(FastMutex, MUTEX_FAST);
}

VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExReleaseFastMutexUnsafe);
    release(FastMutex, MUTEX_FAST);
}

/* Guarded mutexes.  <= APC_LEVEL.  nf-wdm-keinitializeguardedmutex and peers. */
VOID NTAPI KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ddi_enter(KeInitializeGuardedMutex);
    initialize(Mutex);
}

VOID NTAPI KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ddi_enter(KeAcquireGuardedMutex);
    KeEnterGuardedRegion();
    acquire(Mutex, MUTEX_GUARDED);
}

BOOLEAN NTAPI KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ddi_enter(KeTryToAcquireGuardedMutex);
    KeEnterGuardedRegion();
    if (!try_acquire(Mutex, MUTEX_GUARDED)) {
        KeLeaveGuardedRegion();
        return FALSE;
    }
    return TRUE;
}

VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ddi_enter(KeReleaseGuardedMutex);
    if (release(Mutex, MUTEX_GUARDED) ||
        KeAreAllApcsDisabled()) { /* not owned: perhaps in no region either */
        KeLeaveGuardedRegion();
    }
}

/* The same for a caller that is at APC_LEVEL or in a guarded region already. */
VOID NTAPI KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex)
{
    ddi_enter(KeAcquireGuardedMutexUnsafe);
    acquire(FastMutex, MUTEX_GUARDED);
}

VOID NTAPI KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex)
{
    ddi_enter(KeReleaseGuardedMutexUnsafe);
    release(FastMutex, MUTEX_GUARDED);
}
