/*
 * The lock is allocated twice.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAllocateSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
