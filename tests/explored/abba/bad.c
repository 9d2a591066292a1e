/*
 * Two threads take two locks in opposite orders.
 * Verdict: Deadlock; 1 preemption: a thread is left between its two acquires.
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

static VOID Backwards(VOID)
{
    TakeBoth(&B, &A);
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    ZooThread(0, Forwards);
    ZooThread(1, Backwards);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeSpinLock(&B);
    NdisFreeSpinLock(&A);
}
