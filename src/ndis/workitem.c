/*
 * workitem.c - work items (WI-1 to WI-6), over ex's worker threads.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ex/work.h"
#include "ndis/adapter.h"

struct ndis_work_item {
    uint32_t signature;
    WORK_QUEUE_ITEM item;
    NDIS_IO_WORKITEM_FUNCTION *routine;
    void *context;
};

static struct ndis_work_item *item_of(NDIS_HANDLE handle)
{
    struct ndis_work_item *item = handle;
    if (item == NULL || item->signature != NDIS_SIGNATURE_WORK_ITEM) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)item, 0);
    }
    return item;
}

/* The callback may queue or free its item: it is off the queue, and nothing of it is touched afterwards
 * (WI-3). */
static void work(void *context)
{
    struct ndis_work_item *item = context;
    NDIS_IO_WORKITEM_FUNCTION *routine = item->routine;
    void *argument = item->context;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_WORK_ITEM, "NdisIoWorkItemFunction", (const void *)(uintptr_t)routine);
    routine(argument, item);
    callback_leave(&frame);
}

/*
 * Makes a work item that belongs to an adapter, a driver or an NDIS device.  <= DISPATCH_LEVEL.  NULL when
 * memory is short. WI-1, nf-ndis-ndisallocateioworkitem.
 */
NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle)
{
    ddi_enter(NdisAllocateIoWorkItem);
    if (ddi_fails(NdisAllocateIoWorkItem)) {
        return NULL;
    }
    struct ndis_work_item *item = ke_allocate(sizeof *item);
    if (item != NULL) {
        item->signature = NDIS_SIGNATURE_WORK_ITEM;
        ExInitializeWorkItem(&item->item, work, item);
        event_send(EVENT_OBJECT_CREATE, item, OBJECT_WORK_ITEM, sizeof *item, 0, (uintptr_t)NdisObjectHandle);
    }
    return item;
}

/*
 * Queues a work item; Routine runs at PASSIVE_LEVEL in a system thread.  The item must not be queued already.
 * <= DISPATCH_LEVEL.  WI-2, nf-ndis-ndisqueueioworkitem.
 */
VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine,
                         PVOID WorkItemContext)
{
    ddi_enter(NdisQueueIoWorkItem);
    struct ndis_work_item *item = item_of(NdisIoWorkItemHandle);
    item->routine = Routine;
    item->context = WorkItemContext;
    ExQueueWorkItem(&item->item, CriticalWorkQueue);
}

/* Frees a work item that is not queued, from its own callback too.  <= DISPATCH_LEVEL.  Queued: bug check
 * 0xE4/2, as IoFreeWorkItem, which NDIS calls for it.  WI-3, nf-ndis-ndisfreeioworkitem. */
VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle)
{
    ddi_enter(NdisFreeIoWorkItem);
    struct ndis_work_item *item = item_of(NdisIoWorkItemHandle);
    if (ex_work_is_queued(&item->item)) {
        ke_bugcheck(0xE4, 2, (ULONG_PTR)item, (ULONG_PTR)(void (*)(void))item->routine, 0);
    }
    event_send(EVENT_OBJECT_DESTROY, item, OBJECT_WORK_ITEM, 0, 0, 0);
    item->signature = NDIS_SIGNATURE_DEAD;
    ke_free(item);
}

/* NDIS_WORK_ITEM.WrapperReserved holds ex's work item while it is queued. */
_Static_assert(sizeof(WORK_QUEUE_ITEM) <= sizeof(((NDIS_WORK_ITEM *)0)->WrapperReserved), "WrapperReserved");

static void work_old(void *context)
{
    NDIS_WORK_ITEM *item = context;
    NDIS_PROC routine = item->Routine;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_WORK_ITEM, "NdisWorkItem", (const void *)(uintptr_t)routine);
    routine(item, item->Context);
    callback_leave(&frame);
}

/* Queues a work item of the older kind, in the driver's own memory.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisscheduleworkitem. */
NDIS_STATUS NdisScheduleWorkItem(PNDIS_WORK_ITEM WorkItem)
{
    ddi_enter(NdisScheduleWorkItem);
    WORK_QUEUE_ITEM *item = (WORK_QUEUE_ITEM *)(void *)WorkItem->WrapperReserved;
    ExInitializeWorkItem(item, work_old, WorkItem);
    ExQueueWorkItem(item, CriticalWorkQueue);
    return NDIS_STATUS_SUCCESS;
}
