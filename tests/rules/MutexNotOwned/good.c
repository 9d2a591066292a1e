/*
 * Each is released by the thread that owns it; a semaphore by anybody; a resource for whom it was passed to.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KMUTEX Mutex;
static KSEMAPHORE Semaphore;
static ERESOURCE Resource;

static VOID body(VOID)
{
    ULONG_PTR owner;
    KeInitializeMutex(&Mutex, 0);
    KeWaitForMutexObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Mutex, FALSE);
    KeInitializeSemaphore(&Semaphore, 0, 1);
    KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 1, FALSE);
    ExInitializeResourceLite(&Resource);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExSetResourceOwnerPointer(&Resource, (PVOID)((ULONG_PTR)&owner | 3));
    ExReleaseResourceForThreadLite(&Resource, (ULONG_PTR)&owner | 3);
    ExDeleteResourceLite(&Resource);
}
