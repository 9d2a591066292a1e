/*
 * netkvm, before 2014-09: the parameters' lock is made only when the device can do receive side scaling, and
 * used always.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/a3145c55caaddbf4d5eee88f87bfab83ad2a6f17
 * Verdict: MemoryFault; no preemption.
 */
#include "story.h"

static BOOLEAN ZooInitialize(VOID)
{
    if (RssSupported) {
        RssLock = NdisAllocateRWLock(NULL);
        return RssLock != NULL;
    }
    return TRUE;
}
