/*
 * netkvm, before 2016-11: only the request's handler takes the lock, the send path reads without.  Nothing
 * need crash: the packet goes to the wrong queue.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/6c63dd6ede7b87987c21c31722df4e854b03abd5
 * Verdict: DataRace; no preemption.
 */
#include "story.h"

static VOID Send(VOID)
{
    NT_ASSERT(PickQueue(1) <= 1);
}

static VOID SetParameters(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(Lock, &state, 0);
    WriteMap();
    NdisReleaseRWLock(Lock, &state);
}
