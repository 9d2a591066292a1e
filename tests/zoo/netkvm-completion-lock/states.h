/* The driver's own book-keeping of a pause, which both wrong variants share. */
#include "story.h"

enum SendState { StateEnabled, StatePausing, StateDisabled };

static KSPIN_LOCK PauseLock;
static enum SendState SendState;

static VOID Send(struct Queue *Queue)
{
    KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
    Queue->InHardware++;
    KeReleaseSpinLockFromDpcLevel(&Queue->Lock);
    DoPendingTasks(Queue, 0);
}

static VOID Pause(VOID)
{
    KeAcquireSpinLockAtDpcLevel(&PauseLock);
    SendState = StatePausing;
    KeReleaseSpinLockFromDpcLevel(&PauseLock);
}
