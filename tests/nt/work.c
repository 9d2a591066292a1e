/*
 * work.c - work items (spec WI-1 to WI-4).
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"
#include "driver.h"
#include "ex/work.h"
#include "ke/run.h"

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;

static void set_up(void)
{
    driver = make_driver("worktest");
    CHECK_EQ(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device), STATUS_SUCCESS);
}

static void tear_down(void)
{
    IoDeleteDevice(device);
    io_driver_delete(driver);
}

static KEVENT called;
static volatile LONG calls, wrong;

static VOID plain(PDEVICE_OBJECT object, PVOID context)
{
    if (object != device || context != &calls || KeGetCurrentIrql() != PASSIVE_LEVEL) {
        InterlockedIncrement(&wrong);
    }
    InterlockedIncrement(&calls);
    KeSetEvent(&called, 0, FALSE);
}

static VOID frees_itself(PVOID object, PVOID context, PIO_WORKITEM item)
{
    (void)context;
    if (object != device) {
        InterlockedIncrement(&wrong);
    }
    IoFreeWorkItem(item);
    InterlockedIncrement(&calls);
    KeSetEvent(&called, 0, FALSE);
}

/* Queued at DISPATCH_LEVEL, called at PASSIVE_LEVEL; freed by the queuer, by the routine, in own storage. */
static void queued_and_called(void *argument)
{
    (void)argument;
    set_up();
    KeInitializeEvent(&called, SynchronizationEvent, FALSE);
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    for (LONG i = 1; i <= 100; i++) {
        KIRQL old;
        KeRaiseIrql(DISPATCH_LEVEL, &old);
        IoQueueWorkItem(item, plain, DelayedWorkQueue, (PVOID)&calls);
        KeLowerIrql(old);
        KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL);
        CHECK_EQ(calls, i);
    }
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    IoFreeWorkItem(item);
    IoQueueWorkItemEx(IoAllocateWorkItem(device), frees_itself, CriticalWorkQueue, NULL);
    KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(calls, 101);
    PIO_WORKITEM own = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeofWorkItem(), 'nwO');
    IoInitializeWorkItem(driver, own);
    IoUninitializeWorkItem(own);
    ExFreePool(own);
    CHECK_EQ(wrong, 0);
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    tear_down();
}

static PIO_WORKITEM again;
static volatile LONG inside, most_inside;
static KEVENT may_go;

static VOID requeues(PDEVICE_OBJECT object, PVOID context)
{
    (void)object, (void)context;
    LONG now = InterlockedIncrement(&inside);
    LONG call = InterlockedIncrement(&calls);
    if (now > most_inside) {
        most_inside = now;
    }
    if (call == 1) {
        IoQueueWorkItem(again, requeues, DelayedWorkQueue, NULL);
        KeWaitForSingleObject(&may_go, Executive, KernelMode, FALSE, NULL);
    } else {
        KeSetEvent(&may_go, 0, FALSE);
    }
    InterlockedDecrement(&inside);
}

/* WI-3: from its start on the routine's item may be queued again, and both calls then run at once. */
static void requeued_from_its_start(void *argument)
{
    (void)argument;
    set_up();
    KeInitializeEvent(&may_go, NotificationEvent, FALSE);
    again = IoAllocateWorkItem(device);
    IoQueueWorkItem(again, requeues, DelayedWorkQueue, NULL);
    SLEEP_UNTIL(calls == 2 && inside == 0);
    CHECK_EQ(most_inside, 2);
    IoFreeWorkItem(again);
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    tear_down();
}

static VOID slow(PDEVICE_OBJECT object, PVOID context)
{
    (void)object, (void)context;
    sleep_ms(100);
    InterlockedIncrement(&calls);
}

static void settle_waits_for_items(void *argument)
{
    (void)argument;
    set_up();
    PIO_WORKITEM items[20];
    for (int i = 0; i < 20; i++) {
        items[i] = IoAllocateWorkItem(device);
        IoQueueWorkItem(items[i], slow, DelayedWorkQueue, NULL);
    }
    CHECK(ex_work_pending());
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    CHECK_EQ(calls, 20);
    CHECK(!ex_work_pending());
    for (int i = 0; i < 20; i++) {
        IoFreeWorkItem(items[i]);
    }
    tear_down();
}

/* The device's memory stays until the routine has returned. */
static VOID uses_device(PDEVICE_OBJECT object, PVOID context)
{
    (void)context;
    sleep_ms(50);
    if (*(LONG *)object->DeviceExtension != 4711) {
        InterlockedIncrement(&wrong);
    }
    InterlockedIncrement(&calls);
}

static void device_outlives_its_items(void *argument)
{
    (void)argument;
    PDEVICE_OBJECT with_extension;
    set_up();
    CHECK_EQ(IoCreateDevice(driver, 64, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &with_extension),
             STATUS_SUCCESS);
    *(LONG *)with_extension->DeviceExtension = 4711;
    PIO_WORKITEM item = IoAllocateWorkItem(with_extension);
    IoQueueWorkItem(item, uses_device, DelayedWorkQueue, NULL);
    IoDeleteDevice(with_extension);
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    CHECK_EQ(calls, 1);
    CHECK_EQ(wrong, 0);
    IoFreeWorkItem(item);
    tear_down();
}

static VOID count_one(PVOID counter)
{
    InterlockedIncrement(counter);
}

static void many_items(void *argument)
{
    static WORK_QUEUE_ITEM items[500];
    (void)argument;
    for (int i = 0; i < 500; i++) {
        ExInitializeWorkItem(&items[i], count_one, (PVOID)&calls);
        ExQueueWorkItem(&items[i], i % 2 ? CriticalWorkQueue : DelayedWorkQueue);
    }
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    CHECK_EQ(calls, 500);
}

static VOID raises(PDEVICE_OBJECT object, PVOID context)
{
    KIRQL old;
    (void)object, (void)context;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    InterlockedIncrement(&calls);
}

/* WI-4: 0xE1 on Windows; the finding, and the worker goes on. */
static void returns_at_dispatch_level(void *argument)
{
    (void)argument;
    set_up();
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    IoQueueWorkItem(item, raises, DelayedWorkQueue, NULL);
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    CHECK_EQ(calls, 1);
    IoFreeWorkItem(item);
    tear_down();
}

/* ---- what stops the machine ---------------------------------------------------------------------- */

/* Queues at DISPATCH_LEVEL on the only processor, so that no worker can take it. */
static PIO_WORKITEM queue_and_stay(void)
{
    check_expected_end = UNDIS_STOPPED;
    set_up();
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoQueueWorkItem(item, plain, DelayedWorkQueue, NULL);
    return item;
}

static void queued_twice(void *argument)
{
    (void)argument;
    IoQueueWorkItem(queue_and_stay(), plain, DelayedWorkQueue, NULL);
    CHECK(false);
}

static void freed_while_queued(void *argument)
{
    (void)argument;
    IoFreeWorkItem(queue_and_stay());
    CHECK(false);
}

static void for_no_device(void *argument)
{
    static DEVICE_OBJECT not_made;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    IoAllocateWorkItem(&not_made);
    CHECK(false);
}

static const struct test_case cases[] = {
    CASE("work.queued-and-called", queued_and_called, "", 2, BOTH),
    CASE("work.requeued-from-its-start", requeued_from_its_start, "", 2, BOTH),
    CASE("work.settle-waits-for-items", settle_waits_for_items, "", 2, BOTH),
    CASE("work.device-outlives-its-items", device_outlives_its_items, "", 2, BOTH),
    CASE("work.many-items", many_items, "", 4, BOTH),
    CASE("work.returns-at-dispatch-level", returns_at_dispatch_level, "IrqlNotRestored", 2, BOTH),
    CASE("work.queued-twice", queued_twice, "DriverBugCheck", 1, BOTH),
    CASE("work.freed-while-queued", freed_while_queued, "DriverBugCheck", 1, BOTH),
    CASE("work.for-no-device", for_no_device, "DriverBugCheck", 1, BOTH),
};

TEST_MAIN(cases)
