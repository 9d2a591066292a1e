/*
 * Two receive queues, each with an NDIS poll object.  What arrives on the first belongs, by RSS, to the
 * second: the first's poll puts it there and asks for the second's, which indicates it; returned, it goes
 * back to the ring that it came from.  A send makes a frame arrive here, and the stack returns it from inside
 * the indication.
 */
#include "../miniport.h"

struct Queue {
    struct Adapter *Adapter;
    NDIS_POLL_HANDLE Poll;
    NDIS_SPIN_LOCK Lock;
    ULONG Arrived, Posted;
};

struct Adapter {
    struct ZooAdapter Zoo;
    struct Queue First, Second;
};

/* Asks for the second's poll; from the first's, which holds the first's lock. */
static VOID RequestSecond(struct Adapter *Adapter);

static VOID MoveFrames(struct Adapter *Adapter)
{
    NdisAcquireSpinLock(&Adapter->First.Lock);
    if (Adapter->First.Arrived != 0) {
        NdisAcquireSpinLock(&Adapter->Second.Lock);
        Adapter->Second.Arrived += Adapter->First.Arrived;
        NdisReleaseSpinLock(&Adapter->Second.Lock);
        Adapter->First.Arrived = 0;
        RequestSecond(Adapter);
    }
    NdisReleaseSpinLock(&Adapter->First.Lock);
}

/* MiniportReturnNetBufferLists, for what the first queue received. */
static VOID Return(struct Adapter *Adapter, ULONG Frames)
{
    NdisAcquireSpinLock(&Adapter->First.Lock);
    Adapter->First.Posted += Frames;
    NdisReleaseSpinLock(&Adapter->First.Lock);
}

static VOID Indicate(struct Adapter *Adapter)
{
    NdisAcquireSpinLock(&Adapter->Second.Lock);
    ULONG frames = Adapter->Second.Arrived;
    Adapter->Second.Arrived = 0;
    NdisReleaseSpinLock(&Adapter->Second.Lock);
    if (frames != 0) {
        Return(Adapter, frames);
    }
}

static VOID Poll(PVOID Context, NDIS_POLL_DATA *Data)
{
    struct Queue *queue = Context;
    UNREFERENCED_PARAMETER(Data);
    if (queue == &queue->Adapter->First) {
        MoveFrames(queue->Adapter);
    } else {
        Indicate(queue->Adapter);
    }
}

static VOID SetNotification(PVOID Context, NDIS_POLL_NOTIFICATION *Notification)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Notification);
}

static VOID StorySend(struct ZooAdapter *Zoo, PNET_BUFFER_LIST List)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisAcquireSpinLock(&adapter->First.Lock);
    adapter->First.Arrived++;
    NdisReleaseSpinLock(&adapter->First.Lock);
    NdisRequestPoll(adapter->First.Poll, NULL);
    ZooComplete(Zoo, List);
}

/* ---- making and ending ---- */

static ULONG StorySize(VOID)
{
    return sizeof(struct Adapter);
}

static NDIS_STATUS MakeQueue(struct Adapter *Adapter, struct Queue *Queue)
{
    NDIS_POLL_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NDIS_POLL_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1},
        .SetPollNotificationHandler = SetNotification,
        .PollHandler = Poll,
    };
    Queue->Adapter = Adapter;
    NdisAllocateSpinLock(&Queue->Lock);
    if (!NT_SUCCESS(NdisRegisterPoll(Adapter->Zoo.Handle, Queue, &characteristics, &Queue->Poll))) {
        NdisFreeSpinLock(&Queue->Lock);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID EndQueue(struct Queue *Queue)
{
    NdisDeregisterPoll(Queue->Poll);
    NdisFreeSpinLock(&Queue->Lock);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NDIS_STATUS status = MakeQueue(adapter, &adapter->Second);
    if (status == NDIS_STATUS_SUCCESS) {
        status = MakeQueue(adapter, &adapter->First);
        if (status != NDIS_STATUS_SUCCESS) {
            EndQueue(&adapter->Second);
        }
    }
    return status;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisDeregisterPoll(adapter->First.Poll);
    NdisDeregisterPoll(adapter->Second.Poll);
    NdisFreeSpinLock(&adapter->First.Lock);
    NdisFreeSpinLock(&adapter->Second.Lock);
}

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(Action);
}
