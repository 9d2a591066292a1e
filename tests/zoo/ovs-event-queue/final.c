/*
 * Open vSwitch for Windows, 2014-10: the event queue has a lock of its own.
 *
 * https://github.com/openvswitch/ovs/commit/3be1eaee7501dda17a75ab8a56e487f12cd066aa
 * Verdict: clean.
 */
#include "story.h"

static NDIS_SPIN_LOCK QueueLock;

static VOID MakeQueueLock(VOID)
{
    NdisAllocateSpinLock(&QueueLock);
}

static VOID EndQueueLock(VOID)
{
    NdisFreeSpinLock(&QueueLock);
}

static VOID AcquireQueueLock(VOID)
{
    NdisAcquireSpinLock(&QueueLock);
}

static VOID ReleaseQueueLock(VOID)
{
    NdisReleaseSpinLock(&QueueLock);
}
