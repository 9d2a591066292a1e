/*
 * viogpu, before 2026-02: nobody waits for the DPC.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/38ed387b3d9b8528eaae2e7948197f2ccb328802
 * Verdict: PoolUseAfterFree; no preemption, 2 processors.
 */
#include "story.h"

static VOID WaitForDpc(VOID)
{
}
