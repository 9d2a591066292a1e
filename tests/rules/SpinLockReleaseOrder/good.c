/*
 * Released in the reverse order of the acquisitions.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK A, B;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    NdisAcquireSpinLock(&A);
    NdisAcquireSpinLock(&B);
    NdisReleaseSpinLock(&B);
    NdisReleaseSpinLock(&A);
    NdisFreeSpinLock(&A);
    NdisFreeSpinLock(&B);
}
