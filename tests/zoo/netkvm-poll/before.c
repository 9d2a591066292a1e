/*
 * netkvm, before 2025-03: the request is made under the lock.  NDIS may call the second poll at once, when
 * both belong to one processor; the frames come back before it returns, and want the lock.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/c02c2df961e49c8f3f23c2de3119447883aeb432
 * Verdict: SpinLockRecursive; no preemption.
 */
#include "story.h"

static VOID RequestSecond(struct Adapter *Adapter)
{
    NdisRequestPoll(Adapter->Second.Poll, NULL);
}
