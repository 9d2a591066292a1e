/*
 * The lock is released first.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
