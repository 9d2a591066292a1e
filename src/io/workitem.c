/*
 * workitem.c - IO_WORKITEM: a routine called later at PASSIVE_LEVEL in a system thread (spec WI-1 to WI-6).
 *
 * The device or driver object that an item belongs to is kept from the queuing to the end of the routine.
 */
#include "ex/pool.h"
#include "ex/work.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/run.h"

#include <string.h>

#define WORK_ITEM_TAG 0x6D744957u /* 'WItm' */

/* IoXxxWorkItem's two kinds of routine. */
enum routine_kind { ROUTINE_PLAIN, ROUTINE_EX };

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM item;
    PVOID io_object;
    union {
        PIO_WORKITEM_ROUTINE plain;
        PIO_WORKITEM_ROUTINE_EX extended;
    } routine;
    enum routine_kind kind;
    PVOID context;
};

/* In a worker thread.  Nothing of the item may be read once the routine runs. */
static VOID NTAPI run_item(PVOID parameter)
{
    PIO_WORKITEM item = parameter;
    struct _IO_WORKITEM copy = *item;
    uintptr_t routine =
        copy.kind == ROUTINE_PLAIN ? (uintptr_t)copy.routine.plain : (uintptr_t)copy.routine.extended;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_WORK_ITEM, "work item", (const void *)routine);
    if (copy.kind == ROUTINE_PLAIN) {
        copy.routine.plain(copy.io_object, copy.context);
    } else {
        copy.routine.extended(copy.io_object, copy.context, item);
    }
    callback_leave(&frame);
    ob_dereference(copy.io_object);
}

static void initialize(PIO_WORKITEM item, PVOID io_object)
{
    struct _OBJECT_TYPE *type = ob_type_of(io_object);
    if (type != &io_device_type && type != &io_driver_type) {
        ke_bugcheck(0xE4, 3, (ULONG_PTR)item, (ULONG_PTR)io_object, 0);
    }
    memset(item, 0, sizeof(*item));
    ExInitializeWorkItem(&item->item, run_item, item);
    item->io_object = io_object;
}

static void queue(PIO_WORKITEM item, WORK_QUEUE_TYPE type, PVOID context)
{
    item->context = context;
    ob_reference(item->io_object);
    ex_work_queue(&item->item, type, EX_WORK_LIBRARY);
}

/*
 * Makes a work item for a device object.  <= DISPATCH_LEVEL.  NULL when memory is short; bug check 0xE4/3 for
 * what is no device or driver object.  nf-wdm-ioallocateworkitem.
 */
PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoAllocateWorkItem);
    if (ddi_fails(IoAllocateWorkItem)) {
        return NULL;
    }
    PIO_WORKITEM item = ex_pool_allocate(sizeof(*item), WORK_ITEM_TAG, EX_POOL_ZERO, OBJECT_WORK_ITEM, NULL);
    if (item != NULL) {
        initialize(item, DeviceObject);
    }
    return item;
}

/* Queued: bug check 0xE4/2. */
static void check_idle(PIO_WORKITEM item)
{
    if (ex_work_is_queued(&item->item)) {
        ke_bugcheck(0xE4, 2, (ULONG_PTR)item, (ULONG_PTR)(void (*)(void))item->routine.plain, 0);
    }
}

/* Frees a work item, which may be its own routine's.  <= DISPATCH_LEVEL.  Bug check 0xE4/2 when queued. WI-3.
 */
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    ddi_enter(IoFreeWorkItem);
    size_t size;
    ULONG tag;
    if (ex_pool_query(IoWorkItem, &size, &tag) && tag == WORK_ITEM_TAG) {
        check_idle(IoWorkItem);
    }
    ex_pool_free(IoWorkItem, WORK_ITEM_TAG, OBJECT_WORK_ITEM);
}

/*
 * Has WorkerRoutine(device, Context) called at PASSIVE_LEVEL in a system thread.  <= DISPATCH_LEVEL.  An item
 * that is queued already is bug check 0xE4/1; from the routine's start it may be queued again.
 * nf-wdm-ioqueueworkitem.
 */
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
                           WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    ddi_enter(IoQueueWorkItem);
    IoWorkItem->routine.plain = WorkerRoutine;
    IoWorkItem->kind = ROUTINE_PLAIN;
    queue(IoWorkItem, QueueType, Context);
}

/* The same for a routine that also gets the item.  nf-wdm-ioqueueworkitemex. */
VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                             WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    ddi_enter(IoQueueWorkItemEx);
    IoWorkItem->routine.extended = WorkerRoutine;
    IoWorkItem->kind = ROUTINE_EX;
    queue(IoWorkItem, QueueType, Context);
}

/* The bytes of an item in the driver's own storage.  Any IRQL.  nf-wdm-iosizeofworkitem. */
ULONG NTAPI IoSizeofWorkItem(VOID)
{
    ddi_enter(IoSizeofWorkItem);
    return sizeof(struct _IO_WORKITEM);
}

/* Makes such an item ready.  <= DISPATCH_LEVEL.  nf-wdm-ioinitializeworkitem. */
VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    ddi_enter(IoInitializeWorkItem);
    initialize(IoWorkItem, IoObject);
    event_send(EVENT_OBJECT_CREATE, IoWorkItem, OBJECT_WORK_ITEM, sizeof(*IoWorkItem), WORK_ITEM_TAG, 0);
}

/* Ends it; not queued.  <= DISPATCH_LEVEL.  nf-wdm-iouninitializeworkitem. */
VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    ddi_enter(IoUninitializeWorkItem);
    check_idle(IoWorkItem);
    event_send(EVENT_OBJECT_DESTROY, IoWorkItem, OBJECT_WORK_ITEM, sizeof(*IoWorkItem), WORK_ITEM_TAG, 0);
}
