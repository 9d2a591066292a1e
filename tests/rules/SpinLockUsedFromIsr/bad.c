/*
 * What the ISR writes, its DPC reads under a spin lock, which keeps no ISR out.
 * Contexts: entry.  Engine: explored.  Options: --scenario send-send --seconds 5.
 */
#include "../../explored/card.h"

ULONG Taken;

static VOID StorySend(struct Card *Card)
{
    RaiseInterrupt(Card);
}

static VOID StoryInterrupt(struct Card *Card)
{
    Card->Interrupts = 1;
}

static VOID StoryDpc(struct Card *Card)
{
    NdisDprAcquireSpinLock(&Card->SendLock);
    Taken = Card->Interrupts;
    NdisDprReleaseSpinLock(&Card->SendLock);
}
