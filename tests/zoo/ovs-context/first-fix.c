/*
 * Open vSwitch, 2015-04-07: references are counted, and with the last one goes what the context points to,
 * but the context itself is still freed by detach at once.
 *
 * https://github.com/openvswitch/ovs/commit/6c4e7adb0807155b603eef30a7929c42667bfa38
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Release(struct Switch *Held)
{
    if (InterlockedDecrement(&References) == 0) {
        ZooFree(Held->Ports);
    }
}

static VOID Request(VOID)
{
    if (Switch != NULL && Acquire()) {
        struct Switch *found = Switch;
        found->Ports->Count++;
        Release(found);
    }
}

static VOID Detach(VOID)
{
    struct Switch *gone = Switch;
    Release(gone);
    ZooFree(gone);
    Switch = NULL;
}
