/*
 * Open vSwitch for Windows, 2014-10: TRUE is passed for flags.  NDIS_RWL_AT_DISPATCH_LEVEL happens to be 1.
 *
 * https://github.com/openvswitch/ovs/commit/1ce4551c8c158e465734e26589d8444477cd5218
 * Verdict: clean.
 */
#include "story.h"

static VOID AcquireTable(PLOCK_STATE_EX State)
{
    NdisAcquireRWLockWrite(TableLock, State, TRUE);
}
