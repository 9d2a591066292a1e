/*
 * Open vSwitch for Windows, 2019-02: everybody looks up first; the switch's lock is never taken inside the
 * queue's.
 *
 * https://github.com/openvswitch/ovs/commit/132733d4b064191e917ea98ca4bf165f8cca2071
 * Verdict: complete.
 */
#include "story.h"

static NTSTATUS Subscribe(ULONG Number)
{
    BOOLEAN found = LookUp(Number);
    NdisAcquireSpinLock(&QueueLock);
    if (found) {
        Subscribed++;
    }
    NdisReleaseSpinLock(&QueueLock);
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
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
