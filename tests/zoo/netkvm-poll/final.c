/*
 * netkvm, 2025-03: above DISPATCH_LEVEL NDIS can only queue.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/c02c2df961e49c8f3f23c2de3119447883aeb432
 * Verdict: complete.
 */
#include "story.h"

static VOID RequestSecond(struct Adapter *Adapter)
{
    KIRQL irql = KeRaiseIrqlToSynchLevel();
    NdisRequestPoll(Adapter->Second.Poll, NULL);
    KeLowerIrql(irql);
}
