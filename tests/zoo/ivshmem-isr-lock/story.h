/* Each interrupt sets the event of whoever waits for its message; a list says who does.  The frame is a card.
 */
#include "../../explored/card.h"

static LONG64 volatile Pending; /* messages that the DPC has to deliver, a bit each */
static ULONG Delivered;

/* Under the lock of the list. */
static VOID Deliver(struct Card *Card)
{
    Card->Interrupts++;
    Delivered++;
}

/* Somebody enters the list, then the message comes. */
static VOID StorySend(struct Card *Card)
{
    NdisAcquireSpinLock(&Card->StoryLock);
    Card->Interrupts = 0;
    NdisReleaseSpinLock(&Card->StoryLock);
    RaiseInterrupt(Card);
}
