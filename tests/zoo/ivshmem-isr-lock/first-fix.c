/*
 * ivshmem, 2017-10: the ISR notes the message and the DPC delivers.  The DPC takes the notes with an
 * interlocked exchange; the ISR adds to them with a plain |=, which loses what comes at the same time.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/2c3d9e744666d60699b1b9a977e72ec99abf023b
 * Verdict: DataRace.
 */
#include "story.h"

static VOID StoryInterrupt(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
    Pending |= 1;
}

static VOID StoryDpc(struct Card *Card)
{
    if (InterlockedExchange64(&Pending, 0) & 1) {
        NdisAcquireSpinLock(&Card->StoryLock);
        Deliver(Card);
        NdisReleaseSpinLock(&Card->StoryLock);
    }
}
