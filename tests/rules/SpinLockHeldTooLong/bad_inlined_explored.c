/*
 * One function, which is inlined, holds a lock for too long, and three others call it: one defect for the
 * search. Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

FORCEINLINE VOID Hold(VOID)
{
    NdisAcquireSpinLock(&Lock);
    NdisStallExecution(40);
    NdisReleaseSpinLock(&Lock);
}

FORCEINLINE VOID First(VOID)
{
    Hold();
    KeMemoryBarrier();
}

FORCEINLINE VOID Second(VOID)
{
    Hold();
    KeMemoryBarrier();
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    First();
    Second();
    Hold();
    NdisFreeSpinLock(&Lock);
}
