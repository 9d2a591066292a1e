/*
 * The counter shared with the ISR is touched only by the ISR and by a routine that NDIS runs at the ISR's own
 * level. Verdict: complete.
 */
#include "../card.h"

static BOOLEAN Count(NDIS_HANDLE Context)
{
    ((struct Card *)Context)->Interrupts++;
    return TRUE;
}

static VOID StorySend(struct Card *Card)
{
    RaiseInterrupt(Card);
    NdisMSynchronizeWithInterruptEx(Card->Interrupt, 0, Count, Card);
}

static VOID StoryInterrupt(struct Card *Card)
{
    Card->Interrupts++;
}

static VOID StoryDpc(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
}
