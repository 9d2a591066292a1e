/*
 * A writer waits for its device.
 * Contexts: thread.
 * Engine: explored.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    LOCK_STATE_EX state;
    PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(NULL);
    if (lock != NULL) {
        NdisAcquireRWLockWrite(lock, &state, 0);
        KeStallExecutionProcessor(30);
        NdisReleaseRWLock(lock, &state);
        NdisFreeRWLock(lock);
    }
}
