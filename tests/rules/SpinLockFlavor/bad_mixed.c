/*
 * NdisAcquireSpinLock closed with KeReleaseSpinLock and another level.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    KeReleaseSpinLock(&Lock.SpinLock, DISPATCH_LEVEL);
    NdisFreeSpinLock(&Lock);
}
