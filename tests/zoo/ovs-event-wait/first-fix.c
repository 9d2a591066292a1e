/*
 * Open vSwitch for Windows, 2016-07 to 2019-02: a wait looks up first and locks then, and the look-up takes
 * the switch's lock.  To subscribe still locks first: queue, then switch.  A new port locks switch, then
 * queue.
 *
 * https://github.com/openvswitch/ovs/commit/32654528b82a0faebeb250c2680ce2088f6aa74d
 * Verdict: Deadlock; 1 preemption, 2 processors.  Any run: LockOrder.
 */
#include "story.h"

static NTSTATUS Subscribe(ULONG Number)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    NdisAcquireSpinLock(&QueueLock);
    if (LookUp(Number)) {
        Subscribed++;
        status = STATUS_SUCCESS;
    }
    NdisReleaseSpinLock(&QueueLock);
    return status;
}

static NTSTATUS Wait(ULONG Number)
{
    if (!LookUp(Number)) {
        return STATUS_INVALID_PARAMETER;
    }
    NdisAcquireSpinLock(&QueueLock);
    Waiting++;
    NdisReleaseSpinLock(&QueueLock);
    return STATUS_PENDING;
}
