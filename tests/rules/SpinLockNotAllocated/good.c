/*
 * The lock is allocated before its first use.
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
