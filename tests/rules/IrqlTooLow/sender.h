/*
 * sender.h - a miniport that completes each send at once, with COMPLETE_FLAGS.
 */
#include "../../zoo/miniport.h"

struct Adapter {
    struct ZooAdapter Zoo;
};

static ULONG StorySize(VOID)
{
    return sizeof(struct Adapter);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Adapter)
{
    UNREFERENCED_PARAMETER(Adapter);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Adapter)
{
    UNREFERENCED_PARAMETER(Adapter);
}

static VOID StorySend(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List)
{
    NET_BUFFER_LIST_STATUS(List) = NDIS_STATUS_SUCCESS;
#ifdef RAISES
    KIRQL irql = KeRaiseIrqlToDpcLevel();
#endif
    NdisMSendNetBufferListsComplete(Adapter->Handle, List, COMPLETE_FLAGS);
#ifdef RAISES
    KeLowerIrql(irql);
#endif
    ExReleaseRundownProtection(&Adapter->Sends);
}

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(Action);
}
