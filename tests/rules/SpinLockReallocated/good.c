/*
 * The lock is freed before it is allocated again.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
    NdisAllocateSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
