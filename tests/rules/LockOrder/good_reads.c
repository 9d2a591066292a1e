/*
 * Readers of two reader/writer locks in both orders, and a read within a read.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static VOID ReadBoth(PNDIS_RW_LOCK_EX First, PNDIS_RW_LOCK_EX Second)
{
    LOCK_STATE_EX outer, inner, again;
    NdisAcquireRWLockRead(First, &outer, 0);
    NdisAcquireRWLockRead(Second, &inner, 0);
    NdisAcquireRWLockRead(First, &again, 0);
    NdisReleaseRWLock(First, &again);
    NdisReleaseRWLock(Second, &inner);
    NdisReleaseRWLock(First, &outer);
}

static VOID WriteTwice(PNDIS_RW_LOCK_EX Lock, PNDIS_SPIN_LOCK Spin)
{
    LOCK_STATE_EX outer, inner;
    NdisAcquireRWLockWrite(Lock, &outer, 0);
    NdisDprAcquireSpinLock(Spin);
    NdisAcquireRWLockWrite(Lock, &inner, 0); /* recursive: does not wait */
    NdisReleaseRWLock(Lock, &inner);
    NdisDprReleaseSpinLock(Spin);
    NdisReleaseRWLock(Lock, &outer);
}

static VOID body(VOID)
{
    NDIS_SPIN_LOCK spin;
    PNDIS_RW_LOCK_EX first = NdisAllocateRWLock(NULL);
    PNDIS_RW_LOCK_EX second = NdisAllocateRWLock(NULL);
    NdisAllocateSpinLock(&spin);
    if (first != NULL && second != NULL) {
        ReadBoth(first, second);
        ReadBoth(second, first);
        WriteTwice(first, &spin);
    }
    NdisFreeSpinLock(&spin);
    if (second != NULL) {
        NdisFreeRWLock(second);
    }
    if (first != NULL) {
        NdisFreeRWLock(first);
    }
}
