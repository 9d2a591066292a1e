/*
 * An NDIS_SPIN_LOCK that KeInitializeSpinLock has initialised.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KeInitializeSpinLock(&Lock.SpinLock);
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
}
