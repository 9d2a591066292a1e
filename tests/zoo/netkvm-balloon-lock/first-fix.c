/*
 * The balloon driver, 2016-09: the lock that was missing.  When the queue is full the function returns from
 * the middle, and keeps it.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/82e299ce3ebae763bf57d2605a7d32f66108d226
 * Verdict: SpinLockHeldAtReturn; no preemption.
 */
#include "lock.h"

static VOID TellHost(VOID)
{
    KIRQL irql;
    AcquireQueue(&irql);
    if (!AddBuffer()) {
        return;
    }
    ReleaseQueue(irql);
}
