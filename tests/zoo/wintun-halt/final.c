/*
 * wintun, two weeks later: halt clears the flag first, then takes and releases the lock, only to wait for
 * those who may have seen it set.  It looks wrong and is right: whoever comes later sees it cleared.
 *
 * https://github.com/WireGuard/wintun/commit/248d4268df53741525e04880ea0c35ae3486a989
 * Verdict: complete.
 */
#include "story.h"

static VOID ForbidRing(VOID)
{
    InterlockedAnd(&Flags, ~FLAGS_PRESENT);
    ExReleaseSpinLockExclusive(&TransitionLock, ExAcquireSpinLockExclusive(&TransitionLock));
}
