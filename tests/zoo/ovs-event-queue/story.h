/* A handler of control requests reads an event from a queue; the queue's functions take the queue's lock. */
#include "../zoo.h"

struct Event {
    LIST_ENTRY Entry;
    ULONG Type;
};

static NDIS_SPIN_LOCK ControlLock; /* one request at a time */
static LIST_ENTRY Queue;
static struct Event Event = {.Type = 1};

/* The lock of the queue. */
static VOID MakeQueueLock(VOID);
static VOID EndQueueLock(VOID);
static VOID AcquireQueueLock(VOID);
static VOID ReleaseQueueLock(VOID);

static ULONG RemoveEvent(VOID)
{
    ULONG type = 0;
    AcquireQueueLock();
    if (!IsListEmpty(&Queue)) {
        type = CONTAINING_RECORD(RemoveHeadList(&Queue), struct Event, Entry)->Type;
    }
    ReleaseQueueLock();
    return type;
}

static VOID ReadEventHandler(VOID)
{
    NdisAcquireSpinLock(&ControlLock);
    ULONG type = RemoveEvent();
    NdisReleaseSpinLock(&ControlLock);
    NT_ASSERT(type == 1);
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&ControlLock);
    MakeQueueLock();
    InitializeListHead(&Queue);
    InsertTailList(&Queue, &Event.Entry);
    ZooThread(0, ReadEventHandler);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    EndQueueLock();
    NdisFreeSpinLock(&ControlLock);
}
