/*
 * A null pointer is passed to NdisAcquireSpinLock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK *volatile Lock;

static VOID body(VOID)
{
    NdisAcquireSpinLock(Lock);
}
