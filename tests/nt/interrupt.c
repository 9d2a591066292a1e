/*
 * interrupt.c - IoConnectInterrupt(Ex) by line, by vector and by message, on a device that does nothing but
 * interrupt: IN-2, IN-5, IN-16, IN-20, MS-3, MS-12 as far as they concern a driver without NDIS; and
 * IoGetDeviceProperty.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"
#include "io/pdo.h"

#define DIRQL 6
#define MESSAGES 2

/* ---- the device ------------------------------------------------------------------------------------ */

static uint64_t read_nothing(struct device *device, uint32_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return 0;
}

static void write_nothing(struct device *device, uint32_t offset, unsigned size, uint64_t value)
{
    (void)device, (void)offset, (void)size, (void)value;
}

static bool step_nothing(struct device *device)
{
    (void)device;
    return false;
}

static void end_nothing(struct device *device)
{
    (void)device;
}

static const struct device_operations operations = {.name = "bell",
                                                    .vendor_id = 0x1AF4,
                                                    .device_id = 0x1041,
                                                    .read = read_nothing,
                                                    .write = write_nothing,
                                                    .step = step_nothing,
                                                    .remove = end_nothing,
                                                    .destroy = end_nothing};
static struct device bell;
static struct io_pdo pdo;

static void attach(unsigned messages)
{
    bell = (struct device){.operations = &operations, .window_size = 4096};
    bell.messages.signalling = messages != 0 ? DEVICE_BY_MSIX : DEVICE_BY_LINE;
    bell.messages.wanted = messages;
    CHECK(device_attach(&bell, DIRQL));
    io_pdo_add(&pdo, &bell, 7);
}

static void detach(void)
{
    io_pdo_remove(&pdo);
    device_detach(&bell);
}

/* ---- a driver's routines ---------------------------------------------------------------------------- */

static PKINTERRUPT interrupt;
static PIO_INTERRUPT_MESSAGE_INFO table;
static volatile LONG served, serving, most, messages_served[MESSAGES];
static volatile ULONG level;

static void serve(void)
{
    LONG now = InterlockedIncrement(&serving);
    most = now > most ? now : most;
    level = KeGetCurrentIrql();
    for (volatile int i = 0; i < 200; i++) {
    }
    InterlockedDecrement(&serving);
}

static BOOLEAN Service(PKINTERRUPT object, PVOID context)
{
    CHECK_PTR(context, &bell);
    CHECK_PTR(object, interrupt);
    ke_line_deassert(bell.line);
    serve();
    InterlockedIncrement(&served);
    return TRUE;
}

static BOOLEAN MessageService(PKINTERRUPT object, PVOID context, ULONG message)
{
    CHECK_PTR(context, &bell);
    CHECK_PTR(object, table->MessageInfo[message].InterruptObject);
    serve();
    InterlockedIncrement(&messages_served[message]);
    return TRUE;
}

static BOOLEAN Synchronized(PVOID context)
{
    CHECK_PTR(context, &served);
    CHECK_EQ(KeGetCurrentIrql(), level);
    serve();
    return FALSE;
}

static void synchronize(PKINTERRUPT with, int times)
{
    for (int i = 0; i < times; i++) {
        CHECK_EQ(KeSynchronizeExecution(with, Synchronized, (PVOID)&served), FALSE);
    }
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void ring(LONG times)
{
    for (LONG i = 0; i < times; i++) {
        LONG before = served;
        ke_line_assert(bell.line);
        SLEEP_UNTIL(served > before);
    }
}

/* Rings on one processor while another one synchronises: they exclude each other (IN-5, IN-20). */
static void ring_and_synchronize(void)
{
    struct outside outside = {.line_count = 1};
    outside.lines[0] = bell.line;
    outside_start(&outside, 20000);
    for (int i = 0; i < 100 || served < 20; i++) {
        synchronize(interrupt, 20);
    }
    outside_stop(&outside);
    CHECK_EQ(most, 1);
}

/* ---- by line ------------------------------------------------------------------------------------------ */

static void by_line(PKSPIN_LOCK lock, KIRQL irql)
{
    IO_CONNECT_INTERRUPT_PARAMETERS in = {.Version = CONNECT_LINE_BASED,
                                          .LineBased = {.PhysicalDeviceObject = &pdo.object,
                                                        .InterruptObject = &interrupt,
                                                        .ServiceRoutine = Service,
                                                        .ServiceContext = &bell,
                                                        .SpinLock = lock,
                                                        .SynchronizeIrql = irql}};
    CHECK_EQ(IoConnectInterruptEx(&in), STATUS_SUCCESS);
}

static void disconnect(ULONG version, PVOID context)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS out = {.Version = version, .ConnectionContext.Generic = context};
    IoDisconnectInterruptEx(&out);
}

static void line_based(void *argument)
{
    (void)argument;
    attach(0);
    by_line(NULL, PASSIVE_LEVEL);
    ring(10);
    CHECK_EQ(level, DIRQL);
    ring_and_synchronize();
    disconnect(CONNECT_LINE_BASED, interrupt);
    LONG before = served;
    ke_line_assert(bell.line); /* nobody listens any more (IN-16) */
    sleep_ms(20);
    CHECK_EQ(served, before);
    ke_line_deassert(bell.line);
    detach();
}

/* A higher level, and the driver's own lock, which KeAcquireInterruptSpinLock takes. */
static void line_with_lock(void *argument)
{
    static KSPIN_LOCK lock;
    (void)argument;
    KeInitializeSpinLock(&lock);
    attach(0);
    by_line(&lock, DIRQL + 2);
    ring(5);
    CHECK_EQ(level, DIRQL + 2);
    CHECK(KeTestSpinLock(&lock));
    KIRQL old = KeAcquireInterruptSpinLock(interrupt);
    CHECK(!KeTestSpinLock(&lock));
    CHECK_EQ(KeGetCurrentIrql(), DIRQL + 2);
    KeReleaseInterruptSpinLock(interrupt, old);
    ring_and_synchronize();
    disconnect(CONNECT_LINE_BASED, interrupt);
    detach();
}

/* ---- by vector ---------------------------------------------------------------------------------------- */

static void by_vector(void *argument)
{
    (void)argument;
    attach(0);
    ULONG vector = ke_line_vector(bell.line);
    CHECK_EQ(IoConnectInterrupt(&interrupt, Service, &bell, NULL, vector, DIRQL, DIRQL, LevelSensitive, TRUE,
                                0, FALSE),
             STATUS_INVALID_PARAMETER);
    CHECK_EQ(
        IoConnectInterrupt(&interrupt, Service, &bell, NULL, vector, DIRQL, DIRQL, Latched, TRUE, 3, FALSE),
        STATUS_INVALID_PARAMETER);
    CHECK_EQ(
        IoConnectInterrupt(&interrupt, Service, &bell, NULL, 1, DIRQL, DIRQL, LevelSensitive, TRUE, 3, FALSE),
        STATUS_INVALID_PARAMETER);
    CHECK_EQ(IoConnectInterrupt(&interrupt, Service, &bell, NULL, vector, DIRQL, DIRQL, LevelSensitive, TRUE,
                                3, FALSE),
             STATUS_SUCCESS);
    ring(5);
    IoDisconnectInterrupt(interrupt);
    IO_CONNECT_INTERRUPT_PARAMETERS in = {.Version = CONNECT_FULLY_SPECIFIED,
                                          .FullySpecified = {.PhysicalDeviceObject = &pdo.object,
                                                             .InterruptObject = &interrupt,
                                                             .ServiceRoutine = Service,
                                                             .ServiceContext = &bell,
                                                             .SynchronizeIrql = DIRQL,
                                                             .Irql = DIRQL,
                                                             .Vector = vector,
                                                             .InterruptMode = LevelSensitive,
                                                             .ProcessorEnableMask = 3}};
    CHECK_EQ(IoConnectInterruptEx(&in), STATUS_SUCCESS);
    CHECK_EQ(in.Version, CONNECT_FULLY_SPECIFIED);
    ring(5);
    disconnect(CONNECT_FULLY_SPECIFIED, interrupt);
    in.Version = 9;
    CHECK_EQ(IoConnectInterruptEx(&in), STATUS_INVALID_PARAMETER);
    detach();
}

/* ---- by message --------------------------------------------------------------------------------------- */

static IO_CONNECT_INTERRUPT_PARAMETERS message_parameters(PVOID *context, PKSERVICE_ROUTINE fall_back)
{
    return (IO_CONNECT_INTERRUPT_PARAMETERS){.Version = CONNECT_MESSAGE_BASED,
                                             .MessageBased = {.PhysicalDeviceObject = &pdo.object,
                                                              .ConnectionContext.Generic = context,
                                                              .MessageServiceRoutine = MessageService,
                                                              .ServiceContext = &bell,
                                                              .FallBackServiceRoutine = fall_back}};
}

static void message_based(void *argument)
{
    (void)argument;
    attach(MESSAGES);
    IO_CONNECT_INTERRUPT_PARAMETERS in = message_parameters((PVOID *)(PVOID)&table, Service);
    CHECK_EQ(IoConnectInterruptEx(&in), STATUS_SUCCESS);
    CHECK_EQ(in.Version, CONNECT_MESSAGE_BASED);
    CHECK_EQ(table->MessageCount, MESSAGES);
    CHECK_EQ(table->UnifiedIrql, DIRQL + MESSAGES - 1);
    for (unsigned i = 0; i < MESSAGES; i++) {
        for (LONG n = 1; n <= 10; n++) {
            device_signal(&bell, i);
            SLEEP_UNTIL(messages_served[i] == n);
        }
        CHECK_EQ(level, table->UnifiedIrql);
        synchronize(table->MessageInfo[i].InterruptObject, 20);
    }
    CHECK_EQ(most, 1);
    /* The line of a device with messages is not to be had (MS-3). */
    IO_CONNECT_INTERRUPT_PARAMETERS line = {.Version = CONNECT_LINE_BASED,
                                            .LineBased = {.PhysicalDeviceObject = &pdo.object,
                                                          .InterruptObject = &interrupt,
                                                          .ServiceRoutine = Service}};
    CHECK_EQ(IoConnectInterruptEx(&line), STATUS_NOT_FOUND);
    disconnect(CONNECT_MESSAGE_BASED, table);
    detach();
}

/* A device without messages: the routine for the line, if the driver has given one. */
static void message_fall_back(void *argument)
{
    (void)argument;
    attach(0);
    IO_CONNECT_INTERRUPT_PARAMETERS in = message_parameters((PVOID *)(PVOID)&interrupt, NULL);
    CHECK_EQ(IoConnectInterruptEx(&in), STATUS_NOT_FOUND);
    in = message_parameters((PVOID *)(PVOID)&interrupt, Service);
    CHECK_EQ(IoConnectInterruptEx(&in), STATUS_SUCCESS);
    CHECK_EQ(in.Version, CONNECT_LINE_BASED);
    ring(5);
    disconnect(in.Version, interrupt);
    detach();
}

static void not_connected(void *argument)
{
    static KINTERRUPT_MODE something;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    IoDisconnectInterrupt((PKINTERRUPT)(PVOID)&something);
    CHECK(false);
}

/* ---- properties --------------------------------------------------------------------------------------- */

static void property_is(DEVICE_REGISTRY_PROPERTY property, const void *expected, ULONG size)
{
    UCHAR value[128];
    ULONG length = 0;
    CHECK_EQ(IoGetDeviceProperty(&pdo.object, property, size - 1, value, &length), STATUS_BUFFER_TOO_SMALL);
    CHECK_EQ(length, size);
    CHECK_EQ(IoGetDeviceProperty(&pdo.object, property, sizeof value, value, &length), STATUS_SUCCESS);
    CHECK_EQ(length, size);
    CHECK_EQ(memcmp(value, expected, size), 0);
}

static void properties(void *argument)
{
    ULONG zero = 0, address = 7 << 16, bus = PCIBus, length = 1;
    DEVICE_OBJECT other = {0};
    (void)argument;
    attach(0);
    property_is(DevicePropertyHardwareID, L"PCI\\VEN_1AF4&DEV_1041\0", 23 * sizeof(WCHAR));
    property_is(DevicePropertyDeviceDescription, L"bell", 5 * sizeof(WCHAR));
    property_is(DevicePropertyEnumeratorName, L"PCI", 4 * sizeof(WCHAR));
    property_is(DevicePropertyClassName, L"Net", 4 * sizeof(WCHAR));
    property_is(DevicePropertyBusNumber, &zero, sizeof zero);
    property_is(DevicePropertyAddress, &address, sizeof address);
    property_is(DevicePropertyLegacyBusType, &bus, sizeof bus);
    CHECK_EQ(IoGetDeviceProperty(&pdo.object, DevicePropertyFriendlyName, 0, NULL, &length),
             STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(IoGetDeviceProperty(&pdo.object, (DEVICE_REGISTRY_PROPERTY)99, 0, NULL, &length),
             STATUS_INVALID_PARAMETER_2);
    CHECK_EQ(IoGetDeviceProperty(&other, DevicePropertyAddress, 0, NULL, &length),
             STATUS_INVALID_DEVICE_REQUEST);
    detach();
    io_pdo_add(&pdo, NULL, 3); /* one without hardware has no place */
    CHECK_EQ(IoGetDeviceProperty(&pdo.object, DevicePropertyBusNumber, 0, NULL, &length),
             STATUS_OBJECT_NAME_NOT_FOUND);
    property_is(DevicePropertyEnumeratorName, L"ROOT", 5 * sizeof(WCHAR));
    CHECK(!IoIs32bitProcess(NULL));
    io_pdo_remove(&pdo);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("connect-line", line_based, "", 2, BOTH),
    CASE("connect-line-with-lock", line_with_lock, "", 2, BOTH),
    CASE("connect-vector", by_vector, "", 2, BOTH),
    CASE("connect-messages", message_based, "", 2, BOTH),
    CASE("connect-fall-back", message_fall_back, "", 2, BOTH),
    CASE("connect-not-connected", not_connected, "DriverBugCheck", 1, BOTH),
    CASE("device-properties", properties, "", 1, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
