/*
 * One function holds a lock for too long, and three others call it: one defect.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

DECLSPEC_NOINLINE static VOID Hold(VOID)
{
    NdisAcquireSpinLock(&Lock);
    NdisStallExecution(40);
    NdisReleaseSpinLock(&Lock);
}

DECLSPEC_NOINLINE static VOID First(VOID)
{
    Hold();
    KeMemoryBarrier();
}

DECLSPEC_NOINLINE static VOID Second(VOID)
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
