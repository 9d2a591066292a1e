/*
 * Open vSwitch for Windows, before 2016-07: a wait for a switch that is gone returns with the queue's lock
 * held. (The look-up, without the switch's lock, is wrong too; nothing changes the number here.)
 *
 * https://github.com/openvswitch/ovs/commit/32654528b82a0faebeb250c2680ce2088f6aa74d
 * Verdict: SpinLockHeldAtReturn.
 */
#include "story.h"

static NTSTATUS Subscribe(ULONG Number)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    NdisAcquireSpinLock(&QueueLock);
    if (LookUpNoLock(Number)) {
        Subscribed++;
        status = STATUS_SUCCESS;
    }
    NdisReleaseSpinLock(&QueueLock);
    return status;
}

static NTSTATUS Wait(ULONG Number)
{
    NdisAcquireSpinLock(&QueueLock);
    if (!LookUpNoLock(Number)) {
        return STATUS_INVALID_PARAMETER;
    }
    Waiting++;
    NdisReleaseSpinLock(&QueueLock);
    return STATUS_PENDING;
}
