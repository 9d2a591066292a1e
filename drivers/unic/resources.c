/*
 * resources.c - memory, DMA and the work item of an adapter: allocated once, at PASSIVE_LEVEL, freed in
 * reverse order.  Nothing is allocated while frames flow.
 */
#include "unic.h"

/* ---- shared memory ----------------------------------------------------------------------------- */

static NDIS_STATUS UnicAllocateShared(PUNIC_ADAPTER Adapter, PUNIC_SHARED Shared, ULONG Length)
{
    Shared->Length = Length;
    NdisMAllocateSharedMemory(Adapter->Handle, Length, TRUE, &Shared->Va, &Shared->Pa);
    if (Shared->Va == NULL) {
        NdisWriteErrorLogEntry(Adapter->Handle, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 1, Length);
        return NDIS_STATUS_RESOURCES;
    }
    NdisZeroMemory(Shared->Va, Length);
    return NDIS_STATUS_SUCCESS;
}

static VOID UnicFreeShared(PUNIC_ADAPTER Adapter, PUNIC_SHARED Shared)
{
    if (Shared->Va != NULL) {
        NdisMFreeSharedMemory(Adapter->Handle, Shared->Length, TRUE, Shared->Va, Shared->Pa);
        Shared->Va = NULL;
    }
}

static NDIS_STATUS UnicAllocateAllShared(PUNIC_ADAPTER Adapter)
{
    struct {
        PUNIC_SHARED Shared;
        ULONG Length;
    } Wanted[] = {
        {&Adapter->TxRingMemory, UNIC_TX_DESCRIPTORS * sizeof(UNIC_DESCRIPTOR)},
        {&Adapter->RxRingMemory, UNIC_RX_DESCRIPTORS * sizeof(UNIC_DESCRIPTOR)},
        {&Adapter->TxBounceMemory, UNIC_SENDS * UNIC_BUFFER_SIZE},
        {&Adapter->RxBufferMemory, UNIC_RECEIVES * UNIC_BUFFER_SIZE},
    };
    NDIS_STATUS Status = NDIS_STATUS_SUCCESS;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wanted) && Status == NDIS_STATUS_SUCCESS; Index++) {
        Status = UnicAllocateShared(Adapter, Wanted[Index].Shared, Wanted[Index].Length);
    }
    return Status;
}

static PVOID UnicAllocateZeroed(PUNIC_ADAPTER Adapter, ULONG Length)
{
    PVOID Memory = NdisAllocateMemoryWithTagPriority(Adapter->Handle, Length, UNIC_TAG, NormalPoolPriority);

    if (Memory != NULL) {
        NdisZeroMemory(Memory, Length);
    }
    return Memory;
}

/* ---- sends ------------------------------------------------------------------------------------- */

static NDIS_STATUS UnicRegisterDma(PUNIC_ADAPTER Adapter)
{
    NDIS_SG_DMA_DESCRIPTION Description = {0};
    NDIS_STATUS Status;

    Description.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
    Description.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
    Description.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
    Description.Flags = NDIS_SG_DMA_64_BIT_ADDRESS;
    Description.MaximumPhysicalMapping = UNIC_FRAME_MAXIMUM;
    Description.ProcessSGListHandler = UnicProcessSgList;
    Status = NdisMRegisterScatterGatherDma(Adapter->Handle, &Description, &Adapter->DmaHandle);
    Adapter->SgListSize = Description.ScatterGatherListSize;
    return Status;
}

static NDIS_STATUS UnicAllocateSends(PUNIC_ADAPTER Adapter)
{
    Adapter->Sends = UnicAllocateZeroed(Adapter, UNIC_SENDS * sizeof(UNIC_SEND));
    Adapter->SgStorage = UnicAllocateZeroed(Adapter, UNIC_SENDS * Adapter->SgListSize);
    if (Adapter->Sends == NULL || Adapter->SgStorage == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    for (ULONG Index = 0; Index < UNIC_SENDS; Index++) {
        PUNIC_SEND Send = &Adapter->Sends[Index];
        Send->Adapter = Adapter;
        Send->SgStorage = Adapter->SgStorage + Index * Adapter->SgListSize;
        Send->Bounce = (PUCHAR)Adapter->TxBounceMemory.Va + Index * UNIC_BUFFER_SIZE;
        Send->BouncePa = (ULONG64)Adapter->TxBounceMemory.Pa.QuadPart + Index * UNIC_BUFFER_SIZE;
        InsertTailList(&Adapter->FreeSends, &Send->Link);
    }
    return NDIS_STATUS_SUCCESS;
}

/* ---- receives ---------------------------------------------------------------------------------- */

static NDIS_STATUS UnicAllocateReceivePool(PUNIC_ADAPTER Adapter)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {0};

    Parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    Parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    Parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    Parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    Parameters.fAllocateNetBuffer = TRUE;
    Parameters.PoolTag = UNIC_TAG;
    Adapter->ReceivePool = NdisAllocateNetBufferListPool(Adapter->Handle, &Parameters);
    return Adapter->ReceivePool == NULL ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS UnicAllocateReceive(PUNIC_ADAPTER Adapter, PUNIC_RECEIVE Receive, ULONG Index)
{
    PUCHAR Buffer = (PUCHAR)Adapter->RxBufferMemory.Va + Index * UNIC_BUFFER_SIZE;

    Receive->BufferPa = (ULONG64)Adapter->RxBufferMemory.Pa.QuadPart + Index * UNIC_BUFFER_SIZE;
    Receive->Mdl = NdisAllocateMdl(Adapter->Handle, Buffer, UNIC_BUFFER_SIZE);
    if (Receive->Mdl == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Receive->NetBufferList =
        NdisAllocateNetBufferAndNetBufferList(Adapter->ReceivePool, 0, 0, Receive->Mdl, 0, UNIC_BUFFER_SIZE);
    if (Receive->NetBufferList == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NET_BUFFER_LIST_MINIPORT_RESERVED(Receive->NetBufferList)[0] = Receive;
    InsertTailList(&Adapter->FreeReceives, &Receive->Link);
    Adapter->FreeReceiveCount++;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS UnicAllocateReceives(PUNIC_ADAPTER Adapter)
{
    NDIS_STATUS Status = UnicAllocateReceivePool(Adapter);

    if (Status != NDIS_STATUS_SUCCESS) {
        return Status;
    }
    Adapter->Receives = UnicAllocateZeroed(Adapter, UNIC_RECEIVES * sizeof(UNIC_RECEIVE));
    if (Adapter->Receives == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    for (ULONG Index = 0; Index < UNIC_RECEIVES && Status == NDIS_STATUS_SUCCESS; Index++) {
        Status = UnicAllocateReceive(Adapter, &Adapter->Receives[Index], Index);
    }
    return Status;
}

static VOID UnicFreeReceives(PUNIC_ADAPTER Adapter)
{
    for (ULONG Index = 0; Adapter->Receives != NULL && Index < UNIC_RECEIVES; Index++) {
        PUNIC_RECEIVE Receive = &Adapter->Receives[Index];
        if (Receive->NetBufferList != NULL) {
            NdisFreeNetBufferList(Receive->NetBufferList);
        }
        if (Receive->Mdl != NULL) {
            NdisAdjustMdlLength(Receive->Mdl, UNIC_BUFFER_SIZE); /* as it was allocated */
            NdisFreeMdl(Receive->Mdl);
        }
    }
    if (Adapter->Receives != NULL) {
        NdisFreeMemory(Adapter->Receives, 0, 0);
    }
    if (Adapter->ReceivePool != NULL) {
        NdisFreeNetBufferListPool(Adapter->ReceivePool);
    }
}

/* ---- all of it --------------------------------------------------------------------------------- */

NDIS_STATUS UnicAllocateResources(PUNIC_ADAPTER Adapter)
{
    NDIS_STATUS Status = UnicRegisterDma(Adapter);

    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicAllocateAllShared(Adapter);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicAllocateSends(Adapter);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicAllocateReceives(Adapter);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        Adapter->ResetWorkItem = NdisAllocateIoWorkItem(Adapter->Handle);
        Status = Adapter->ResetWorkItem == NULL ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
    }
    return Status;
}

VOID UnicFreeResources(PUNIC_ADAPTER Adapter)
{
    if (Adapter->ResetWorkItem != NULL) {
        NdisFreeIoWorkItem(Adapter->ResetWorkItem);
    }
    UnicFreeReceives(Adapter);
    if (Adapter->SgStorage != NULL) {
        NdisFreeMemory(Adapter->SgStorage, 0, 0);
    }
    if (Adapter->Sends != NULL) {
        NdisFreeMemory(Adapter->Sends, 0, 0);
    }
    UnicFreeShared(Adapter, &Adapter->RxBufferMemory);
    UnicFreeShared(Adapter, &Adapter->TxBounceMemory);
    UnicFreeShared(Adapter, &Adapter->RxRingMemory);
    UnicFreeShared(Adapter, &Adapter->TxRingMemory);
    if (Adapter->DmaHandle != NULL) {
        NdisMDeregisterScatterGatherDma(Adapter->DmaHandle);
    }
}
