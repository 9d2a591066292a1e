/*
 * ivshmem, before 2017-10: the ISR takes the list's spin lock.  When it interrupts the holder, it spins for
 * ever; and it may not in any case.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/2c3d9e744666d60699b1b9a977e72ec99abf023b
 * Verdict: SpinLockAboveDispatch; with --keep-going also SpinLockRecursive.
 */
#include "story.h"

static VOID StoryInterrupt(struct Card *Card)
{
    NdisAcquireSpinLock(&Card->StoryLock);
    Deliver(Card);
    NdisReleaseSpinLock(&Card->StoryLock);
}

static VOID StoryDpc(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
    UNREFERENCED_PARAMETER(Pending);
}
