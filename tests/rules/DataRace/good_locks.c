/*
 * Every other kind of lock orders what is done under it.
 * Contexts: entry.  Engine: explored.  Options: --seconds 20.
 */
#include "../threads.h"

ULONG Fast, Mutexed, Counted, Shared, Seen;
static FAST_MUTEX FastMutex;
static KMUTEX Mutex;
static KSEMAPHORE Semaphore;
static PNDIS_RW_LOCK_EX Lock;

static VOID Write(VOID)
{
    LOCK_STATE_EX state;
    ExAcquireFastMutex(&FastMutex);
    Fast = 1;
    ExReleaseFastMutex(&FastMutex);
    NdisAcquireRWLockWrite(Lock, &state, 0);
    Shared = 1;
    NdisReleaseRWLock(Lock, &state);
    Counted = 1;
    KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 1, FALSE);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    Mutexed++;
    KeReleaseMutex(&Mutex, FALSE);
}

static VOID Read(VOID)
{
    LOCK_STATE_EX state;
    ULONG seen;
    ExAcquireFastMutex(&FastMutex);
    seen = Fast;
    ExReleaseFastMutex(&FastMutex);
    NdisAcquireRWLockRead(Lock, &state, 0);
    seen += Shared;
    NdisReleaseRWLock(Lock, &state);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    Mutexed++;
    KeReleaseMutex(&Mutex, FALSE);
    KeWaitForSingleObject(&Semaphore, Executive, KernelMode, FALSE, NULL);
    Seen = seen + Counted;
}

static VOID body(VOID)
{
    ExInitializeFastMutex(&FastMutex);
    KeInitializeMutex(&Mutex, 0);
    KeInitializeSemaphore(&Semaphore, 0, 1);
    Lock = NdisAllocateRWLock(NULL);
    if (Lock != NULL) {
        RunBoth(Write, Read);
        NdisFreeRWLock(Lock);
    }
}
