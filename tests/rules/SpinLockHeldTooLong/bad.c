/*
 * Polls its device under the lock: two waits of 20 microseconds.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    NdisStallExecution(20);
    NdisStallExecution(20);
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
