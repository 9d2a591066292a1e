/*
 * A DPC returns with a Dpr lock.
 * Contexts: dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisDprAcquireSpinLock(&Lock);
}
