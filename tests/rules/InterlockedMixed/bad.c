/*
 * A counter is added to under a lock, and set without it.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

ULONG Frames;
static NDIS_SPIN_LOCK Lock;

static VOID Count(VOID)
{
    NdisInterlockedAddUlong(&Frames, 1, &Lock);
}

static VOID Clear(VOID)
{
    Frames = 0;
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    RunBoth(Count, Clear);
    NdisFreeSpinLock(&Lock);
}
