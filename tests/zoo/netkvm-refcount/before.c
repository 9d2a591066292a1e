/*
 * netkvm, before 2025-03: the count is changed with interlocked operations and read as a plain variable, so
 * the compiler may read it when it likes.  The send path was seen to act on a count that had long changed.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/1e0f734dfe01c5e46d183ec544d4e1c3333f04bb
 * Verdict: DataRace; no preemption.
 */
#include "story.h"

static LONG Count(VOID)
{
    return Waiting;
}
