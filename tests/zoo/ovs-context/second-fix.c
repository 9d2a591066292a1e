/*
 * Open vSwitch, 2015-04-22: the context is freed with the last reference.  But detach clears the global
 * pointer at once, and a request that holds a reference goes through that pointer.
 *
 * https://github.com/openvswitch/ovs/commit/e1e29b268c77c862f2827beeb4f319396dc66ef2
 * Verdict: MemoryFault; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Release(struct Switch *Held)
{
    if (InterlockedDecrement(&References) == 0) {
        ZooFree(Held->Ports);
        ZooFree(Held);
    }
}

static VOID Request(VOID)
{
    struct Switch *held = Switch;
    if (held != NULL && Acquire()) {
        Switch->Ports->Count++;
        Release(held);
    }
}

static VOID Detach(VOID)
{
    Release(Switch);
    Switch = NULL;
}
