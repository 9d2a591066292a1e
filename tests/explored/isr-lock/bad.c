/*
 * A counter shared with the ISR is protected with a spin lock, in the ISR too.  An interrupt that comes while
 * the send path holds the lock, on the same processor, spins for ever. Verdict: SpinLockAboveDispatch
 * whenever the ISR runs; no preemption.
 */
#include "../card.h"

static VOID StorySend(struct Card *Card)
{
    NdisAcquireSpinLock(&Card->StoryLock);
    RaiseInterrupt(Card);
    Card->Interrupts++;
    NdisReleaseSpinLock(&Card->StoryLock);
}

static VOID StoryInterrupt(struct Card *Card)
{
    NdisDprAcquireSpinLock(&Card->StoryLock);
    Card->Interrupts++;
    NdisDprReleaseSpinLock(&Card->StoryLock);
}

static VOID StoryDpc(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
}
