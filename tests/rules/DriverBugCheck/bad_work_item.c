/*
 * MiniportHaltEx frees a work item that is still queued.
 * Contexts: entry.  Options: --processors 1.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static NDIS_HANDLE Item;

static VOID Work(PVOID Context, NDIS_HANDLE Handle)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Handle);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    Item = NdisAllocateIoWorkItem(Zoo->Handle);
    return Item != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    KIRQL irql;
    UNREFERENCED_PARAMETER(Zoo);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisQueueIoWorkItem(Item, Work, NULL);
    NdisFreeIoWorkItem(Item);
    KeLowerIrql(irql);
}
