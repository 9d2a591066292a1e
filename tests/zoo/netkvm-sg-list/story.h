/*
 * A send is mapped for the device before it is sent; NDIS tells of the finished mapping from inside
 * NdisMAllocateNetBufferSGList or later, as it likes.
 */
#include "../miniport.h"

struct Adapter {
    struct ZooAdapter Zoo;
    NDIS_HANDLE Dma;
    NDIS_SPIN_LOCK TxLock;
    ULONG Sent;
};

/* At DISPATCH_LEVEL. */
static VOID StartMapping(struct Adapter *Adapter, PNET_BUFFER_LIST List);

/* The first buffer of the list is mapped: the list can be sent. */
static VOID MappingDone(PDEVICE_OBJECT Device, PVOID Reserved, PSCATTER_GATHER_LIST Sg, PVOID Context)
{
    PNET_BUFFER_LIST list = Context;
    struct Adapter *adapter = NET_BUFFER_LIST_MINIPORT_RESERVED(list)[0];
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Reserved);
    NdisDprAcquireSpinLock(&adapter->TxLock);
    adapter->Sent++;
    NdisDprReleaseSpinLock(&adapter->TxLock);
    NdisMFreeNetBufferSGList(adapter->Dma, Sg, NET_BUFFER_LIST_FIRST_NB(list));
    ZooComplete(&adapter->Zoo, list);
}

static VOID Map(struct Adapter *Adapter, PNET_BUFFER_LIST List)
{
    NET_BUFFER_LIST_MINIPORT_RESERVED(List)[0] = Adapter;
    if (NdisMAllocateNetBufferSGList(Adapter->Dma, NET_BUFFER_LIST_FIRST_NB(List), List,
                                     NDIS_SG_LIST_WRITE_TO_DEVICE, NULL, 0) != NDIS_STATUS_SUCCESS) {
        ZooComplete(&Adapter->Zoo, List);
    }
}

static VOID StorySend(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    StartMapping((struct Adapter *)Adapter, List);
    KeLowerIrql(irql);
}

static ULONG StorySize(VOID)
{
    return sizeof(struct Adapter);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Adapter)
{
    struct Adapter *adapter = (struct Adapter *)Adapter;
    NDIS_SG_DMA_DESCRIPTION description = {
        .Header = {.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION,
                   .Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1,
                   .Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
        .Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
        .MaximumPhysicalMapping = 65536,
        .ProcessSGListHandler = MappingDone,
    };
    NdisAllocateSpinLock(&adapter->TxLock);
    NDIS_STATUS status = NdisMRegisterScatterGatherDma(Adapter->Handle, &description, &adapter->Dma);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeSpinLock(&adapter->TxLock);
    }
    return status;
}

static VOID StoryHalt(struct ZooAdapter *Adapter)
{
    struct Adapter *adapter = (struct Adapter *)Adapter;
    NdisMDeregisterScatterGatherDma(adapter->Dma);
    NdisFreeSpinLock(&adapter->TxLock);
}

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(Action);
}
