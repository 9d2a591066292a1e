/*
 * Each interrupt sets the event of whoever waits for its message; a list says who does.  The frame is a card,
 * whose DPC runs on the other processor.
 */
#define CARD_DPC_PROCESSORS 2
#include "../../explored/card.h"

static LONG64 Pending; /* messages that the DPC has to deliver, a bit each */
static ULONG Delivered;

/* Under the lock of the list. */
static VOID Deliver(struct Card *Card)
{
    Card->Interrupts++;
    Delivered++;
}

/* Somebody enters the list, then the message comes, twice. */
static VOID StorySend(struct Card *Card)
{
    NdisAcquireSpinLock(&Card->StoryLock);
    Card->Interrupts = 0;
    NdisReleaseSpinLock(&Card->StoryLock);
    RaiseInterrupt(Card);
    RaiseInterrupt(Card);
}
