/*
 * Open vSwitch for Windows, before 2014-10: no flag, although the spin lock has raised IRQL.  Right, and
 * slower.
 *
 * https://github.com/openvswitch/ovs/commit/1ce4551c8c158e465734e26589d8444477cd5218
 * Verdict: clean.
 */
#include "story.h"

static VOID AcquireTable(PLOCK_STATE_EX State)
{
    NdisAcquireRWLockWrite(TableLock, State, 0);
}
