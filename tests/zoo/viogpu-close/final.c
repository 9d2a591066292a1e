/*
 * viogpu, since 2026-02-25: waits when it may.  When it may not, the DPC finds what the first repair was
 * made against.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/a7d05c782b84c50bf2caa379aa32ddbaa8a5547f
 * Verdict: complete when closed at PASSIVE_LEVEL, PoolUseAfterFree when closed at DISPATCH_LEVEL.
 */
#include "story.h"

static VOID WaitForDpc(VOID)
{
    if (KeGetCurrentIrql() < DISPATCH_LEVEL) {
        KeFlushQueuedDpcs();
    }
}
