/*
 * A spin lock under a reader's share, and the writer under the spin lock.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Spin;

static VOID body(VOID)
{
    LOCK_STATE_EX state;
    PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(NULL);
    if (lock == NULL) {
        return;
    }
    NdisAllocateSpinLock(&Spin);
    NdisAcquireRWLockRead(lock, &state, 0);
    NdisDprAcquireSpinLock(&Spin);
    NdisDprReleaseSpinLock(&Spin);
    NdisReleaseRWLock(lock, &state);

    NdisAcquireSpinLock(&Spin);
    NdisAcquireRWLockWrite(lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &state);
    NdisReleaseSpinLock(&Spin);
    NdisFreeSpinLock(&Spin);
    NdisFreeRWLock(lock);
}
