/*
 * The DPC synchronises with its ISR, with a spin lock held, too.
 * Contexts: entry.  Engine: explored.  Options: --scenario send-pause --seconds 10.
 */
#include "../../explored/card.h"

ULONG Taken;

static BOOLEAN Take(NDIS_HANDLE Context)
{
    Taken = ((struct Card *)Context)->Interrupts;
    return TRUE;
}

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
    NdisMSynchronizeWithInterruptEx(Card->Interrupt, 0, Take, Card);
    NdisDprReleaseSpinLock(&Card->SendLock);
}
