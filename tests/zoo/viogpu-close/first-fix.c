/*
 * viogpu, 2026-02-21: waits, at whatever IRQL.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/38ed387b3d9b8528eaae2e7948197f2ccb328802
 * Verdict: complete when closed at PASSIVE_LEVEL, IrqlTooHigh when closed at DISPATCH_LEVEL.
 */
#include "story.h"

static VOID WaitForDpc(VOID)
{
    KeFlushQueuedDpcs();
}
