/*
 * netkvm since 2014-09: the lock is always made.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/a3145c55caaddbf4d5eee88f87bfab83ad2a6f17
 * Verdict: complete.
 */
#include "story.h"

static BOOLEAN ZooInitialize(VOID)
{
    RssLock = NdisAllocateRWLock(NULL);
    if (RssLock != NULL && RssSupported) {
        Queues = 2;
    }
    return RssLock != NULL;
}
