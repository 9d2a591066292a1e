/*
 * Three locks, the first released in the middle.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK A, B, C;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    NdisAllocateSpinLock(&C);
    NdisAcquireSpinLock(&A);
    NdisAcquireSpinLock(&B);
    NdisAcquireSpinLock(&C);
    NdisReleaseSpinLock(&C);
    NdisReleaseSpinLock(&A);
    NdisReleaseSpinLock(&B);
    NdisFreeSpinLock(&A);
    NdisFreeSpinLock(&B);
    NdisFreeSpinLock(&C);
}
