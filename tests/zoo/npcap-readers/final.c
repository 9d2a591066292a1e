/*
 * npcap, 2023-06: under the lock one only finds out for whom the frame is; the work is done afterwards.
 *
 * https://github.com/nmap/npcap/commit/9607c0b515d55c52033025a09b05140d169de032
 * Verdict: clean.
 */
#include "story.h"

static VOID Tap(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(HandlesLock, &state, NDIS_RWL_AT_DISPATCH_LEVEL);
    ULONG handles = Handles;
    NdisReleaseRWLock(HandlesLock, &state);
    for (ULONG i = 0; i < handles; i++) {
        Process();
    }
}
