/*
 * netkvm since 2016-11: senders hold the lock for reading.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/6c63dd6ede7b87987c21c31722df4e854b03abd5
 * Verdict: complete.
 */
#include "story.h"

static VOID Send(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(Lock, &state, 0);
    ULONG queue = PickQueue(1);
    NdisReleaseRWLock(Lock, &state);
    NT_ASSERT(queue <= 1);
}

static VOID SetParameters(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(Lock, &state, 0);
    WriteMap();
    NdisReleaseRWLock(Lock, &state);
}
