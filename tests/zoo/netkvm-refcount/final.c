/*
 * netkvm since 2025-03: an interlocked read.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/1e0f734dfe01c5e46d183ec544d4e1c3333f04bb
 * Verdict: complete.
 */
#include "story.h"

static LONG Count(VOID)
{
    return InterlockedCompareExchange(&Waiting, 0, 0);
}
