/*
 * The inner function expects the mutex to be owned; what may be acquired again is; who shares the resource
 * releases it first.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static FAST_MUTEX Mutex;
static ERESOURCE Resource;
static KMUTEX Kernel;
static ULONG Count;

static DECLSPEC_NOINLINE VOID IncrementLocked(VOID)
{
    Count++;
}

static VOID Locks(VOID)
{
    ExAcquireFastMutex(&Mutex);
    IncrementLocked();
    if (ExTryToAcquireFastMutex(&Mutex)) {
        ExReleaseFastMutex(&Mutex);
    }
    ExReleaseFastMutex(&Mutex);
    KeWaitForMutexObject(&Kernel, Executive, KernelMode, FALSE, NULL);
    KeWaitForMutexObject(&Kernel, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Kernel, FALSE);
    KeReleaseMutex(&Kernel, FALSE);
}

static VOID body(VOID)
{
    ExInitializeFastMutex(&Mutex);
    KeInitializeMutex(&Kernel, 0);
    ExInitializeResourceLite(&Resource);
    Locks();
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&Resource);
}
