/* A request puts a flow into the table, under the request's spin lock and the table's reader-writer lock. */
#include "../zoo.h"

static NDIS_SPIN_LOCK ControlLock;
static PNDIS_RW_LOCK_EX TableLock;
static ULONG Flows;

static VOID AcquireTable(PLOCK_STATE_EX State);

static VOID PutFlow(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireSpinLock(&ControlLock);
    AcquireTable(&state);
    Flows++;
    NdisReleaseRWLock(TableLock, &state);
    NdisReleaseSpinLock(&ControlLock);
}

static BOOLEAN ZooStart(VOID)
{
    TableLock = NdisAllocateRWLock(NULL);
    if (TableLock == NULL) {
        return FALSE;
    }
    NdisAllocateSpinLock(&ControlLock);
    ZooThread(0, PutFlow);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Flows == 1);
    NdisFreeSpinLock(&ControlLock);
    NdisFreeRWLock(TableLock);
}
