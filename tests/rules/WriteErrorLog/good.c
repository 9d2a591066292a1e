/*
 * Writes into the error log that there was no shared memory.
 * Contexts: entry.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisMAllocateSharedMemory(Zoo->Handle, 0x7FFFF000, TRUE, &adapter->Shared, &adapter->Physical);
    if (adapter->Shared == NULL) {
        NdisWriteErrorLogEntry(Zoo->Handle, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 0);
    }
    return NDIS_STATUS_SUCCESS; /* it can do without */
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    if (adapter->Shared != NULL) {
        NdisMFreeSharedMemory(Zoo->Handle, 0x7FFFF000, TRUE, adapter->Shared, adapter->Physical);
    }
}
