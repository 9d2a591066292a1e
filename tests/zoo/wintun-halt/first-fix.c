/*
 * wintun, 2019-06: halt clears the flag while it holds the lock exclusively.  Right.
 *
 * https://github.com/WireGuard/wintun/commit/70fcfdc85d2480e7f2dea4fce364a19548e0f12f
 * Verdict: complete.
 */
#include "story.h"

static VOID ForbidRing(VOID)
{
    KIRQL irql = ExAcquireSpinLockExclusive(&TransitionLock);
    InterlockedAnd(&Flags, ~FLAGS_PRESENT);
    ExReleaseSpinLockExclusive(&TransitionLock, irql);
}
