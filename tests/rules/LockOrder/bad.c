/*
 * Two locks in one order, then in the other: nobody waits for anybody in this run.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Queue, Pool;

static VOID TakeBoth(PNDIS_SPIN_LOCK First, PNDIS_SPIN_LOCK Second)
{
    NdisAcquireSpinLock(First);
    NdisDprAcquireSpinLock(Second);
    NdisDprReleaseSpinLock(Second);
    NdisReleaseSpinLock(First);
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Queue);
    NdisAllocateSpinLock(&Pool);
    TakeBoth(&Queue, &Pool);
    TakeBoth(&Pool, &Queue);
    TakeBoth(&Queue, &Pool); /* seen again: no second finding */
    TakeBoth(&Pool, &Queue);
    NdisFreeSpinLock(&Pool);
    NdisFreeSpinLock(&Queue);
}
