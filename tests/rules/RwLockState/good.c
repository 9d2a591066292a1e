/*
 * A state for each acquisition; used again after the release.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX outer, inner;
    if (lock == NULL) {
        return;
    }
    NdisAcquireRWLockRead(lock, &outer, 0);
    NdisAcquireRWLockRead(lock, &inner, 0);
    NdisReleaseRWLock(lock, &inner);
    NdisReleaseRWLock(lock, &outer);
    NdisAcquireRWLockWrite(lock, &outer, 0);
    NdisReleaseRWLock(lock, &outer);
    NdisFreeRWLock(lock);
}
