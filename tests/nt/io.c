/*
 * io.c - driver objects, devices, links, requests.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"
#include "driver.h"
#include "io/irp.h"

#define CODE_BUFFERED CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define CODE_OUT_DIRECT CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define CODE_NEITHER CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS)
#define CODE_LATER CTL_CODE(FILE_DEVICE_NETWORK, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Test0");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\DosDevices\\Test");

/* ---- a driver ------------------------------------------------------------------------------------ */

static volatile LONG creates, cleanups, closes, unloads;

static NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS on_open_or_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    InterlockedIncrement(major == IRP_MJ_CREATE ? &creates : major == IRP_MJ_CLEANUP ? &cleanups : &closes);
    CHECK(IoGetCurrentIrpStackLocation(irp)->FileObject != NULL);
    return finish(irp, STATUS_SUCCESS, 0);
}

static KDPC completion_dpc;

static VOID complete_later(PKDPC dpc, PVOID context, PVOID irp, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument2;
    memcpy(((PIRP)irp)->AssociatedIrp.SystemBuffer, "late", 4);
    finish(irp, STATUS_SUCCESS, 4);
}

static NTSTATUS on_control(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    char *buffer = irp->AssociatedIrp.SystemBuffer;
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case CODE_BUFFERED:
        for (ULONG i = 0; i < stack->Parameters.DeviceIoControl.InputBufferLength; i++) {
            buffer[i]++;
        }
        return finish(irp, STATUS_SUCCESS, out);
    case CODE_OUT_DIRECT:
        memcpy(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority), buffer, 2);
        return finish(irp, STATUS_SUCCESS, 2);
    case CODE_NEITHER:
        memcpy(irp->UserBuffer, stack->Parameters.DeviceIoControl.Type3InputBuffer, out);
        return finish(irp, STATUS_SUCCESS, out);
    case CODE_LATER:
        IoMarkIrpPending(irp);
        KeInsertQueueDpc(&completion_dpc, irp, NULL);
        return STATUS_PENDING;
    default:
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS on_read(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    memset(irp->AssociatedIrp.SystemBuffer, 'r', length);
    return finish(irp, STATUS_SUCCESS, length);
}

static VOID on_unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
    InterlockedIncrement(&unloads);
}

static long driver_entry(void *object, void *path)
{
    PDRIVER_OBJECT driver = object;
    PUNICODE_STRING registry = path;
    UNICODE_STRING expected =
        RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\iotest");
    PDEVICE_OBJECT device;
    CHECK(RtlEqualUnicodeString(registry, &expected, TRUE));
    driver->DriverUnload = on_unload;
    driver->MajorFunction[IRP_MJ_CREATE] = on_open_or_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = on_open_or_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = on_open_or_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = on_control;
    driver->MajorFunction[IRP_MJ_READ] = on_read;
    KeInitializeDpc(&completion_dpc, complete_later, NULL);
    NTSTATUS status = IoCreateDevice(driver, 10, &device_name, FILE_DEVICE_NETWORK, 0, FALSE, &device);
    if (NT_SUCCESS(status)) {
        CHECK(device->Flags & DO_DEVICE_INITIALIZING);
        CHECK_EQ((ULONG_PTR)device->DeviceExtension % 16, 0);
        device->Flags |= DO_BUFFERED_IO;
        status = IoCreateSymbolicLink(&link_name, &device_name);
    }
    return status;
}

static PDRIVER_OBJECT start_driver(void)
{
    PDRIVER_OBJECT driver = make_driver("iotest");
    CHECK_EQ(io_driver_start(driver, driver_entry), STATUS_SUCCESS);
    CHECK_EQ(driver->DeviceObject->Flags & DO_DEVICE_INITIALIZING, 0);
    return driver;
}

static void stop_driver(PDRIVER_OBJECT driver)
{
    CHECK(io_driver_unload(driver));
    CHECK_EQ(unloads, 1);
    CHECK_PTR(driver->DeviceObject, NULL);
    io_driver_delete(driver);
}

/* ---- cases --------------------------------------------------------------------------------------- */

static void driver_life(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    CHECK_EQ(driver->Type, 4);
    CHECK_EQ(driver->Size, 336);
    CHECK(io_driver_create("iotest", NULL, NULL) == NULL); /* the name is taken */
    PVOID extension, again;
    CHECK_EQ(IoAllocateDriverObjectExtension(driver, &device_name, 100, &extension), STATUS_SUCCESS);
    CHECK_EQ(IoAllocateDriverObjectExtension(driver, &device_name, 100, &again),
             STATUS_OBJECT_NAME_COLLISION);
    CHECK_PTR(IoGetDriverObjectExtension(driver, &device_name), extension);
    CHECK_PTR(IoGetDriverObjectExtension(driver, &link_name), NULL);
    stop_driver(driver);
    driver = make_driver("iotest");
    CHECK(!io_driver_unload(driver)); /* it has no DriverUnload */
    io_driver_delete(driver);
}

static void names(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    UNICODE_STRING bad = RTL_CONSTANT_STRING(L"no directory"), other = RTL_CONSTANT_STRING(L"\\??\\TEST"),
                   nothing = RTL_CONSTANT_STRING(L"\\Device\\Test1"),
                   to_nothing = RTL_CONSTANT_STRING(L"\\??\\N");
    CHECK_EQ(IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_NETWORK, 0, FALSE, &device),
             STATUS_OBJECT_NAME_COLLISION);
    CHECK_PTR(device, NULL);
    CHECK_EQ(IoCreateDevice(driver, 0, &bad, FILE_DEVICE_NETWORK, 0, FALSE, &device),
             STATUS_OBJECT_NAME_INVALID);
    CHECK_EQ(IoCreateSymbolicLink(&other, &device_name),
             STATUS_OBJECT_NAME_COLLISION); /* \DosDevices is \?? */
    CHECK_EQ(IoCreateSymbolicLink(&to_nothing, &nothing), STATUS_SUCCESS);
    CHECK_EQ(io_file_open(&to_nothing, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(IoDeleteSymbolicLink(&to_nothing), STATUS_SUCCESS);
    CHECK_EQ(IoDeleteSymbolicLink(&to_nothing), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(IoDeleteSymbolicLink(&device_name), STATUS_OBJECT_NAME_NOT_FOUND); /* no link */
    CHECK_EQ(io_file_open(&nothing, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(io_file_open(&other, &file), STATUS_SUCCESS);
    io_file_close(file);
    CHECK_EQ(creates, 1);
    CHECK_EQ(cleanups, 1);
    CHECK_EQ(closes, 1);
    stop_driver(driver);
    CHECK_EQ(io_file_open(&other, &file), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void control_requests(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    PFILE_OBJECT file;
    ULONG_PTR information = 0;
    char output[8] = "zzzzzzz";
    CHECK_EQ(io_file_open(&link_name, &file), STATUS_SUCCESS);
    CHECK_EQ(io_file_control(file, CODE_BUFFERED, "abc", 3, output, 5, &information), STATUS_SUCCESS);
    CHECK_EQ(information, 5);
    CHECK(memcmp(output, "bcd\0\0zz", 7) == 0);
    CHECK_EQ(io_file_control(file, CODE_OUT_DIRECT, "xy", 2, output, 4, &information), STATUS_SUCCESS);
    CHECK(memcmp(output, "xyd\0", 4) == 0);
    CHECK_EQ(io_file_control(file, CODE_NEITHER, "klmn", 4, output, 4, &information), STATUS_SUCCESS);
    CHECK(memcmp(output, "klmn", 4) == 0);
    CHECK_EQ(io_file_control(file, CODE_LATER, NULL, 0, output, 8, &information), STATUS_SUCCESS);
    CHECK_EQ(information, 4);
    CHECK(memcmp(output, "late", 4) == 0);
    CHECK_EQ(io_file_control(file, 0x4711, NULL, 0, NULL, 0, &information), STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(io_file_read(file, output, 8, &information), STATUS_SUCCESS);
    CHECK(memcmp(output, "rrrrrrrr", 8) == 0);
    /* The driver sets no write routine. */
    CHECK_EQ(io_file_write(file, output, 8, &information), STATUS_INVALID_DEVICE_REQUEST);
    io_file_close(file);
    stop_driver(driver);
}

static PDEVICE_OBJECT lower;
static volatile LONG completions;

static NTSTATUS on_lower_done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    CHECK(device != NULL);
    CHECK_PTR(context, &completions);
    InterlockedIncrement(&completions);
    if (irp->PendingReturned) {
        IoMarkIrpPending(irp);
    }
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS pass_down(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, on_lower_done, (PVOID)&completions, TRUE, TRUE, TRUE);
    return IoCallDriver(lower, irp);
}

static void stacked_devices(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver(), filter = make_driver("iofilter");
    PDEVICE_OBJECT upper;
    PFILE_OBJECT file;
    char output[8];
    ULONG_PTR information;
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        filter->MajorFunction[i] = pass_down;
    }
    CHECK_EQ(IoCreateDevice(filter, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &upper), STATUS_SUCCESS);
    lower = IoAttachDeviceToDeviceStack(upper, driver->DeviceObject);
    upper->Flags |= lower->Flags & DO_BUFFERED_IO;
    upper->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    CHECK_PTR(lower, driver->DeviceObject);
    CHECK_EQ(upper->StackSize, 2);
    CHECK_EQ(io_file_open(&device_name, &file), STATUS_SUCCESS);
    CHECK_EQ(io_file_control(file, CODE_LATER, NULL, 0, output, 8, &information), STATUS_SUCCESS);
    CHECK(memcmp(output, "late", 4) == 0);
    CHECK_EQ(completions, 2);
    io_file_close(file);
    CHECK_EQ(completions, 4);
    IoDetachDevice(lower);
    IoDeleteDevice(upper);
    io_driver_delete(filter);
    stop_driver(driver);
}

/* A driver's own request: it takes it back in its completion routine. */
static NTSTATUS take_back(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)irp;
    CHECK_PTR(device, NULL);
    KeSetEvent(context, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void own_requests(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    KEVENT done;
    char buffer[16] = "abc";
    CHECK_EQ(IoGetDeviceObjectPointer(&device_name, FILE_ALL_ACCESS, &file, &device), STATUS_SUCCESS);
    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    for (int i = 0; i < 3; i++) {
        PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
        stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        stack->Parameters.DeviceIoControl.IoControlCode = CODE_BUFFERED;
        stack->Parameters.DeviceIoControl.InputBufferLength = 3;
        irp->AssociatedIrp.SystemBuffer = buffer;
        IoSetCompletionRoutine(irp, take_back, &done, TRUE, TRUE, TRUE);
        CHECK_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        IoReuseIrp(irp, STATUS_SUCCESS);
    }
    CHECK(memcmp(buffer, "def", 3) == 0);
    IoFreeIrp(irp);
    ObDereferenceObject(file);
    stop_driver(driver);
}

static VOID on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    InterlockedIncrement(&completions);
}

static void cancelling(void *argument)
{
    (void)argument;
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(irp);
    CHECK(!IoCancelIrp(irp));
    CHECK(irp->Cancel);
    IoSetCancelRoutine(irp, on_cancel);
    CHECK(IoCancelIrp(irp));
    CHECK_EQ(completions, 1);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(!IoCancelIrp(irp));
    IoFreeIrp(irp);
}

static NTSTATUS complete_twice(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    check_expected_end = UNDIS_STOPPED;
    PIRP own = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(own);
    finish(own, STATUS_SUCCESS, 0);
    finish(own, STATUS_SUCCESS, 0);
    return finish(irp, STATUS_SUCCESS, 0);
}

static void completed_twice(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    PFILE_OBJECT file;
    driver->MajorFunction[IRP_MJ_CREATE] = complete_twice;
    io_file_open(&device_name, &file);
    CHECK(false);
}

/* ---- one request at a time ------------------------------------------------------------------------ */

#define PACKETS 50
static volatile LONG started, at_once, ticks;

static VOID finish_packet(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)dpc, (void)context;
    InterlockedDecrement(&at_once);
    finish(irp, STATUS_SUCCESS, 0);
    IoStartNextPacket(device, FALSE);
}

static VOID on_start_io(PDEVICE_OBJECT device, PIRP irp)
{
    CHECK_PTR(device->CurrentIrp, irp);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK_EQ(InterlockedIncrement(&at_once), 1);
    InterlockedIncrement(&started);
    IoRequestDpc(device, irp, NULL);
}

static void start_io(void *argument)
{
    static PIRP irps[PACKETS];
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    PDEVICE_OBJECT device = driver->DeviceObject;
    driver->DriverStartIo = on_start_io;
    IoInitializeDpcRequest(device, finish_packet);
    for (int i = 0; i < PACKETS; i++) {
        irps[i] = IoAllocateIrp(1, FALSE);
        IoSetNextIrpStackLocation(irps[i]);
        IoMarkIrpPending(irps[i]);
        IoStartPacket(device, irps[i], NULL, NULL);
    }
    SLEEP_UNTIL(started == PACKETS && at_once == 0);
    KeFlushQueuedDpcs();
    CHECK(!device->DeviceQueue.Busy);
    for (int i = 0; i < PACKETS; i++) {
        CHECK_EQ(irps[i]->IoStatus.Status, STATUS_SUCCESS);
        IoFreeIrp(irps[i]);
    }
    stop_driver(driver);
}

static VOID on_tick(PDEVICE_OBJECT device, PVOID context)
{
    CHECK(device != NULL);
    CHECK_PTR(context, &device_name);
    InterlockedIncrement(&ticks);
}

static void device_timer(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    CHECK_EQ(IoInitializeTimer(driver->DeviceObject, on_tick, &device_name), STATUS_SUCCESS);
    IoStartTimer(driver->DeviceObject);
    SLEEP_UNTIL(ticks >= 2);
    IoStopTimer(driver->DeviceObject);
    LONG now = ticks;
    sleep_ms(1500);
    CHECK(ticks <= now + 1);
    IoStartTimer(driver->DeviceObject);
    stop_driver(driver); /* the timer goes with its device */
}

static void error_log(void *argument)
{
    (void)argument;
    PDRIVER_OBJECT driver = start_driver();
    CHECK_PTR(IoAllocateErrorLogEntry(driver, 255), NULL);
    PIO_ERROR_LOG_PACKET packet = IoAllocateErrorLogEntry(driver, sizeof(*packet));
    packet->ErrorCode = STATUS_UNSUCCESSFUL;
    IoWriteErrorLogEntry(packet);
    IoFreeErrorLogEntry(IoAllocateErrorLogEntry(driver, ERROR_LOG_MAXIMUM_SIZE));
    stop_driver(driver);
}

static const struct test_case cases[] = {
    CASE("io.driver-life", driver_life, "", 1, BOTH),
    CASE("io.names", names, "", 1, BOTH),
    CASE("io.control-requests", control_requests, "", 2, BOTH),
    CASE("io.stacked-devices", stacked_devices, "", 2, BOTH),
    CASE("io.own-requests", own_requests, "", 1, BOTH),
    CASE("io.cancelling", cancelling, "", 1, BOTH),
    CASE("io.start-io", start_io, "", 2, BOTH),
    CASE("io.device-timer", device_timer, "", 2, BOTH),
    CASE("io.error-log", error_log, "", 1, BOTH),
    CASE("io.completed-twice", completed_twice, "DriverBugCheck", 1, BOTH),
};

TEST_MAIN(cases)
