/*
 * Two threads take two locks in the same order.
 * Verdict: complete.
 */
#include "../../zoo/zoo.h"

static NDIS_SPIN_LOCK A, B;

static VOID TakeBoth(PNDIS_SPIN_LOCK First, PNDIS_SPIN_LOCK Second)
{
    NdisAcquireSpinLock(First);
    NdisAcquireSpinLock(Second);
    NdisReleaseSpinLock(Second);
    NdisReleaseSpinLock(First);
}

static VOID Forwards(VOID)
{
    TakeBoth(&A, &B);
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    ZooThread(0, Forwards);
    ZooThread(1, Forwards);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeSpinLock(&B);
    NdisFreeSpinLock(&A);
}
