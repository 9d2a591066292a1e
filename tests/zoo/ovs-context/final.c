/*
 * Open vSwitch, 2015-05: the pointer is cleared by whoever gives up the last reference.
 *
 * https://github.com/openvswitch/ovs/commit/8e2fe95e533b2b9277843baeccc3d00cefdf653e
 * Verdict: complete.
 */
#include "story.h"

static VOID Release(struct Switch *Held)
{
    if (InterlockedDecrement(&References) == 0) {
        Switch = NULL;
        ZooFree(Held->Ports);
        ZooFree(Held);
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
    Release(Switch);
}
