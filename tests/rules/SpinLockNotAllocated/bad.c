/*
 * The lock was never passed to NdisAllocateSpinLock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
}
