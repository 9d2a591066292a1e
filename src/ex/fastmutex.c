/*
 * fastmutex.c - fast mutexes and guarded mutexes, which have the same structure.
 *
 * Count is 1 when free, 0 when owned, negative while others wait.  A fast mutex raises its owner to
 * APC_LEVEL; a guarded mutex leaves IRQL alone (there are no APCs to hold back).
 */
#include "ke/ddi.h"
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

static void acquire(PFAST_MUTEX mutex)
{
    ke_synchronizes(mutex);
    if (InterlockedDecrement(&mutex->Count) != 0) {
        mutex->Contention++;
        KeWaitForSingleObject(&mutex->Event, Executive, KernelMode, FALSE, NULL);
    }
    mutex->Owner = KeGetCurrentThread();
}

static bool try_acquire(PFAST_MUTEX mutex)
{
    ke_synchronizes(mutex);
    if (InterlockedCompareExchange(&mutex->Count, 0, FAST_MUTEX_FREE) != FAST_MUTEX_FREE) {
        return false;
    }
    mutex->Owner = KeGetCurrentThread();
    return true;
}

/* Only its owner may: else bug check 0x11 (THREAD_NOT_MUTEX_OWNER). */
static void release(PFAST_MUTEX mutex)
{
    if (mutex->Owner != (PVOID)KeGetCurrentThread()) {
        ke_bugcheck(0x11, (ULONG_PTR)mutex->Owner, (ULONG_PTR)KeGetCurrentThread(), (ULONG_PTR)mutex, 0);
    }
    ke_synchronizes(mutex);
    mutex->Owner = NULL;
    if (InterlockedIncrement(&mutex->Count) != FAST_MUTEX_FREE) {
        KeSetEvent(&mutex->Event, 0, FALSE);
    }
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
    acquire(FastMutex);
    FastMutex->OldIrql = old;
}

/* Takes it if it is free.  <= APC_LEVEL.  nf-wdm-extrytoacquirefastmutex. */
BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExTryToAcquireFastMutex);
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    if (!try_acquire(FastMutex)) {
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
    release(FastMutex);
    KeLowerIrql(old);
}

/* The same for a caller that is at APC_LEVEL or in a critical region already. */
VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExAcquireFastMutexUnsafe);
    acquire(FastMutex);
}

VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ddi_enter(ExReleaseFastMutexUnsafe);
    release(FastMutex);
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
    KeEnterCriticalRegion();
    acquire(Mutex);
}

BOOLEAN NTAPI KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ddi_enter(KeTryToAcquireGuardedMutex);
    KeEnterCriticalRegion();
    if (!try_acquire(Mutex)) {
        KeLeaveCriticalRegion();
        return FALSE;
    }
    return TRUE;
}

VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ddi_enter(KeReleaseGuardedMutex);
    release(Mutex);
    KeLeaveCriticalRegion();
}
