/*
 * A user's handle subscribes to events of a switch and waits for one; on another processor a port is made,
 * which posts an event.
 */
#include "../zoo.h"

static NDIS_SPIN_LOCK QueueLock;
static PNDIS_RW_LOCK_EX DispatchLock;
static ULONG SwitchNumber = 1;
static ULONG Subscribed, Posted, Waiting;

/* Two requests of the user's.  STATUS_INVALID_PARAMETER: there is no such switch. */
static NTSTATUS Subscribe(ULONG Number);
static NTSTATUS Wait(ULONG Number);

static BOOLEAN LookUpNoLock(ULONG Number)
{
    return SwitchNumber == Number;
}

static inline BOOLEAN LookUp(ULONG Number)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(DispatchLock, &state, 0);
    BOOLEAN found = LookUpNoLock(Number);
    NdisReleaseRWLock(DispatchLock, &state);
    return found;
}

static VOID MakePort(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(DispatchLock, &state, 0);
    NdisAcquireSpinLock(&QueueLock);
    Posted++;
    NdisReleaseSpinLock(&QueueLock);
    NdisReleaseRWLock(DispatchLock, &state);
}

static VOID User(VOID)
{
    Subscribe(1);
    Wait(2);
}

static BOOLEAN ZooStart(VOID)
{
    DispatchLock = NdisAllocateRWLock(NULL);
    if (DispatchLock == NULL) {
        return FALSE;
    }
    NdisAllocateSpinLock(&QueueLock);
    ZooThread(0, User);
    ZooThread(1, MakePort);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeSpinLock(&QueueLock);
    NdisFreeRWLock(DispatchLock);
}
