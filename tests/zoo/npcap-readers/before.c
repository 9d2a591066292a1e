/*
 * npcap 1.71: all of a frame's work is done under the lock.  The writer spins at DISPATCH_LEVEL until the
 * last reader is done, and behind the writer all new readers do.
 *
 * https://github.com/nmap/npcap/issues/663
 * Verdict: SpinLockHeldTooLong, a warning.
 */
#include "story.h"

static VOID Tap(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(HandlesLock, &state, NDIS_RWL_AT_DISPATCH_LEVEL);
    for (ULONG i = 0; i < Handles; i++) {
        Process();
    }
    NdisReleaseRWLock(HandlesLock, &state);
}
