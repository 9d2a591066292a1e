/*
 * Says nothing of the shared memory that it does not get.
 * Contexts: entry.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisMAllocateSharedMemory(Zoo->Handle, 0x7FFFF000, TRUE, &adapter->Shared, &adapter->Physical);
    return NDIS_STATUS_SUCCESS; /* it can do without */
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    if (adapter->Shared != NULL) {
        NdisMFreeSharedMemory(Zoo->Handle, 0x7FFFF000, TRUE, adapter->Shared, adapter->Physical);
    }
}
