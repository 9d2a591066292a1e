/*
 * Open vSwitch for Windows, before 2014-10: "the lock of the event queue" is another name of the lock that
 * the handler of a request holds already.
 *
 * https://github.com/openvswitch/ovs/commit/3be1eaee7501dda17a75ab8a56e487f12cd066aa
 * Verdict: SpinLockRecursive, with both places that acquire.
 */
#include "story.h"

static VOID MakeQueueLock(VOID)
{
}

static VOID EndQueueLock(VOID)
{
}

static VOID AcquireQueueLock(VOID)
{
    NdisAcquireSpinLock(&ControlLock);
}

static VOID ReleaseQueueLock(VOID)
{
    NdisReleaseSpinLock(&ControlLock);
}
