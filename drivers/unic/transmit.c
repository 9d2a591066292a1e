/*
 * transmit.c - from the send queue into the transmit ring, and out of it again.
 *
 * A frame goes through four hands: taken off the queue with a free control block (SendLock), mapped for DMA
 * by NDIS (no lock: NDIS calls UnicProcessSgList, which takes SendLock), put into the ring (SendLock), and
 * reclaimed when the device is done (SendLock).
 *
 * Frames must stay in order although the lock is dropped for mapping, several processors send at a time, and
 * NDIS may map late.  Two things see to that.  One processor at a time feeds the ring: SendDraining says that
 * somebody does, and who finds it set only leaves his frames on the queue; it is set and cleared under the
 * lock that guards the queue, so the feeder cannot miss them.  And frames leave SendsMapping at its head
 * only: one that is mapped early waits for those before it.
 *
 * Everything here runs at DISPATCH_LEVEL unless it says otherwise.
 */
#include "unic.h"

/* ---- the ring (SendLock held) ---------------------------------------------------------------------- */

VOID UnicInitializeTxRing(PUNIC_ADAPTER Adapter)
{
    Adapter->TxRing = Adapter->TxRingMemory.Va;
    NdisZeroMemory(Adapter->TxRing, Adapter->TxRingMemory.Length);
    Adapter->TxTail = Adapter->TxDoorbell = 0;
}

static VOID UnicPutDescriptor(PUNIC_ADAPTER Adapter, ULONG64 Address, ULONG Length)
{
    PUNIC_DESCRIPTOR Descriptor = &Adapter->TxRing[Adapter->TxTail];

    Descriptor->Address = Address;
    Descriptor->Length = (USHORT)Length;
    Descriptor->Command = 0;
    Descriptor->Error = 0;
    Descriptor->Status = 0;
    Adapter->TxTail = (Adapter->TxTail + 1) % UNIC_TX_DESCRIPTORS;
}

/*
 * The pieces of the frame.  The scatter/gather list starts at the beginning of the current MDL, the frame
 * CurrentMdlOffset bytes later; it may end after the frame.
 */
static ULONG UnicCountPieces(PUNIC_SEND Send)
{
    ULONG Skip = NET_BUFFER_CURRENT_MDL_OFFSET(Send->NetBuffer);
    ULONG Left = NET_BUFFER_DATA_LENGTH(Send->NetBuffer);
    ULONG Pieces = 0;

    for (ULONG Index = 0; Index < Send->SgList->NumberOfElements && Left != 0; Index++) {
        ULONG Length = Send->SgList->Elements[Index].Length;
        if (Skip >= Length) {
            Skip -= Length;
            continue;
        }
        Length -= Skip;
        Skip = 0;
        Left -= Length < Left ? Length : Left;
        Pieces++;
    }
    return Pieces;
}

static VOID UnicPutPieces(PUNIC_ADAPTER Adapter, PUNIC_SEND Send)
{
    ULONG Skip = NET_BUFFER_CURRENT_MDL_OFFSET(Send->NetBuffer);
    ULONG Left = NET_BUFFER_DATA_LENGTH(Send->NetBuffer);

    for (ULONG Index = 0; Index < Send->SgList->NumberOfElements && Left != 0; Index++) {
        const SCATTER_GATHER_ELEMENT *Element = &Send->SgList->Elements[Index];
        ULONG Length = Element->Length;
        if (Skip >= Length) {
            Skip -= Length;
            continue;
        }
        Length -= Skip;
        if (Length > Left) {
            Length = Left;
        }
        UnicPutDescriptor(Adapter, (ULONG64)Element->Address.QuadPart + Skip, Length);
        Skip = 0;
        Left -= Length;
    }
}

static VOID UnicPutFrame(PUNIC_ADAPTER Adapter, PUNIC_SEND Send)
{
    if (Send->Bounced) {
        UnicPutDescriptor(Adapter, Send->BouncePa, NET_BUFFER_DATA_LENGTH(Send->NetBuffer));
    } else {
        UnicPutPieces(Adapter, Send);
    }
    Send->LastDescriptor = (Adapter->TxTail + UNIC_TX_DESCRIPTORS - 1) % UNIC_TX_DESCRIPTORS;
    Adapter->TxRing[Send->LastDescriptor].Command = UNIC_COMMAND_LAST | UNIC_COMMAND_REPORT;
    InsertTailList(&Adapter->SendsInRing, &Send->Link);
}

/* The register write comes after the descriptors: it is a barrier, and the device reads them after it. */
VOID UnicRingDoorbell(PUNIC_ADAPTER Adapter)
{
    if (Adapter->TxReady && Adapter->TxDoorbell != Adapter->TxTail) {
        Adapter->TxDoorbell = Adapter->TxTail;
        UnicWriteRegister(Adapter, UNIC_REG_TX_RING + UNIC_RING_TAIL, Adapter->TxTail);
    }
}

/* Moves frames from the head of SendsMapping into the ring, or to Done when they cannot be sent. */
static VOID UnicAdvanceMapped(PUNIC_ADAPTER Adapter, PLIST_ENTRY Done)
{
    while (!IsListEmpty(&Adapter->SendsMapping)) {
        PUNIC_SEND Send = CONTAINING_RECORD(Adapter->SendsMapping.Flink, UNIC_SEND, Link);
        if (!Send->Mapped) {
            break;
        }
        RemoveEntryList(&Send->Link);
        if (Send->Status == NDIS_STATUS_SUCCESS && !Adapter->TxReady) {
            Send->Status = NDIS_STATUS_REQUEST_ABORTED;
        }
        if (Send->Status == NDIS_STATUS_SUCCESS) {
            UnicPutFrame(Adapter, Send);
        } else {
            InsertTailList(Done, &Send->Link);
        }
    }
    if (!Adapter->SendDraining) {
        UnicRingDoorbell(Adapter); /* mapped late: no feeder will do it */
    }
}

/* ---- mapping (no lock held) ------------------------------------------------------------------------ */

static VOID UnicMapped(PUNIC_ADAPTER Adapter, PUNIC_SEND Send, NDIS_STATUS Status)
{
    LIST_ENTRY Done;

    InitializeListHead(&Done);
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    Send->Status = Status;
    Send->Mapped = TRUE;
    UnicAdvanceMapped(Adapter, &Done);
    NdisDprReleaseSpinLock(&Adapter->SendLock);
    UnicFinishSends(Adapter, &Done);
}

/* A frame in too many pieces is copied together.  FALSE when there is no room for it. */
static BOOLEAN UnicBounce(PUNIC_SEND Send)
{
    ULONG Length = NET_BUFFER_DATA_LENGTH(Send->NetBuffer);
    PUCHAR Data;

    /* Returns a pointer into the frame instead of copying when it lies in one piece of virtual memory. */
    Data = NdisGetDataBuffer(Send->NetBuffer, Length, Send->Bounce, 1, 0);
    if (Data != NULL && Data != Send->Bounce) {
        NdisMoveMemory(Send->Bounce, Data, Length);
    }
    return Data != NULL;
}

/* MiniportProcessSGList: the frame is mapped.  Called within NdisMAllocateNetBufferSGList, or later. */
VOID UnicProcessSgList(PDEVICE_OBJECT DeviceObject, PVOID Reserved, PSCATTER_GATHER_LIST SgList,
                       PVOID Context)
{
    PUNIC_SEND Send = Context;
    NDIS_STATUS Status = NDIS_STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Reserved);
    Send->SgList = SgList;
    Send->Bounced = UnicCountPieces(Send) > UNIC_FRAGMENTS;
    if (Send->Bounced && !UnicBounce(Send)) {
        Status = NDIS_STATUS_RESOURCES;
    }
    UnicMapped(Send->Adapter, Send, Status);
}

static VOID UnicMapFrame(PUNIC_ADAPTER Adapter, PUNIC_SEND Send)
{
    NDIS_STATUS Status;
    ULONG Length = NET_BUFFER_DATA_LENGTH(Send->NetBuffer);

    if (Length < UNIC_HEADER_SIZE || Length > UNIC_FRAME_MAXIMUM) {
        UnicMapped(Adapter, Send, NDIS_STATUS_INVALID_LENGTH);
        return;
    }
    Status = NdisMAllocateNetBufferSGList(Adapter->DmaHandle, Send->NetBuffer, Send,
                                          NDIS_SG_LIST_WRITE_TO_DEVICE, Send->SgStorage, Adapter->SgListSize);
    if (Status != NDIS_STATUS_SUCCESS) { /* then UnicProcessSgList is not called */
        UnicMapped(Adapter, Send, Status);
    }
}

/* ---- feeding ----------------------------------------------------------------------------------- */

/* The next frame of the queue, with a control block.  NULL: nothing to send, or no room.  SendLock held. */
static PUNIC_SEND UnicTakeFrame(PUNIC_ADAPTER Adapter)
{
    PNET_BUFFER_LIST Nbl = Adapter->SendQueueHead;
    PUNIC_SEND Send;

    if (!Adapter->TxReady || Nbl == NULL || IsListEmpty(&Adapter->FreeSends)) {
        return NULL;
    }
    Send = CONTAINING_RECORD(RemoveHeadList(&Adapter->FreeSends), UNIC_SEND, Link);
    Send->NetBuffer = Adapter->SendCursor;
    Send->NetBufferList = Nbl;
    Send->Status = NDIS_STATUS_SUCCESS;
    Send->Mapped = Send->Bounced = FALSE;
    InsertTailList(&Adapter->SendsMapping, &Send->Link);
    Adapter->SendCursor = NET_BUFFER_NEXT_NB(Adapter->SendCursor);
    if (Adapter->SendCursor == NULL) {
        Adapter->SendQueueHead = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (Adapter->SendQueueHead == NULL) {
            Adapter->SendQueueTail = NULL;
        } else {
            Adapter->SendCursor = NET_BUFFER_LIST_FIRST_NB(Adapter->SendQueueHead);
        }
    }
    return Send;
}

VOID UnicDrainSendQueue(PUNIC_ADAPTER Adapter)
{
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    if (!Adapter->SendDraining) {
        PUNIC_SEND Send;
        Adapter->SendDraining = TRUE;
        while ((Send = UnicTakeFrame(Adapter)) != NULL) {
            NdisDprReleaseSpinLock(&Adapter->SendLock);
            UnicMapFrame(Adapter, Send);
            NdisDprAcquireSpinLock(&Adapter->SendLock);
        }
        Adapter->SendDraining = FALSE;
        UnicRingDoorbell(Adapter);
    }
    NdisDprReleaseSpinLock(&Adapter->SendLock);
}

/* ---- reclaiming -------------------------------------------------------------------------------- */

/* Moves what the device has sent from the ring to Done.  SendLock held. */
static VOID UnicTakeSent(PUNIC_ADAPTER Adapter, PLIST_ENTRY Done)
{
    while (!IsListEmpty(&Adapter->SendsInRing)) {
        PUNIC_SEND Send = CONTAINING_RECORD(Adapter->SendsInRing.Flink, UNIC_SEND, Link);
        ULONG Status = Adapter->TxRing[Send->LastDescriptor].Status;
        if ((Status & UNIC_DESCRIPTOR_DONE) == 0) {
            break;
        }
        KeMemoryBarrier(); /* what else the device wrote is read after its status */
        if (Status & UNIC_DESCRIPTOR_ERROR) {
            Send->Status = NDIS_STATUS_FAILURE;
        }
        RemoveEntryList(&Send->Link);
        InsertTailList(Done, &Send->Link);
    }
}

/* From the DPC. */
VOID UnicReclaimSends(PUNIC_ADAPTER Adapter)
{
    LIST_ENTRY Done;

    InitializeListHead(&Done);
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    UnicTakeSent(Adapter, &Done);
    NdisDprReleaseSpinLock(&Adapter->SendLock);
    if (!IsListEmpty(&Done)) {
        UnicFinishSends(Adapter, &Done);
        UnicDrainSendQueue(Adapter);
    }
}

static BOOLEAN UnicIsMapping(PUNIC_ADAPTER Adapter)
{
    BOOLEAN Mapping;

    NdisAcquireSpinLock(&Adapter->SendLock);
    Mapping = !IsListEmpty(&Adapter->SendsMapping);
    NdisReleaseSpinLock(&Adapter->SendLock);
    return Mapping;
}

/*
 * Before the device is reset: a doorbell that reaches it when it has forgotten its ring is an error.  What is
 * mapped from now on fails.
 */
VOID UnicStopSending(PUNIC_ADAPTER Adapter)
{
    NdisAcquireSpinLock(&Adapter->SendLock);
    Adapter->TxReady = FALSE;
    NdisReleaseSpinLock(&Adapter->SendLock);
}

/*
 * The device is stopped or gone: what it had will never be done.  A frame that NDIS is mapping cannot be
 * taken back; with TxReady FALSE it fails when the mapping is there, and this waits for it.  PASSIVE_LEVEL.
 */
VOID UnicAbortSends(PUNIC_ADAPTER Adapter, NDIS_STATUS Status)
{
    LIST_ENTRY Done;
    KIRQL OldIrql;

    InitializeListHead(&Done);
    NDIS_RAISE_IRQL_TO_DISPATCH(&OldIrql);
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    UnicTakeSent(Adapter, &Done); /* those were sent */
    while (!IsListEmpty(&Adapter->SendsInRing)) {
        PUNIC_SEND Send = CONTAINING_RECORD(RemoveHeadList(&Adapter->SendsInRing), UNIC_SEND, Link);
        Send->Status = Status;
        InsertTailList(&Done, &Send->Link);
    }
    NdisDprReleaseSpinLock(&Adapter->SendLock);
    UnicFinishSends(Adapter, &Done);
    NDIS_LOWER_IRQL(OldIrql, DISPATCH_LEVEL);
    while (UnicIsMapping(Adapter)) {
        NdisMSleep(100);
    }
}
