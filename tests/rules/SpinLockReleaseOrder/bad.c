/*
 * The defect on the page of NdisAllocateSpinLock.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK A, B;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    NdisAcquireSpinLock(&A);
    NdisAcquireSpinLock(&B);
    NdisReleaseSpinLock(&A);
    NdisReleaseSpinLock(&B);
    NdisFreeSpinLock(&A);
    NdisFreeSpinLock(&B);
}
