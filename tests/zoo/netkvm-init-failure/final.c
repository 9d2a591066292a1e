/*
 * netkvm since 2017-03: what cannot fail is constructed first, and the clean-up may rely on it.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/4fac2dcff42b9f39b007b9f5af5b594e6e361a59
 * Verdict: complete.
 */
#include "story.h"

static BOOLEAN Initialize(struct Context *Made)
{
    ConstructArp(Made);
    Made->Queue = ZooAllocate(64);
    return Made->Queue != NULL;
}

static VOID CleanUp(struct Context *Made)
{
    DestroyArp(Made);
    if (Made->Queue != NULL) {
        ZooFree(Made->Queue);
    }
    ZooFree(Made);
}
