/*
 * story.h - the service routines of two messages count on one variable.
 */
#include "../card.h"

static VOID StorySend(struct Card *Card)
{
    WriteRegister(Card, REGISTER_CAUSE_SET, CARD_CAUSES); /* both, on two processors */
}

static VOID StoryInterrupt(struct Card *Card)
{
    Card->Interrupts++;
}

static VOID StoryDpc(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
}
