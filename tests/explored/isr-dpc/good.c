/*
 * The DPC takes what the ISR has counted at the ISR's own level.
 * Verdict: complete.
 */
#include "../card.h"

static BOOLEAN Take(NDIS_HANDLE Context)
{
    ((struct Card *)Context)->Interrupts = 0;
    return TRUE;
}

static VOID StorySend(struct Card *Card)
{
    RaiseInterrupt(Card);
    RaiseInterrupt(Card); /* one more, unless the first is still pending */
}

static VOID StoryInterrupt(struct Card *Card)
{
    Card->Interrupts++;
}

static VOID StoryDpc(struct Card *Card)
{
    NdisMSynchronizeWithInterruptEx(Card->Interrupt, 0, Take, Card);
}
