/*
 * wintun, before 2019-06: everybody who uses the adapter's rings holds the transition lock shared and first
 * looks whether the adapter is still present.  All that take the presence away hold the lock exclusively
 * meanwhile, which waits for the users; halt, though, just clears the flag.  A user that has looked works on.
 *
 * https://github.com/WireGuard/wintun/commit/70fcfdc85d2480e7f2dea4fce364a19548e0f12f
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID ForbidRing(VOID)
{
    InterlockedAnd(&Flags, ~FLAGS_PRESENT);
}
