/*
 * Every use of the counter takes the lock; what comes before the threads and after them need not.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

ULONG Frames, Seen;
static NDIS_SPIN_LOCK Lock;

static VOID Count(VOID)
{
    NdisInterlockedAddUlong(&Frames, 1, &Lock);
}

static VOID Clear(VOID)
{
    NdisAcquireSpinLock(&Lock);
    Frames = 0;
    NdisReleaseSpinLock(&Lock);
}

static VOID body(VOID)
{
    Frames = 7;
    NdisAllocateSpinLock(&Lock);
    RunBoth(Count, Clear);
    Seen = Frames;
    NdisFreeSpinLock(&Lock);
}
