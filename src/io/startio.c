/*
 * startio.c - device queues, IoStartPacket, and a device's own DPC: one request at a time through
 * DriverStartIo.
 */
#include "io/object.h"
#include "ke/ddi.h"

/* Makes an idle queue.  Any IRQL.  nf-wdm-keinitializedevicequeue. */
VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    ddi_enter(KeInitializeDeviceQueue);
    DeviceQueue->Type = 20; /* DeviceQueueObject */
    DeviceQueue->Size = sizeof(*DeviceQueue);
    InitializeListHead(&DeviceQueue->DeviceListHead);
    KeInitializeSpinLock(&DeviceQueue->Lock);
    DeviceQueue->Busy = FALSE;
}

/* Queues an entry at the end; FALSE, and the queue is busy from now on, when it was idle.  DISPATCH_LEVEL. */
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    ddi_enter(KeInsertDeviceQueue);
    KeAcquireSpinLockAtDpcLevel(&DeviceQueue->Lock);
    BOOLEAN busy = DeviceQueue->Busy;
    DeviceQueue->Busy = TRUE;
    DeviceQueueEntry->Inserted = busy;
    if (busy) {
        InsertTailList(&DeviceQueue->DeviceListHead, &DeviceQueueEntry->DeviceListEntry);
    }
    KeReleaseSpinLockFromDpcLevel(&DeviceQueue->Lock);
    return busy;
}

/* Takes the first entry; NULL, and the queue is idle from now on, when there is none.  DISPATCH_LEVEL. */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    ddi_enter(KeRemoveDeviceQueue);
    PKDEVICE_QUEUE_ENTRY entry = NULL;
    KeAcquireSpinLockAtDpcLevel(&DeviceQueue->Lock);
    if (IsListEmpty(&DeviceQueue->DeviceListHead)) {
        DeviceQueue->Busy = FALSE;
    } else {
        entry = CONTAINING_RECORD(RemoveHeadList(&DeviceQueue->DeviceListHead), KDEVICE_QUEUE_ENTRY,
                                  DeviceListEntry);
        entry->Inserted = FALSE;
    }
    KeReleaseSpinLockFromDpcLevel(&DeviceQueue->Lock);
    return entry;
}

static PKDEVICE_QUEUE_ENTRY entry_of(PLIST_ENTRY link)
{
    return CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

/* The first entry whose key is at least, or, `above`, more than that; the list's head for none. */
static PLIST_ENTRY find_key(PKDEVICE_QUEUE queue, ULONG key, bool above)
{
    PLIST_ENTRY link = queue->DeviceListHead.Flink;
    while (link != &queue->DeviceListHead &&
           (above ? entry_of(link)->SortKey <= key : entry_of(link)->SortKey < key)) {
        link = link->Flink;
    }
    return link;
}

/* KeInsertDeviceQueue, behind the entries with no greater key.  DISPATCH_LEVEL.
 * nf-wdm-keinsertbykeydevicequeue. */
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry,
                                       ULONG SortKey)
{
    ddi_enter(KeInsertByKeyDeviceQueue);
    KeAcquireSpinLockAtDpcLevel(&DeviceQueue->Lock);
    BOOLEAN busy = DeviceQueue->Busy;
    DeviceQueue->Busy = TRUE;
    DeviceQueueEntry->SortKey = SortKey;
    DeviceQueueEntry->Inserted = busy;
    if (busy) {
        InsertTailList(find_key(DeviceQueue, SortKey, true), &DeviceQueueEntry->DeviceListEntry);
    }
    KeReleaseSpinLockFromDpcLevel(&DeviceQueue->Lock);
    return busy;
}

/* KeRemoveDeviceQueue: the first entry with that key or a greater one, else the first of all.
 * nf-wdm-keremovebykeydevicequeue. */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    ddi_enter(KeRemoveByKeyDeviceQueue);
    PKDEVICE_QUEUE_ENTRY entry = NULL;
    KeAcquireSpinLockAtDpcLevel(&DeviceQueue->Lock);
    if (IsListEmpty(&DeviceQueue->DeviceListHead)) {
        DeviceQueue->Busy = FALSE;
    } else {
        PLIST_ENTRY link = find_key(DeviceQueue, SortKey, false);
        entry = entry_of(link == &DeviceQueue->DeviceListHead ? link->Flink : link);
        RemoveEntryList(&entry->DeviceListEntry);
        entry->Inserted = FALSE;
    }
    KeReleaseSpinLockFromDpcLevel(&DeviceQueue->Lock);
    return entry;
}

/* Takes that entry out; FALSE when it was not queued.  <= DISPATCH_LEVEL.  nf-wdm-keremoveentrydevicequeue.
 */
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    ddi_enter(KeRemoveEntryDeviceQueue);
    KIRQL old;
    KeAcquireSpinLock(&DeviceQueue->Lock, &old);
    BOOLEAN queued = DeviceQueueEntry->Inserted;
    if (queued) {
        RemoveEntryList(&DeviceQueueEntry->DeviceListEntry);
        DeviceQueueEntry->Inserted = FALSE;
    }
    KeReleaseSpinLock(&DeviceQueue->Lock, old);
    return queued;
}

/* Calls DriverStartIo; at DISPATCH_LEVEL. */
static void start_io(PDEVICE_OBJECT device, PIRP irp)
{
    PDRIVER_STARTIO routine = device->DriverObject->DriverStartIo;
    struct callback_frame frame;
    device->CurrentIrp = irp;
    callback_enter(&frame, CALLBACK_DISPATCH, "StartIo", (const void *)(uintptr_t)routine);
    routine(device, irp);
    callback_leave(&frame);
}

/*
 * Hands the request to DriverStartIo, or queues it when the device is busy.  <= DISPATCH_LEVEL.  Requests are
 * taken in the order in which they came: Key is not looked at.  nf-ntifs-iostartpacket.
 */
VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    ddi_enter(IoStartPacket);
    KIRQL old, cancel;
    (void)Key;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    if (CancelFunction != NULL) {
        IoAcquireCancelSpinLock(&cancel);
        Irp->CancelRoutine = CancelFunction;
    }
    bool queued = KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    if (CancelFunction != NULL) {
        IoReleaseCancelSpinLock(cancel);
    }
    if (!queued) {
        start_io(DeviceObject, Irp);
    }
    KeLowerIrql(old);
}

/* The device is done with its request: hands it the next one.  DISPATCH_LEVEL.  nf-ntifs-iostartnextpacket.
 */
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable)
{
    ddi_enter(IoStartNextPacket);
    event_calls_out("IoStartNextPacket");
    KIRQL cancel = DISPATCH_LEVEL;
    if (Cancelable) {
        IoAcquireCancelSpinLock(&cancel);
    }
    DeviceObject->CurrentIrp = NULL;
    PKDEVICE_QUEUE_ENTRY entry = KeRemoveDeviceQueue(&DeviceObject->DeviceQueue);
    PIRP irp = entry != NULL ? CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry) : NULL;
    DeviceObject->CurrentIrp = irp;
    if (Cancelable) {
        IoReleaseCancelSpinLock(cancel);
    }
    if (irp != NULL) {
        start_io(DeviceObject, irp);
    }
}

/* Sets up the device's DPC, which IoRequestDpc queues.  PASSIVE_LEVEL.  nf-wdm-ioinitializedpcrequest. */
VOID NTAPI IoInitializeDpcRequest(PDEVICE_OBJECT DeviceObject, PIO_DPC_ROUTINE DpcRoutine)
{
    ddi_enter(IoInitializeDpcRequest);
    /* The two routine types differ only in what their pointers point to. */
    KeInitializeDpc(&DeviceObject->Dpc, (PKDEFERRED_ROUTINE)(void (*)(void))DpcRoutine, DeviceObject);
}
