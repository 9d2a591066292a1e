/*
 * A fast mutex is tried while a spin lock is held: no rule about raising IRQL adds to it.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static FAST_MUTEX Mutex;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    NdisAcquireSpinLock(&Lock);
    ExTryToAcquireFastMutex(&Mutex); /* owned */
    NdisReleaseSpinLock(&Lock);
    ExReleaseFastMutex(&Mutex);
    NdisFreeSpinLock(&Lock);
}
