/*
 * Indicates under its lock what it has just sent.  The driver above returns it at once, and the lock of the
 * free lists is taken in that call: the send path takes that lock first.  (The scenario knows nothing of the
 * frame, and says so.  On two processors the order may deadlock before it is reported.)
 * Contexts: entry.
 * Options: --rule AssertionFailed=off --processors 1.
 */
#define RULE_OWN_LIFE
#define RULE_OWN_SEND
#define RULE_OWN_HANDLERS
#include "../miniport.h"

static UCHAR Data[64];

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = ZOO_TAG,
    };
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisAllocateSpinLock(&adapter->Lock);
    NdisAllocateSpinLock(&adapter->FreeLock);
    adapter->Pool = NdisAllocateNetBufferListPool(Zoo->Handle, &parameters);
    return adapter->Pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisFreeNetBufferListPool(adapter->Pool);
    NdisFreeSpinLock(&adapter->FreeLock);
    NdisFreeSpinLock(&adapter->Lock);
}

static VOID RuleReturn(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    struct Adapter *adapter = Context;
    UNREFERENCED_PARAMETER(Flags);
    NdisAcquireSpinLock(&adapter->FreeLock);
    while (Lists != NULL) {
        PNET_BUFFER_LIST list = Lists;
        Lists = NET_BUFFER_LIST_NEXT_NBL(list);
        NdisFreeMdl(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(list)));
        NdisFreeNetBufferList(list);
    }
    NdisReleaseSpinLock(&adapter->FreeLock);
}

static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics)
{
    Characteristics->ReturnNetBufferListsHandler = RuleReturn;
}

static VOID StorySend(struct ZooAdapter *Zoo, PNET_BUFFER_LIST List)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisAcquireSpinLock(&adapter->FreeLock);
    NdisDprAcquireSpinLock(&adapter->Lock);
    NdisDprReleaseSpinLock(&adapter->Lock);
    NdisReleaseSpinLock(&adapter->FreeLock);

    PMDL mdl = NdisAllocateMdl(Zoo->Handle, Data, sizeof(Data));
    PNET_BUFFER_LIST echo =
        mdl != NULL ? NdisAllocateNetBufferAndNetBufferList(adapter->Pool, 0, 0, mdl, 0, sizeof(Data)) : NULL;
    if (echo != NULL) {
        echo->SourceHandle = Zoo->Handle;
        NdisAcquireSpinLock(&adapter->Lock);
        NdisMIndicateReceiveNetBufferLists(Zoo->Handle, echo, NDIS_DEFAULT_PORT_NUMBER, 1,
                                           NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
        NdisReleaseSpinLock(&adapter->Lock);
    } else if (mdl != NULL) {
        NdisFreeMdl(mdl);
    }
    ZooComplete(Zoo, List);
}
