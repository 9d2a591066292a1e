/* The lock of the queue, from 2016-09 on. */
#include "story.h"

static KSPIN_LOCK QueueLock;

static VOID AcquireQueue(PKIRQL Irql)
{
    KeAcquireSpinLock(&QueueLock, Irql);
}

static VOID ReleaseQueue(KIRQL Irql)
{
    KeReleaseSpinLock(&QueueLock, Irql);
}
