/* NpfRead empties a buffer under its lock, and gives each piece back to a pool with a lock of its own. */
#include "../zoo.h"

static PNDIS_RW_LOCK_EX BufferLock;
static NDIS_SPIN_LOCK PoolLock;
static ULONG Free;

static VOID Read(VOID);

static VOID PoolReturn(BOOLEAN AtDispatchLevel)
{
    if (AtDispatchLevel) {
        NdisDprAcquireSpinLock(&PoolLock);
    } else {
        NdisAcquireSpinLock(&PoolLock);
    }
    Free++;
    if (AtDispatchLevel) {
        NdisDprReleaseSpinLock(&PoolLock);
    } else {
        NdisReleaseSpinLock(&PoolLock);
    }
}

static VOID ReadAnd(BOOLEAN AtDispatchLevel)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(BufferLock, &state, 0);
    PoolReturn(AtDispatchLevel);
    NdisReleaseRWLock(BufferLock, &state);
}

static BOOLEAN ZooStart(VOID)
{
    BufferLock = NdisAllocateRWLock(NULL);
    if (BufferLock == NULL) {
        return FALSE;
    }
    NdisAllocateSpinLock(&PoolLock);
    ZooThread(0, Read);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Free == 1);
    NdisFreeSpinLock(&PoolLock);
    NdisFreeRWLock(BufferLock);
}
