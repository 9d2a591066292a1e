/*
 * send.c - NET_BUFFER_LISTs from NDIS: the send queue, completion, cancellation.
 *
 * A NET_BUFFER_LIST belongs to the driver from MiniportSendNetBufferLists until
 * NdisMSendNetBufferListsComplete; meanwhile its Next field links the queue and its miniport-reserved field
 * counts its unfinished NET_BUFFERs.
 *
 * The pattern everywhere: change state under the lock, put what is to be told to NDIS on a local list, drop
 * the lock, tell NDIS.  NDIS may call straight back into the driver from a completion.
 */
#include "unic.h"

/* A chain of lists being built. */
typedef struct _UNIC_CHAIN {
    PNET_BUFFER_LIST Head, *End;
} UNIC_CHAIN, *PUNIC_CHAIN;

static VOID UnicChainInitialize(PUNIC_CHAIN Chain)
{
    Chain->Head = NULL;
    Chain->End = &Chain->Head;
}

static VOID UnicChainAppend(PUNIC_CHAIN Chain, PNET_BUFFER_LIST NetBufferList)
{
    NET_BUFFER_LIST_NEXT_NBL(NetBufferList) = NULL;
    *Chain->End = NetBufferList;
    Chain->End = &NET_BUFFER_LIST_NEXT_NBL(NetBufferList);
}

/* ---- taking ------------------------------------------------------------------------------------ */

/* Counts the NET_BUFFERs of each list, and the lists. */
static ULONG UnicPrepareLists(PNET_BUFFER_LIST NetBufferLists)
{
    ULONG Count = 0;

    for (PNET_BUFFER_LIST Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        ULONG_PTR NetBuffers = 0;
        for (PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl); Nb != NULL; Nb = NET_BUFFER_NEXT_NB(Nb)) {
            NetBuffers++;
        }
        UNIC_NBL_REMAINING(Nbl) = NetBuffers;
        NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
        Count++;
    }
    return Count;
}

/* May frames be sent?  When so, the pause that comes next will wait for them.  SendLock held. */
static NDIS_STATUS UnicAdmitSends(PUNIC_ADAPTER Adapter, ULONG Count)
{
    NDIS_STATUS Status = NDIS_STATUS_SUCCESS;

    NdisDprAcquireSpinLock(&Adapter->StateLock);
    if (Adapter->Removed) {
        Status = NDIS_STATUS_FAILURE;
    } else if (Adapter->State != UnicRunning) {
        Status = NDIS_STATUS_PAUSED;
    } else if (Adapter->Resetting) {
        Status = NDIS_STATUS_RESET_IN_PROGRESS;
    } else {
        Adapter->OutstandingSends += Count;
    }
    NdisDprReleaseSpinLock(&Adapter->StateLock);
    return Status;
}

/*
 * Both locks: were the state looked at first and the queue appended to later, a pause in between would find
 * the queue empty, and the frame would be sent by a paused adapter.
 */
static NDIS_STATUS UnicEnqueue(PUNIC_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists, ULONG Count)
{
    NDIS_STATUS Status;
    PNET_BUFFER_LIST Last = NetBufferLists;

    while (NET_BUFFER_LIST_NEXT_NBL(Last) != NULL) {
        Last = NET_BUFFER_LIST_NEXT_NBL(Last);
    }
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    Status = UnicAdmitSends(Adapter, Count);
    if (Status == NDIS_STATUS_SUCCESS) {
        if (Adapter->SendQueueHead == NULL) {
            Adapter->SendQueueHead = NetBufferLists;
            Adapter->SendCursor = NET_BUFFER_LIST_FIRST_NB(NetBufferLists);
        } else {
            NET_BUFFER_LIST_NEXT_NBL(Adapter->SendQueueTail) = NetBufferLists;
        }
        Adapter->SendQueueTail = Last;
    }
    NdisDprReleaseSpinLock(&Adapter->SendLock);
    return Status;
}

static VOID UnicReject(PUNIC_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists, NDIS_STATUS Status)
{
    for (PNET_BUFFER_LIST Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        NET_BUFFER_LIST_STATUS(Nbl) = Status;
    }
    NdisMSendNetBufferListsComplete(Adapter->Handle, NetBufferLists, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
}

/*
 * NDIS says in the flags whether this is DISPATCH_LEVEL; a driver believes it and does not ask for the IRQL.
 * Everything below needs DISPATCH_LEVEL (scatter/gather lists are built there), so it is raised once here
 * and the locks are taken with the cheaper Dpr calls.
 */
VOID UnicSendNetBufferLists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
                            NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;
    BOOLEAN AtDispatch = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) != 0;
    KIRQL OldIrql = DISPATCH_LEVEL;
    NDIS_STATUS Status;

    UNREFERENCED_PARAMETER(PortNumber);
    if (!AtDispatch) {
        NDIS_RAISE_IRQL_TO_DISPATCH(&OldIrql);
    }
    Status = UnicEnqueue(Adapter, NetBufferLists, UnicPrepareLists(NetBufferLists));
    if (Status == NDIS_STATUS_SUCCESS) {
        UnicDrainSendQueue(Adapter);
    } else {
        UnicReject(Adapter, NetBufferLists, Status);
    }
    if (!AtDispatch) {
        NDIS_LOWER_IRQL(OldIrql, DISPATCH_LEVEL);
    }
}

/* ---- completing -------------------------------------------------------------------------------- */

/* Gives lists back to NDIS; after that they, and maybe the adapter's running state, are gone. */
VOID UnicCompleteSends(PUNIC_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists, ULONG CompleteFlags)
{
    ULONG Count = 0;

    for (PNET_BUFFER_LIST Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        Count++;
    }
    if (Count != 0) {
        NdisMSendNetBufferListsComplete(Adapter->Handle, NetBufferLists, CompleteFlags);
        UnicReleaseSends(Adapter, Count);
    }
}

/*
 * Takes everything that has not been given to the device off the queue and returns the lists that are
 * finished with that.  Of a list that the device has in part, the rest is dropped; it is finished by its
 * last frame.  SendLock held.
 */
PNET_BUFFER_LIST UnicDropQueued(PUNIC_ADAPTER Adapter, NDIS_STATUS Status)
{
    UNIC_CHAIN Finished;
    PNET_BUFFER_LIST Nbl = Adapter->SendQueueHead;
    PNET_BUFFER Cursor = Adapter->SendCursor;

    UnicChainInitialize(&Finished);
    Adapter->SendQueueHead = Adapter->SendQueueTail = NULL;
    Adapter->SendCursor = NULL;
    while (Nbl != NULL) {
        PNET_BUFFER_LIST Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        for (; Cursor != NULL; Cursor = NET_BUFFER_NEXT_NB(Cursor)) {
            UNIC_NBL_REMAINING(Nbl)--;
        }
        NET_BUFFER_LIST_STATUS(Nbl) = Status;
        if (UNIC_NBL_REMAINING(Nbl) == 0) {
            UnicChainAppend(&Finished, Nbl);
        }
        Nbl = Next;
        Cursor = Nbl == NULL ? NULL : NET_BUFFER_LIST_FIRST_NB(Nbl);
    }
    return Finished.Head;
}

VOID UnicFlushSendQueue(PUNIC_ADAPTER Adapter, NDIS_STATUS Status)
{
    PNET_BUFFER_LIST Finished;

    NdisAcquireSpinLock(&Adapter->SendLock);
    Finished = UnicDropQueued(Adapter, Status);
    NdisReleaseSpinLock(&Adapter->SendLock);
    UnicCompleteSends(Adapter, Finished, 0);
}

/*
 * Frames that are done, in any way, come here: their scatter/gather lists are freed, their control blocks
 * become free, and the lists whose last frame they were are completed.  DISPATCH_LEVEL, no lock held.
 */
VOID UnicFinishSends(PUNIC_ADAPTER Adapter, PLIST_ENTRY Done)
{
    UNIC_CHAIN Finished;

    if (IsListEmpty(Done)) {
        return;
    }
    for (PLIST_ENTRY Entry = Done->Flink; Entry != Done; Entry = Entry->Flink) {
        PUNIC_SEND Send = CONTAINING_RECORD(Entry, UNIC_SEND, Link);
        if (Send->SgList != NULL) {
            NdisMFreeNetBufferSGList(Adapter->DmaHandle, Send->SgList, Send->NetBuffer);
            Send->SgList = NULL;
        }
    }
    UnicChainInitialize(&Finished);
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    while (!IsListEmpty(Done)) {
        PUNIC_SEND Send = CONTAINING_RECORD(RemoveHeadList(Done), UNIC_SEND, Link);
        PNET_BUFFER_LIST Nbl = Send->NetBufferList;
        if (Send->Status != NDIS_STATUS_SUCCESS) {
            NET_BUFFER_LIST_STATUS(Nbl) = Send->Status;
        }
        if (--UNIC_NBL_REMAINING(Nbl) == 0) {
            UnicChainAppend(&Finished, Nbl);
        }
        InsertTailList(&Adapter->FreeSends, &Send->Link);
    }
    NdisDprReleaseSpinLock(&Adapter->SendLock);
    UnicCompleteSends(Adapter, Finished.Head, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
}

/* ---- cancelling -------------------------------------------------------------------------------- */

/* Moves queued lists with that id, except one that is partly sent, to a chain.  SendLock held. */
static PNET_BUFFER_LIST UnicTakeCancelled(PUNIC_ADAPTER Adapter, PVOID CancelId)
{
    UNIC_CHAIN Kept, Cancelled;
    PNET_BUFFER_LIST Nbl = Adapter->SendQueueHead;
    PNET_BUFFER_LIST Last = NULL;
    BOOLEAN HeadStarted = Nbl != NULL && Adapter->SendCursor != NET_BUFFER_LIST_FIRST_NB(Nbl);

    UnicChainInitialize(&Kept);
    UnicChainInitialize(&Cancelled);
    while (Nbl != NULL) {
        PNET_BUFFER_LIST Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        BOOLEAN Started = HeadStarted && Nbl == Adapter->SendQueueHead;
        if (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(Nbl) == CancelId && !Started) {
            NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SEND_ABORTED;
            UnicChainAppend(&Cancelled, Nbl);
        } else {
            UnicChainAppend(&Kept, Nbl);
            Last = Nbl;
        }
        Nbl = Next;
    }
    if (!HeadStarted) {
        Adapter->SendCursor = Kept.Head == NULL ? NULL : NET_BUFFER_LIST_FIRST_NB(Kept.Head);
    }
    Adapter->SendQueueHead = Kept.Head;
    Adapter->SendQueueTail = Last;
    return Cancelled.Head;
}

/* Frames that the device has already are sent all the same: cancelling is a request, not a promise. */
VOID UnicCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;
    PNET_BUFFER_LIST Cancelled;

    NdisAcquireSpinLock(&Adapter->SendLock);
    Cancelled = UnicTakeCancelled(Adapter, CancelId);
    NdisReleaseSpinLock(&Adapter->SendLock);
    UnicCompleteSends(Adapter, Cancelled, 0);
}
