/*
 * Asks with the lock held that the other callback takes.  Verdict: SpinLockRecursive; no preemption.
 */
#include "story.h"

static VOID AskForSends(struct Card *Card)
{
    NdisAcquireSpinLock(&Card->StoryLock);
    NdisRequestPoll(SendPoll, NULL);
    NdisReleaseSpinLock(&Card->StoryLock);
}
