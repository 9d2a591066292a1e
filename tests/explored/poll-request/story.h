/*
 * story.h - an interrupt asks for the poll of the receives, which asks for that of the sends; both use what
 * StoryLock protects.  NDIS may run the other one's callback before NdisRequestPoll returns.
 */
#define CARD_HAS_STORY_OBJECTS
#include "../card.h"

static NDIS_POLL_HANDLE ReceivePoll, SendPoll;

static VOID AskForSends(struct Card *Card); /* the story's: with StoryLock held, or without */

static VOID PollReceives(PVOID Context, NDIS_POLL_DATA *PollData)
{
    UNREFERENCED_PARAMETER(PollData);
    AskForSends(Context);
}

static VOID PollSends(PVOID Context, NDIS_POLL_DATA *PollData)
{
    struct Card *card = Context;
    UNREFERENCED_PARAMETER(PollData);
    NdisAcquireSpinLock(&card->StoryLock);
    card->Interrupts++;
    NdisReleaseSpinLock(&card->StoryLock);
}

static VOID SetNotification(PVOID Context, NDIS_POLL_NOTIFICATION *Notification)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Notification);
}

static NDIS_STATUS RegisterPoll(struct Card *Card, NDIS_POLL_HANDLER Handler, NDIS_POLL_HANDLE *Poll)
{
    NDIS_POLL_CHARACTERISTICS characteristics = {0};
    characteristics.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    characteristics.Header.Revision = NDIS_POLL_CHARACTERISTICS_REVISION_1;
    characteristics.Header.Size = NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1;
    characteristics.SetPollNotificationHandler = SetNotification;
    characteristics.PollHandler = Handler;
    return NdisRegisterPoll(Card->Handle, Card, &characteristics, Poll);
}

static NDIS_STATUS StoryBegin(struct Card *Card)
{
    NDIS_STATUS status = RegisterPoll(Card, PollReceives, &ReceivePoll);
    return status == NDIS_STATUS_SUCCESS ? RegisterPoll(Card, PollSends, &SendPoll) : status;
}

static VOID StoryEnd(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
    if (ReceivePoll != NULL) {
        NdisDeregisterPoll(ReceivePoll);
    }
    if (SendPoll != NULL) {
        NdisDeregisterPoll(SendPoll);
    }
    ReceivePoll = SendPoll = NULL;
}

static VOID StorySend(struct Card *Card)
{
    RaiseInterrupt(Card);
}

static VOID StoryInterrupt(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
    NdisRequestPoll(ReceivePoll, NULL);
}

static VOID StoryDpc(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
}
