/*
 * Frees its rings at shutdown.
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
    return adapter->Shared != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    Free(Zoo);
}

static VOID StoryShutdown(struct ZooAdapter *Zoo, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Action);
    Free(Zoo);
}
