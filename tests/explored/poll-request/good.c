/*
 * Asks after the lock is released.  Verdict: complete.
 */
#include "story.h"

static VOID AskForSends(struct Card *Card)
{
    NdisAcquireSpinLock(&Card->StoryLock);
    Card->Interrupts--;
    NdisReleaseSpinLock(&Card->StoryLock);
    NdisRequestPoll(SendPoll, NULL);
}
