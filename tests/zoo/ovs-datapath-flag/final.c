/*
 * Open vSwitch for Windows, a week later: the flag by its name.
 *
 * https://github.com/openvswitch/ovs/commit/1243d57eefec2958ad50f6849017e48f9f7da704
 * Verdict: clean.
 */
#include "story.h"

static VOID AcquireTable(PLOCK_STATE_EX State)
{
    NdisAcquireRWLockWrite(TableLock, State, NDIS_RWL_AT_DISPATCH_LEVEL);
}
