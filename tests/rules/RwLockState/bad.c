/*
 * One lock state for two acquisitions at a time.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX state;
    if (lock == NULL) {
        return;
    }
    NdisAcquireRWLockRead(lock, &state, 0);
    NdisAcquireRWLockRead(lock, &state, 0); /* overwrites the level that the first one saved */
    NdisReleaseRWLock(lock, &state);
    NdisReleaseRWLock(lock, &state);
    NdisFreeRWLock(lock);
}
