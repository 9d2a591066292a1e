/*
 * The balloon driver, 2017-11: the lock is released on this path too.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/63d9ce0358d2c831b7f46fed2d3199e6fdc69073
 * Verdict: complete.
 */
#include "lock.h"

static VOID TellHost(VOID)
{
    KIRQL irql;
    AcquireQueue(&irql);
    if (!AddBuffer()) {
        ReleaseQueue(irql);
        return;
    }
    ReleaseQueue(irql);
}
