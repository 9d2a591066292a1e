/*
 * Open vSwitch, before 2015-04: a request looks whether there is a switch and works on it; detach frees it
 * meanwhile.
 *
 * https://github.com/openvswitch/ovs/commit/6c4e7adb0807155b603eef30a7929c42667bfa38
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Request(VOID)
{
    struct Switch *found = Switch;
    if (found != NULL) {
        found->Ports->Count++;
    }
}

static VOID Detach(VOID)
{
    struct Switch *gone = Switch;
    ZooFree(gone->Ports);
    ZooFree(gone);
    Switch = NULL;
}
