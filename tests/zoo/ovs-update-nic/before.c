/*
 * Open vSwitch for Windows, before 2015-04: when there is no such port the function jumps to its end, past
 * the release.
 *
 * https://github.com/openvswitch/ovs/commit/6c6045a72a93f72317567cc6075ac306ef0a3c44
 * Verdict: SpinLockHeldAtReturn.
 */
#include "story.h"

static VOID UpdateNic(ULONG Id, ULONG Mtu)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(DispatchLock, &state, 0);
    struct Port *port = FindPort(Id);
    if (port == NULL) {
        goto done;
    }
    port->Mtu = Mtu;
    NdisReleaseRWLock(DispatchLock, &state);
done:
    return;
}
