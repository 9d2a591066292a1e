/*
 * Open vSwitch for Windows, 2015-04: released before the jump.
 *
 * https://github.com/openvswitch/ovs/commit/6c6045a72a93f72317567cc6075ac306ef0a3c44
 * Verdict: clean.
 */
#include "story.h"

static VOID UpdateNic(ULONG Id, ULONG Mtu)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(DispatchLock, &state, 0);
    struct Port *port = FindPort(Id);
    if (port == NULL) {
        NdisReleaseRWLock(DispatchLock, &state);
        goto done;
    }
    port->Mtu = Mtu;
    NdisReleaseRWLock(DispatchLock, &state);
done:
    return;
}
