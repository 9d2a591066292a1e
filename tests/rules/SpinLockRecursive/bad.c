/*
 * A function that holds the lock calls one that takes it.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static ULONG Count;

static DECLSPEC_NOINLINE VOID Increment(VOID)
{
    NdisAcquireSpinLock(&Lock);
    Count++;
    NdisReleaseSpinLock(&Lock);
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    Increment();
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
