/*
 * receive.c - received frames, from the ring to NDIS and back.
 *
 * A receive buffer is in one of three places: in the ring (the device's), in FreeReceives (spare), or
 * indicated (NDIS's, until MiniportReturnNetBufferLists).  When few are spare the driver sets
 * NDIS_RECEIVE_FLAGS_RESOURCES: then the lists are its own again when the indication returns, and are not
 * returned.
 */
#include "unic.h"

/* ---- the ring (ReceiveLock held) -------------------------------------------------------------------- */

static ULONG UnicNextSlot(PUNIC_ADAPTER Adapter, ULONG Slot)
{
    return Slot + 1 == Adapter->RxDescriptors ? 0 : Slot + 1;
}

static VOID UnicFillSlot(PUNIC_ADAPTER Adapter, ULONG Slot)
{
    PUNIC_DESCRIPTOR Descriptor = &Adapter->RxRing[Slot];

    Descriptor->Address = Adapter->RxSlots[Slot]->BufferPa;
    Descriptor->Length = UNIC_BUFFER_SIZE;
    Descriptor->Command = 0;
    Descriptor->Error = 0;
    Descriptor->Status = 0;
}

/* Gives spare buffers to the device.  One slot stays empty: a full ring would look like an empty one. */
static VOID UnicRefill(PUNIC_ADAPTER Adapter)
{
    ULONG Before = Adapter->RxFill;

    if (!Adapter->RxReady) {
        return;
    }
    while (UnicNextSlot(Adapter, Adapter->RxFill) != Adapter->RxNext && Adapter->FreeReceiveCount != 0) {
        PLIST_ENTRY Entry = RemoveHeadList(&Adapter->FreeReceives);
        Adapter->FreeReceiveCount--;
        Adapter->RxSlots[Adapter->RxFill] = CONTAINING_RECORD(Entry, UNIC_RECEIVE, Link);
        UnicFillSlot(Adapter, Adapter->RxFill);
        Adapter->RxFill = UnicNextSlot(Adapter, Adapter->RxFill);
    }
    if (Adapter->RxFill != Before) {
        UnicWriteRegister(Adapter, UNIC_REG_RX_RING + UNIC_RING_TAIL, Adapter->RxFill);
    }
}

static VOID UnicPutFree(PUNIC_ADAPTER Adapter, PUNIC_RECEIVE Receive)
{
    InsertTailList(&Adapter->FreeReceives, &Receive->Link);
    Adapter->FreeReceiveCount++;
}

/* Before the device is reset: frames that NDIS returns meanwhile stay spare. */
VOID UnicStopReceiving(PUNIC_ADAPTER Adapter)
{
    NdisAcquireSpinLock(&Adapter->ReceiveLock);
    Adapter->RxReady = FALSE;
    NdisReleaseSpinLock(&Adapter->ReceiveLock);
}

/* After a reset of the device: whatever was in the ring is spare again. */
VOID UnicInitializeRxRing(PUNIC_ADAPTER Adapter)
{
    NdisDprAcquireSpinLock(&Adapter->ReceiveLock);
    for (ULONG Slot = 0; Slot < Adapter->RxDescriptors; Slot++) {
        if (Adapter->RxSlots[Slot] != NULL) {
            UnicPutFree(Adapter, Adapter->RxSlots[Slot]);
            Adapter->RxSlots[Slot] = NULL;
        }
    }
    Adapter->RxRing = Adapter->RxRingMemory.Va;
    NdisZeroMemory(Adapter->RxRing, Adapter->RxRingMemory.Length);
    Adapter->RxNext = Adapter->RxFill = 0;
    Adapter->RxReady = TRUE;
    UnicRefill(Adapter);
    NdisDprReleaseSpinLock(&Adapter->ReceiveLock);
}

/* Has the device completed the next descriptor?  What it wrote before the status may be read then. */
static BOOLEAN UnicIsDone(PUNIC_ADAPTER Adapter)
{
    if (Adapter->RxNext == Adapter->RxFill ||
        (Adapter->RxRing[Adapter->RxNext].Status & UNIC_DESCRIPTOR_DONE) == 0) {
        return FALSE;
    }
    KeMemoryBarrier();
    return TRUE;
}

/*
 * Frames that came in before a pause are stale after it: the protocols may have set another filter since, and
 * count on nothing from before.
 */
VOID UnicDiscardReceived(PUNIC_ADAPTER Adapter)
{
    NdisAcquireSpinLock(&Adapter->ReceiveLock);
    while (UnicIsDone(Adapter)) {
        UnicPutFree(Adapter, Adapter->RxSlots[Adapter->RxNext]);
        Adapter->RxSlots[Adapter->RxNext] = NULL;
        Adapter->RxNext = UnicNextSlot(Adapter, Adapter->RxNext);
    }
    UnicRefill(Adapter);
    NdisReleaseSpinLock(&Adapter->ReceiveLock);
}

/* ---- taking frames --------------------------------------------------------------------------------- */

static PUNIC_RECEIVE UnicReceiveOf(PNET_BUFFER_LIST NetBufferList)
{
    return NET_BUFFER_LIST_MINIPORT_RESERVED(NetBufferList)[0];
}

static VOID UnicPrepareIndication(PUNIC_ADAPTER Adapter, PUNIC_RECEIVE Receive, ULONG Length)
{
    PNET_BUFFER_LIST Nbl = Receive->NetBufferList;
    PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

    NdisAdjustMdlLength(Receive->Mdl, Length);
    NET_BUFFER_FIRST_MDL(Nb) = Receive->Mdl;
    NET_BUFFER_CURRENT_MDL(Nb) = Receive->Mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(Nb) = 0;
    NET_BUFFER_DATA_OFFSET(Nb) = 0;
    NET_BUFFER_DATA_LENGTH(Nb) = Length;
    Nbl->SourceHandle = Adapter->Handle;
    NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
}

typedef struct _UNIC_INDICATION {
    PNET_BUFFER_LIST Head, *End;
    ULONG Count;
    BOOLEAN KeepOwnership; /* NDIS_RECEIVE_FLAGS_RESOURCES */
    BOOLEAN More;
} UNIC_INDICATION, *PUNIC_INDICATION;

/* Takes at most Maximum frames off the ring and refills it. */
static VOID UnicTakeReceived(PUNIC_ADAPTER Adapter, ULONG Maximum, PUNIC_INDICATION Indication)
{
    NdisDprAcquireSpinLock(&Adapter->ReceiveLock);
    while (Indication->Count < Maximum && UnicIsDone(Adapter)) {
        PUNIC_DESCRIPTOR Descriptor = &Adapter->RxRing[Adapter->RxNext];
        PUNIC_RECEIVE Receive = Adapter->RxSlots[Adapter->RxNext];
        Adapter->RxSlots[Adapter->RxNext] = NULL;
        Adapter->RxNext = UnicNextSlot(Adapter, Adapter->RxNext);
        if (Descriptor->Status & UNIC_DESCRIPTOR_ERROR) {
            UnicPutFree(Adapter, Receive);
            continue;
        }
        UnicPrepareIndication(Adapter, Receive, Descriptor->Length);
        *Indication->End = Receive->NetBufferList;
        Indication->End = &NET_BUFFER_LIST_NEXT_NBL(Receive->NetBufferList);
        Indication->Count++;
    }
    UnicRefill(Adapter);
    Indication->KeepOwnership = Adapter->FreeReceiveCount < UNIC_RECEIVES_LOW;
    Indication->More = UnicIsDone(Adapter);
    NdisDprReleaseSpinLock(&Adapter->ReceiveLock);
}

/* Makes lists that the driver owns again spare.  Returns their number. */
static ULONG UnicRecycle(PUNIC_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists)
{
    ULONG Count = 0;

    NdisDprAcquireSpinLock(&Adapter->ReceiveLock);
    for (PNET_BUFFER_LIST Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        UnicPutFree(Adapter, UnicReceiveOf(Nbl));
        Count++;
    }
    UnicRefill(Adapter);
    NdisDprReleaseSpinLock(&Adapter->ReceiveLock);
    return Count;
}

/*
 * May frames be indicated?  Then this receive counts as outstanding, so that a pause that begins now is not
 * completed before it is over.
 */
static BOOLEAN UnicBeginReceive(PUNIC_ADAPTER Adapter)
{
    BOOLEAN Admitted;

    NdisDprAcquireSpinLock(&Adapter->StateLock);
    Admitted = Adapter->State == UnicRunning && !Adapter->Resetting && !Adapter->Removed;
    if (Admitted) {
        Adapter->OutstandingReceives++;
    }
    NdisDprReleaseSpinLock(&Adapter->StateLock);
    return Admitted;
}

static VOID UnicCountIndicated(PUNIC_ADAPTER Adapter, ULONG Count)
{
    NdisDprAcquireSpinLock(&Adapter->StateLock);
    Adapter->OutstandingReceives += Count;
    NdisDprReleaseSpinLock(&Adapter->StateLock);
}

/*
 * From the DPC.  A frame that is indicated without RESOURCES may be returned on another processor before
 * the call here is over, so it is counted before.
 */
BOOLEAN UnicReceive(PUNIC_ADAPTER Adapter, ULONG Maximum)
{
    UNIC_INDICATION Indication = {0};
    ULONG Flags = NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;

    if (!UnicBeginReceive(Adapter)) {
        return FALSE;
    }
    Indication.End = &Indication.Head;
    UnicTakeReceived(Adapter, Maximum < UNIC_INDICATE_MAXIMUM ? Maximum : UNIC_INDICATE_MAXIMUM, &Indication);
    if (Indication.Count != 0) {
        if (Indication.KeepOwnership) {
            Flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
        } else {
            UnicCountIndicated(Adapter, Indication.Count);
        }
        NdisMIndicateReceiveNetBufferLists(Adapter->Handle, Indication.Head, NDIS_DEFAULT_PORT_NUMBER,
                                           Indication.Count, Flags);
        if (Indication.KeepOwnership) {
            UnicRecycle(Adapter, Indication.Head);
        }
    }
    UnicReleaseReceives(Adapter, 1);
    return Indication.More;
}

/* NDIS gives frames back, in any order, on any processor, also while the adapter is pausing. */
VOID UnicReturnNetBufferLists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
                              ULONG ReturnFlags)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;
    BOOLEAN AtDispatch = NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(ReturnFlags) != 0;
    KIRQL OldIrql = DISPATCH_LEVEL;
    ULONG Count;

    if (!AtDispatch) {
        NDIS_RAISE_IRQL_TO_DISPATCH(&OldIrql);
    }
    Count = UnicRecycle(Adapter, NetBufferLists);
    if (!AtDispatch) {
        NDIS_LOWER_IRQL(OldIrql, DISPATCH_LEVEL);
    }
    UnicReleaseReceives(Adapter, Count);
}
