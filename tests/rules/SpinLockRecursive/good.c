/*
 * The inner function expects the lock to be held.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static ULONG Count;

static DECLSPEC_NOINLINE VOID IncrementLocked(VOID)
{
    Count++;
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    IncrementLocked();
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
