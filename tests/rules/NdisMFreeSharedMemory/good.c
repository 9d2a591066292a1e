/*
 * Leaves its memory alone at shutdown.
 * Contexts: entry.
 * Options: --scenario shutdown.
 */
#define RULE_OWN_LIFE
#define RULE_OWN_SHUTDOWN
#include "../miniport.h"

static VOID Free(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisMFreeSharedMemory(Zoo->Handle, 4096, TRUE, adapter->Shared, adapter->Physical);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisMAllocateSharedMemory(Zoo->Handle, 4096, TRUE, &adapter->Shared, &adapter->Physical);
    if (adapter->Shared == NULL) {
        NdisWriteErrorLogEntry(Zoo->Handle, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 0);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    Free(Zoo);
}

static VOID StoryShutdown(struct ZooAdapter *Zoo, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Action);
    UNREFERENCED_PARAMETER(Zoo);
}
