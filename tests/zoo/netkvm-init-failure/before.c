/*
 * netkvm, before 2017-03: the list of ARP packets is constructed at the end of MiniportInitializeEx.  When
 * something before it fails, the clean-up destroys a list that never was one (HLK's fault injection found
 * it).
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/4fac2dcff42b9f39b007b9f5af5b594e6e361a59
 * Verdict, with --failures 1: MemoryFault when the queue's allocation fails; no preemption.
 */
#include "story.h"

static BOOLEAN Initialize(struct Context *Made)
{
    Made->Queue = ZooAllocate(64);
    if (Made->Queue == NULL) {
        return FALSE;
    }
    ConstructArp(Made);
    return TRUE;
}

static VOID CleanUp(struct Context *Made)
{
    DestroyArp(Made);
    if (Made->Queue != NULL) {
        ZooFree(Made->Queue);
    }
    ZooFree(Made);
}
