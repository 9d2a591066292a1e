/*
 * services.c - timers (TI-*), work items (WI-*), events (EV-*), sleeping, configuration, RW locks.
 */
#include <ndis.h>

#include "miniport.h"

/* ---- timers
 * ------------------------------------------------------------------------------------------------------ */

static volatile LONG ticks;
static void *volatile tick_context;
static NDIS_HANDLE timer;

static VOID tick(PVOID a, PVOID context, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    tick_context = context;
    InterlockedIncrement(&ticks);
}

static void make_timer(PNDIS_TIMER_FUNCTION function, void *context)
{
    NDIS_TIMER_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
                   .Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = 'remt',
        .TimerFunction = function,
        .FunctionContext = context,
    };
    CHECK_EQ(NdisAllocateTimerObject(NULL, &characteristics, &timer), NDIS_STATUS_SUCCESS);
}

static LARGE_INTEGER after_ms(int ms)
{
    return (LARGE_INTEGER){.QuadPart = -10000LL * ms};
}

static void ti1(void *argument)
{
    NDIS_TIMER_CHARACTERISTICS none = {.Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS}};
    (void)argument;
    CHECK_EQ(NdisAllocateTimerObject(NULL, &none, &timer), NDIS_STATUS_BAD_CHARACTERISTICS);
}

static void ti2(void *argument)
{
    static int other;
    (void)argument;
    make_timer(tick, &timer);
    CHECK_EQ(NdisSetTimerObject(timer, after_ms(5), 0, NULL), FALSE);
    SLEEP_UNTIL(ticks == 1);
    CHECK_PTR(tick_context, &timer); /* NULL: the default */
    CHECK_EQ(NdisSetTimerObject(timer, after_ms(5), 0, &other), FALSE);
    SLEEP_UNTIL(ticks == 2);
    CHECK_PTR(tick_context, &other);
    NdisFreeTimerObject(timer);
}

/* TI-3: one entry; setting it again cancels the earlier expiry and says so. */
static void ti3(void *argument)
{
    (void)argument;
    make_timer(tick, NULL);
    CHECK_EQ(NdisSetTimerObject(timer, after_ms(300000), 0, NULL), FALSE);
    CHECK_EQ(NdisSetTimerObject(timer, after_ms(20), 0, NULL), TRUE);
    SLEEP_UNTIL(ticks == 1);
    sleep_ms(30);
    CHECK_EQ(ticks, 1);
    NdisFreeTimerObject(timer);
}

static void ti7(void *argument)
{
    (void)argument;
    make_timer(tick, NULL);
    CHECK_EQ(NdisCancelTimerObject(timer), FALSE);
    NdisSetTimerObject(timer, after_ms(300000), 0, NULL);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
    NdisSetTimerObject(timer, after_ms(1), 0, NULL);
    SLEEP_UNTIL(ticks == 1);
    CHECK_EQ(NdisCancelTimerObject(timer), FALSE);
    NdisFreeTimerObject(timer);
}

static volatile LONG in_tick;

static VOID slow_tick(PVOID a, PVOID context, PVOID b, PVOID c)
{
    InterlockedIncrement(&in_tick);
    tick(a, context, b, c);
    spin_ms(2);
    InterlockedDecrement(&in_tick);
}

/* TI-8: when the cancelling of a periodic timer returns, its callback does not run. */
static void ti8(void *argument)
{
    (void)argument;
    make_timer(slow_tick, NULL);
    for (int n = 0; n < 20; n++) {
        LONG before = ticks;
        NdisSetTimerObject(timer, after_ms(1), 1, NULL);
        SLEEP_UNTIL(ticks >= before + 3);
        CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
        CHECK_EQ(in_tick, 0);
        before = ticks;
        sleep_ms(5);
        CHECK_EQ(ticks, before);
    }
    NdisFreeTimerObject(timer);
}

static VOID free_itself(PVOID a, PVOID context, PVOID b, PVOID c)
{
    NdisFreeTimerObject(timer);
    tick(a, context, b, c);
}

static void ti10(void *argument)
{
    (void)argument;
    make_timer(free_itself, NULL);
    NdisSetTimerObject(timer, after_ms(1), 0, NULL);
    SLEEP_UNTIL(ticks == 1);
    sleep_ms(2);
}

static NDIS_STATUS leave_timer(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_TIMER_CHARACTERISTICS characteristics = {.Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS},
                                                  .TimerFunction = tick};
    (void)parameters;
    CHECK_EQ(NdisAllocateTimerObject(mini.adapter, &characteristics, &timer), NDIS_STATUS_SUCCESS);
    NdisSetTimerObject(timer, after_ms(10), 10, NULL);
    return NDIS_STATUS_SUCCESS;
}

/* TI-11: a timer left at halt is found, and cannot fire any more. */
static void ti11(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = leave_timer;
    mini_start(NULL);
    mini_stop();
    LONG before = ticks;
    sleep_ms(50);
    CHECK_EQ(ticks, before);
}

/* ---- work items
 * ---------------------------------------------------------------------------------------------------- */

static volatile LONG worked;

static VOID work_again(PVOID context, NDIS_HANDLE item)
{
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_PTR(context, (const volatile void *)&worked);
    if (InterlockedIncrement(&worked) < 5) {
        NdisQueueIoWorkItem(item, work_again, context); /* WI-3: off the queue since its callback began */
    } else {
        NdisFreeIoWorkItem(item);
    }
}

static void wi3(void *argument)
{
    (void)argument;
    NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisQueueIoWorkItem(item, work_again, (PVOID)&worked);
    KeLowerIrql(old);
    SLEEP_UNTIL(worked == 5);
    sleep_ms(2);
}

/* ---- events
 * -----------------------------------------------------------------------------------------------------------
 */

static NDIS_EVENT event;
static volatile LONG woken;

static void wait_for_event(void *argument)
{
    (void)argument;
    CHECK_EQ(NdisWaitEvent(&event, 0), TRUE);
    InterlockedIncrement(&woken);
}

static void ev3(void *argument)
{
    struct thread threads[3];
    (void)argument;
    NdisInitializeEvent(&event);
    CHECK_EQ(NdisWaitEvent(&event, 5), FALSE);
    for (int n = 0; n < 3; n++) {
        thread_start(&threads[n], wait_for_event, NULL, -1);
    }
    sleep_ms(10);
    CHECK_EQ(woken, 0);
    NdisSetEvent(&event); /* EV-2: releases all */
    for (int n = 0; n < 3; n++) {
        thread_join(&threads[n]);
    }
    CHECK_EQ(NdisWaitEvent(&event, 5), TRUE); /* and stays signalled */
    NdisResetEvent(&event);
    CHECK_EQ(NdisWaitEvent(&event, 1), FALSE);
}

static void ev4(void *argument)
{
    (void)argument;
    NdisInitializeEvent(&event);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(NdisWaitEvent(&event, 100), FALSE);
    KeLowerIrql(old);
}

static void dl2(void *argument)
{
    (void)argument;
    ULONGLONG begin = KeQueryInterruptTime();
    NdisMSleep(20000);
    CHECK(KeQueryInterruptTime() - begin >= 190000);
}

/* ---- configuration
 * ---------------------------------------------------------------------------------------------------- */

static NDIS_STATUS read_configuration(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_CONFIGURATION_OBJECT object = {.Header = {.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT},
                                        .NdisHandle = mini.adapter};
    NDIS_HANDLE handle;
    NDIS_STATUS status;
    NDIS_CONFIGURATION_PARAMETER *value, written = {.ParameterType = NdisParameterInteger};
    NDIS_STRING number = NDIS_STRING_CONST("*transmitbuffers"), text = NDIS_STRING_CONST("Text");
    NDIS_STRING missing = NDIS_STRING_CONST("Missing"), id = NDIS_STRING_CONST("NetCfgInstanceId"),
                own = NDIS_STRING_CONST("Own");
    PVOID address;
    UINT length;
    (void)parameters;
    CHECK_EQ(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_SUCCESS);
    NdisReadConfiguration(&status, &value, handle, &number, NdisParameterInteger);
    CHECK_EQ(status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(value->ParameterData.IntegerData, 512);
    NdisReadConfiguration(&status, &value, handle, &text, NdisParameterString);
    CHECK_EQ(status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(value->ParameterData.StringData.Length, 4);
    NdisReadConfiguration(&status, &value, handle, &text, NdisParameterInteger); /* "16" */
    CHECK_EQ(value->ParameterData.IntegerData, 16);
    NdisReadConfiguration(&status, &value, handle, &text, NdisParameterHexInteger);
    CHECK_EQ(value->ParameterData.IntegerData, 0x16);
    NdisReadConfiguration(&status, &value, handle, &missing, NdisParameterInteger);
    CHECK_EQ(status, NDIS_STATUS_FAILURE);
    NdisReadConfiguration(&status, &value, handle, &id, NdisParameterString); /* every adapter has it */
    CHECK_EQ(status, NDIS_STATUS_SUCCESS);
    GUID guid;
    CHECK_EQ(RtlGUIDFromString(&value->ParameterData.StringData, &guid), STATUS_SUCCESS);
    written.ParameterData.IntegerData = 9;
    NdisWriteConfiguration(&status, handle, &own, &written);
    CHECK_EQ(status, NDIS_STATUS_SUCCESS);
    NdisReadConfiguration(&status, &value, handle, &own, NdisParameterInteger);
    CHECK_EQ(value->ParameterData.IntegerData, 9);
    NdisReadNetworkAddress(&status, &address, &length, handle);
    CHECK_EQ(status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(length, 6);
    CHECK_EQ(memcmp(address, "\x02\x00\x5E\x10\x00\xFF", 6), 0);
    NdisCloseConfiguration(handle);
    return NDIS_STATUS_SUCCESS;
}

static void configuration(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = read_configuration;
    mini_register();
    mini.instance = adapter_create(mini.driver, NULL, "mini");
    CHECK(adapter_parameter_set_integer(mini.instance, "*TransmitBuffers", 512));
    CHECK(adapter_parameter_set_string(mini.instance, "Text", "16"));
    CHECK(adapter_parameter_set_string(mini.instance, "NetworkAddress", "02-00-5E-10-00-FF"));
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_SUCCESS);
    mini_stop();
}

/* ---- reader/writer locks
 * -------------------------------------------------------------------------------------------------- */

static PNDIS_RW_LOCK_EX rw;
static volatile LONG readers, writers, most_readers;
static volatile ULONG shared_a, shared_b;

static void use_rw(void *argument)
{
    (void)argument;
    for (int n = 0; n < 2000; n++) {
        LOCK_STATE_EX state, again;
        if (n % 8 == 0) {
            NdisAcquireRWLockWrite(rw, &state, 0);
            CHECK_EQ(InterlockedIncrement(&writers), 1);
            CHECK_EQ(readers, 0);
            NdisAcquireRWLockWrite(rw, &again, NDIS_RWL_AT_DISPATCH_LEVEL); /* RW-9 */
            shared_a++;
            shared_b++;
            NdisReleaseRWLock(rw, &again);
            InterlockedDecrement(&writers);
        } else {
            NdisAcquireRWLockRead(rw, &state, 0);
            LONG now = InterlockedIncrement(&readers);
            most_readers = now > most_readers ? now : most_readers;
            CHECK_EQ(writers, 0);
            NdisAcquireRWLockRead(rw, &again, NDIS_RWL_AT_DISPATCH_LEVEL); /* RW-8 */
            CHECK_EQ(shared_a, shared_b);
            NdisReleaseRWLock(rw, &again);
            InterlockedDecrement(&readers);
        }
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        NdisReleaseRWLock(rw, &state);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

static void rw_locks(void *argument)
{
    struct thread threads[4];
    (void)argument;
    rw = NdisAllocateRWLock(NULL);
    for (int n = 0; n < 4; n++) {
        thread_start(&threads[n], use_rw, NULL, n);
    }
    for (int n = 0; n < 4; n++) {
        thread_join(&threads[n]);
    }
    CHECK_EQ(shared_a, 4 * 250);
    CHECK_EQ(shared_b, 4 * 250);
    NdisFreeRWLock(rw);
}

/* ---- devices and the bus
 * ------------------------------------------------------------------------------------------- */

static volatile LONG dispatched;

static NTSTATUS NTAPI answer(PDEVICE_OBJECT device, PIRP irp)
{
    CHECK_EQ(*(ULONG *)NdisGetDeviceReservedExtension(device), 77);
    dispatched++;
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI keep_irp(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp, (void)context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ask_and_keep(PDEVICE_OBJECT device, UCHAR major)
{
    PIRP irp = IoAllocateIrp((CCHAR)(device->StackSize + 1), FALSE);
    IoSetNextIrpStackLocation(irp);
    IoGetNextIrpStackLocation(irp)->MajorFunction = major;
    IoSetCompletionRoutine(irp, keep_irp, NULL, TRUE, TRUE, TRUE);
    NTSTATUS status = IoCallDriver(device, irp);
    IoFreeIrp(irp);
    return status;
}

static void devices(void *argument)
{
    static PDRIVER_DISPATCH table[IRP_MJ_MAXIMUM_FUNCTION + 1];
    UNICODE_STRING name = NDIS_STRING_CONST("\\Device\\NdisTest"),
                   link = NDIS_STRING_CONST("\\DosDevices\\NdisTest");
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {
        .DeviceName = &name, .SymbolicName = &link, .MajorFunctions = table, .ExtensionSize = sizeof(ULONG)};
    PDEVICE_OBJECT object;
    NDIS_HANDLE handle;
    (void)argument;
    table[IRP_MJ_DEVICE_CONTROL] = answer;
    mini_defaults();
    mini_register();
    CHECK_EQ(NdisRegisterDeviceEx(NULL, &attributes, &object, &handle), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisRegisterDeviceEx(mini.driver, &attributes, &object, &handle), NDIS_STATUS_SUCCESS);
    *(ULONG *)NdisGetDeviceReservedExtension(object) = 77;
    CHECK_EQ(ask_and_keep(object, IRP_MJ_DEVICE_CONTROL), STATUS_SUCCESS);
    CHECK_EQ(ask_and_keep(object, IRP_MJ_READ), STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(dispatched, 1);
    NdisDeregisterDeviceEx(handle);
    mini.object.DriverUnload(&mini.object);
}

/* What a driver may change stays changed, the rest as it was. */
static void write_bus(const PCI_COMMON_HEADER *was)
{
    PCI_COMMON_HEADER header = *was, now;
    header.Command ^= 4; /* no bus mastering */
    header.CacheLineSize = 16;
    header.VendorID ^= 1;
    CHECK_EQ(NdisMSetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 0, &header, sizeof header), sizeof header);
    NdisMGetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 0, &now, sizeof now);
    CHECK_EQ(now.Command, header.Command);
    CHECK_EQ(now.CacheLineSize, 16);
    CHECK_EQ(now.VendorID, was->VendorID);
    CHECK_EQ(NdisMSetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, FIELD_OFFSET(PCI_COMMON_HEADER, Command),
                             (PVOID)(uintptr_t)&was->Command, sizeof was->Command),
             2);
    NdisMGetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 0, &now, sizeof now);
    CHECK_EQ(now.Command, was->Command);
    CHECK_EQ(NdisMSetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 64, &header, 1), 0);
}

static NDIS_STATUS read_bus(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    PCI_COMMON_HEADER header;
    USHORT id = 0;
    const NDIS_RESOURCE_LIST *list = parameters->AllocatedResources;
    CHECK_EQ(NdisMGetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 0, &header, sizeof header), sizeof header);
    CHECK_EQ(header.BaseClass, 2);
    CHECK_EQ(header.u.type0.BaseAddresses[0] & ~0xFu, list->PartialDescriptors[0].u.Memory.Start.LowPart);
    CHECK_EQ(header.u.type0.InterruptLine, 6);
    CHECK_EQ(NdisMGetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 2, &id, sizeof id), sizeof id);
    CHECK_EQ(id, header.DeviceID);
    CHECK_EQ(NdisMGetBusData(mini.adapter, PCI_WHICHSPACE_CONFIG, 64, &id, sizeof id), 0);
    write_bus(&header);
    return NDIS_STATUS_SUCCESS;
}

static void bus(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = read_bus;
    tiny_attach(6);
    mini_start(&tiny.device);
    mini_stop();
    tiny_detach();
}

/* ---- processors ----------------------------------------------------------------------------------- */

static void check_processors(void)
{
    union {
        NDIS_SYSTEM_PROCESSOR_INFO_EX info;
        char room[1024];
    } buffer;
    SIZE_T size = sizeof buffer.info;
    CHECK_EQ(NdisGetProcessorInformationEx(NULL, &buffer.info, &size), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(size, sizeof buffer.info + 4 * sizeof(NDIS_PROCESSOR_INFO_EX));
    CHECK_EQ(NdisGetProcessorInformationEx(NULL, &buffer.info, &size), NDIS_STATUS_SUCCESS);
    CHECK_EQ(buffer.info.NumberOfProcessors, 4);
    CHECK_EQ(buffer.info.NumSockets * buffer.info.NumCoresPerSocket, buffer.info.NumCores);
    for (ULONG i = 0; i < 4; i++) {
        const NDIS_PROCESSOR_INFO_EX *entry =
            (const void *)((char *)&buffer.info + buffer.info.ProcessorInfoOffset +
                           i * buffer.info.ProcessorInfoEntrySize);
        CHECK_EQ(NdisProcessorNumberToIndex(entry->ProcNum), i);
    }
}

static void check_rss(void)
{
    union {
        NDIS_RSS_PROCESSOR_INFO info;
        char room[1024];
    } buffer;
    SIZE_T size = sizeof buffer.info;
    CHECK_EQ(NdisGetRssProcessorInformation(NULL, NULL, &size), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(NdisGetRssProcessorInformation(NULL, &buffer.info, &size), NDIS_STATUS_SUCCESS);
    CHECK_EQ(buffer.info.RssProcessorCount, 4);
    CHECK_EQ(buffer.info.RssMaxProcessor.Number, 3);
    const NDIS_RSS_PROCESSOR *last =
        (const void *)((char *)&buffer.info + buffer.info.RssProcessorArrayOffset +
                       3 * buffer.info.RssProcessorEntrySize);
    CHECK_EQ(last->ProcNum.Number, 3);
}

static void processors(void *argument)
{
    NDIS_HYPERVISOR_INFO hypervisor = {.Header.Size = 4};
    ULONG idle, busy, index, load;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"NdisAllocateRWLock");
    UNICODE_STRING none = RTL_CONSTANT_STRING(L"NdisNoSuchFunction");
    (void)argument;
    check_processors();
    check_rss();
    CHECK_EQ(NdisGetHypervisorInfo(&hypervisor), NDIS_STATUS_BUFFER_TOO_SHORT);
    hypervisor.Header.Size = NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1;
    CHECK_EQ(NdisGetHypervisorInfo(&hypervisor), NDIS_STATUS_SUCCESS);
    CHECK_EQ(hypervisor.Flags & NDIS_HYPERVISOR_INFO_FLAG_HYPERVISOR_PRESENT, 0);
    run_on(2);
    NdisGetCurrentProcessorCounts(&idle, &busy, &index);
    CHECK_EQ(index, 2);
    NdisGetCurrentProcessorCpuUsage(&load);
    CHECK(load <= 100);
    CHECK_PTR(NdisGetRoutineAddress(&name), (void *)(uintptr_t)NdisAllocateRWLock);
    CHECK_PTR(NdisGetRoutineAddress(&none), NULL);
}

static const struct test_case cases[] = {
    CASE("TI-1_function_required", ti1, "", 1, BOTH),
    CASE("TI-2_context", ti2, "", 2, BOTH),
    CASE("TI-3_one_entry", ti3, "", 2, BOTH),
    CASE("TI-7_cancel", ti7, "", 2, BOTH),
    CASE("TI-8_cancel_periodic", ti8, "", 4, BOTH),
    CASE("TI-10_free_in_callback", ti10, "", 2, BOTH),
    CASE("TI-11_left_at_halt", ti11, "PoolLeak", 2, BOTH),
    CASE("WI-3_again_and_free", wi3, "", 2, BOTH),
    CASE("EV-3_wait", ev3, "", 2, BOTH),
    CASE("EV-4_wait_at_dispatch", ev4, "WaitAtDispatch", 2, CHECKED),
    CASE("DL-2_sleep", dl2, "", 2, BOTH),
    CASE("configuration", configuration, "", 2, BOTH),
    CASE("devices_of_a_driver", devices, "", 1, BOTH),
    CASE("pci_configuration", bus, "", 2, BOTH),
    CASE("processors", processors, "", 4, BOTH),
    CASE("RW-6_readers_and_writers", rw_locks, "", 4, BOTH),
};

TEST_MAIN(cases)
