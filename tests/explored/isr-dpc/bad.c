/*
 * The ISR counts interrupts, its DPC takes what was counted, both on a plain variable.  The next interrupt
 * may come while the DPC is at it. Verdict: DataRace; no preemption.
 */
#include "../card.h"

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
    Card->Interrupts = 0;
}
