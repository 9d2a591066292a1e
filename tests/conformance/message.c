/*
 * message.c - message-signalled interrupts, clause by clause (spec section 6).
 */
#include <ndis.h>

#include "../ndis/miniport.h"

#define DIRQL 5
#define MESSAGES 3

static struct {
    NDIS_HANDLE handle;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics;
    NDIS_STATUS status;
    volatile LONG runs[MESSAGES], dpcs[MESSAGES], line_runs;
    volatile LONG dpc_on[MESSAGES][64];
    volatile LONG disabled[MESSAGES], enabled[MESSAGES];
    volatile KIRQL irql[MESSAGES];
    volatile BOOLEAN queue_default;
    void *volatile dpc_context;
    volatile LONG inside, overlaps, slow; /* service routines at a time */
    volatile LONG more;
    volatile BOOLEAN disown; /* the service routine shall return FALSE */
    void (*in_isr)(ULONG message);
    void (*in_dpc)(ULONG message);
} irq;

static void enter_and_leave(void)
{
    if (InterlockedIncrement(&irq.inside) > 1) {
        InterlockedIncrement(&irq.overlaps);
    }
    if (irq.slow) {
        spin_ms(2);
    }
    InterlockedDecrement(&irq.inside);
}

static BOOLEAN line_isr(NDIS_HANDLE context, PBOOLEAN queue_default, PULONG targets)
{
    (void)context;
    *queue_default = TRUE;
    *targets = 0;
    if (!tiny_acknowledge()) {
        return FALSE;
    }
    InterlockedIncrement(&irq.line_runs);
    return TRUE;
}

static void line_dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID reserved)
{
    (void)context, (void)dpc_context, (void)throttle, (void)reserved;
}

static void line_change(NDIS_HANDLE context)
{
    (void)context;
    check_fail(__FILE__, __LINE__, "a line handler was called");
}

static BOOLEAN isr(NDIS_HANDLE context, ULONG message, PBOOLEAN queue_default, PULONG targets)
{
    CHECK_PTR(context, &irq);
    CHECK(message < MESSAGES);
    irq.irql[message] = KeGetCurrentIrql();
    *queue_default = irq.queue_default;
    *targets = 0;
    enter_and_leave();
    if (irq.in_isr != NULL) {
        irq.in_isr(message);
    }
    InterlockedIncrement(&irq.runs[message]);
    return !irq.disown;
}

static void dpc(NDIS_HANDLE context, ULONG message, PVOID dpc_context, PVOID throttle, PVOID reserved)
{
    NDIS_RECEIVE_THROTTLE_PARAMETERS *parameters = throttle;
    (void)reserved;
    CHECK_PTR(context, &irq);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(parameters->MaxNblsToIndicate > 0);
    irq.dpc_context = dpc_context;
    if (irq.in_dpc != NULL) {
        irq.in_dpc(message);
    }
    if (InterlockedDecrement(&irq.more) >= 0) {
        parameters->MoreNblsPending = TRUE;
    }
    InterlockedIncrement(&irq.dpc_on[message][KeGetCurrentProcessorNumber()]);
    InterlockedIncrement(&irq.dpcs[message]);
}

static void disable(NDIS_HANDLE context, ULONG message)
{
    CHECK_PTR(context, &irq);
    irq.disabled[message]++;
}

static void enable(NDIS_HANDLE context, ULONG message)
{
    CHECK_PTR(context, &irq);
    irq.enabled[message]++;
}

static NDIS_STATUS connect(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    irq.status = NdisMRegisterInterruptEx(mini.adapter, &irq, &irq.characteristics, &irq.handle);
    return NDIS_STATUS_SUCCESS;
}

static void disconnect(void)
{
    if (irq.status == NDIS_STATUS_SUCCESS) {
        NdisMDeregisterInterruptEx(irq.handle);
    }
}

static void prepare(enum device_signalling signalling, unsigned wanted)
{
    memset(&irq, 0, sizeof irq);
    irq.characteristics = (NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS){
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
                   .Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
        .InterruptHandler = line_isr,
        .InterruptDpcHandler = (MINIPORT_INTERRUPT_DPC_HANDLER)line_dpc,
        .DisableInterruptHandler = line_change,
        .EnableInterruptHandler = line_change,
        .MsiSupported = TRUE,
        .MessageInterruptHandler = isr,
        .MessageInterruptDpcHandler = (MINIPORT_MSI_INTERRUPT_DPC_HANDLER)dpc,
        .DisableMessageInterruptHandler = disable,
        .EnableMessageInterruptHandler = enable,
    };
    irq.queue_default = TRUE;
    mini_defaults();
    mini.on_initialize = connect;
    mini.on_halt = disconnect;
    memset(&tiny.device, 0, sizeof tiny.device);
    tiny.device.operations = &tiny_operations;
    tiny.device.window_size = 4096;
    tiny.device.messages.signalling = signalling;
    tiny.device.messages.wanted = wanted;
    tiny_attach(DIRQL);
}

static void start(enum device_signalling signalling, unsigned wanted)
{
    prepare(signalling, wanted);
    mini_start(&tiny.device);
    CHECK_EQ(irq.status, NDIS_STATUS_SUCCESS);
}

static void stop(void)
{
    mini_stop();
    tiny_detach();
}

static void signal_message(unsigned message)
{
    KIRQL old = ke_mask();
    device_signal(&tiny.device, message);
    ke_unmask(old);
}

/* Signals, and sees the ISR and, when it queues one, the DPC to their end. */
static void signal_and_wait(unsigned message)
{
    LONG runs = irq.runs[message], dpcs = irq.dpcs[message];
    signal_message(message);
    SLEEP_UNTIL(irq.runs[message] > runs && (!irq.queue_default || irq.dpcs[message] > dpcs));
}

/* ---- registration ------------------------------------------------------------------------------ */

static void check_table(unsigned count)
{
    const IO_INTERRUPT_MESSAGE_INFO *table = irq.characteristics.MessageInfoTable;
    CHECK_EQ(irq.characteristics.InterruptType, NDIS_CONNECT_MESSAGE_BASED);
    CHECK_EQ(table->MessageCount, count);
    for (unsigned i = 0; i < count; i++) { /* MS-12 */
        CHECK_EQ(table->MessageInfo[i].Irql, DIRQL + i);
        CHECK_EQ(table->MessageInfo[i].Mode, Latched);
        CHECK(table->MessageInfo[i].TargetProcessorSet != 0);
        CHECK(table->UnifiedIrql >= table->MessageInfo[i].Irql);
    }
}

static void granted(void *argument)
{
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    check_table(MESSAGES);
    CHECK_EQ(irq.characteristics.MessageInfoTable->MessageInfo[1].TargetProcessorSet, 2);
    for (unsigned i = 0; i < MESSAGES; i++) { /* MS-4: at its own level */
        signal_and_wait(i);
        CHECK_EQ(irq.irql[i], DIRQL + i);
    }
    CHECK_EQ(irq.line_runs, 0);
    adapter_disable_interrupts(mini.instance); /* MS-10 */
    adapter_enable_interrupts(mini.instance);
    for (unsigned i = 0; i < MESSAGES; i++) {
        CHECK_EQ(irq.disabled[i], 1);
        CHECK_EQ(irq.enabled[i], 1);
    }
    stop();

    start(DEVICE_BY_MSI, MESSAGES); /* a power of two of them */
    check_table(2);
    CHECK_EQ(irq.characteristics.MessageInfoTable->MessageInfo[0].TargetProcessorSet,
             KeQueryActiveProcessors());
    signal_and_wait(0);
    stop();

    start(DEVICE_BY_LINE, MESSAGES); /* MS-2: none are granted */
    CHECK_EQ(irq.characteristics.InterruptType, NDIS_CONNECT_LINE_BASED);
    CHECK_PTR(irq.characteristics.MessageInfoTable, NULL);
    tiny_raise();
    SLEEP_UNTIL(irq.line_runs == 1);
    stop();
}

static void refused(void *argument)
{
    (void)argument;
    prepare(DEVICE_BY_MSI, 1);
    irq.characteristics.MsiSupported = FALSE; /* MS-3 */
    mini_start(&tiny.device);
    CHECK_EQ(irq.status, NDIS_STATUS_RESOURCE_CONFLICT);
    stop();
    for (int missing = 0; missing < 4; missing++) { /* MS-1 */
        prepare(DEVICE_BY_MSI, 1);
        NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c = &irq.characteristics;
        c->MessageInterruptHandler = missing == 0 ? NULL : c->MessageInterruptHandler;
        c->MessageInterruptDpcHandler = missing == 1 ? NULL : c->MessageInterruptDpcHandler;
        c->DisableMessageInterruptHandler = missing == 2 ? NULL : disable;
        c->EnableMessageInterruptHandler = missing == 3 ? NULL : enable;
        mini_start(&tiny.device);
        CHECK_EQ(irq.status, NDIS_STATUS_BAD_CHARACTERISTICS);
        stop();
    }
}

/* ---- DPCs -------------------------------------------------------------------------------------- */

static void queued(void *argument)
{
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    run_on(0);
    for (unsigned n = 0; n < 2; n++) { /* nothing leaves either processor while the ISR's level holds it */
        memset((void *)irq.dpc_on, 0, sizeof irq.dpc_on);
        memset((void *)irq.dpcs, 0, sizeof irq.dpcs);
        KIRQL old;
        KeRaiseIrql(DISPATCH_LEVEL, &old);
        GROUP_AFFINITY here = {.Mask = 1};
        CHECK_EQ(NdisMQueueDpcEx(irq.handle, 0, &here, &irq), 1);
        CHECK_EQ(NdisMQueueDpcEx(irq.handle, 0, &here, &irq), 0);
        CHECK_EQ(NdisMQueueDpcEx(irq.handle, 1, &here, &irq), 1);
        CHECK_EQ(NdisMQueueDpc(irq.handle, 2, 1, &irq), 1);
        KeLowerIrql(old);
        SLEEP_UNTIL(irq.dpcs[0] == 1 && irq.dpcs[1] == 1 && irq.dpcs[2] == 1);
        CHECK_EQ(irq.dpc_on[0][0] + irq.dpc_on[1][0] + irq.dpc_on[2][0], 3);
    }
    CHECK_PTR(irq.dpc_context, &irq);
    CHECK_EQ(NdisMQueueDpc(irq.handle, 2, 2, NULL), 2); /* on the other processor */
    SLEEP_UNTIL(irq.dpc_on[2][1] == 1);
    irq.more = 3; /* IN-11: the DPC runs until nothing is left over */
    LONG before = irq.dpcs[1];
    signal_and_wait(1);
    SLEEP_UNTIL(irq.dpcs[1] == before + 4);
    stop();
}

/* ---- synchronisation --------------------------------------------------------------------------- */

static BOOLEAN synchronized(NDIS_HANDLE context)
{
    KIRQL *irql = context;
    *irql = KeGetCurrentIrql();
    enter_and_leave();
    return *irql != DIRQL;
}

static volatile bool stop_signals;

static void signal_others(void *argument)
{
    (void)argument;
    while (!stop_signals) {
        for (unsigned i = 0; i < MESSAGES; i++) {
            signal_message(i);
        }
        sleep_ms(1);
    }
}

static void exclude(BOOLEAN all)
{
    struct thread thread;
    KIRQL irql;
    prepare(DEVICE_BY_MSIX, MESSAGES);
    irq.characteristics.MsiSyncWithAllMessages = all;
    irq.queue_default = FALSE;
    irq.slow = 1;
    mini_start(&tiny.device);
    for (unsigned i = 0; i < MESSAGES; i++) {
        CHECK_EQ(NdisMSynchronizeWithInterruptEx(irq.handle, i, synchronized, &irql), all || i != 0);
        CHECK_EQ(irql, all ? DIRQL + MESSAGES - 1 : DIRQL + i);
    }
    stop_signals = false;
    thread_start(&thread, signal_others, NULL, -1);
    SLEEP_UNTIL(irq.runs[0] > 5 && irq.runs[1] > 5 && irq.runs[2] > 5 && (all || irq.overlaps > 0));
    stop_signals = true;
    thread_join(&thread);
    if (all) {
        CHECK_EQ(irq.overlaps, 0); /* MS-6 */
        for (unsigned i = 0; i < MESSAGES; i++) {
            CHECK_EQ(irq.irql[i], DIRQL + MESSAGES - 1);
        }
    }
    stop();
}

static void serialised(void *argument)
{
    (void)argument;
    exclude(TRUE);
}

static void concurrent(void *argument)
{
    (void)argument;
    exclude(FALSE);
}

/* ---- the MSI-X table --------------------------------------------------------------------------- */

static NDIS_STATUS configure(NDIS_MSIX_TABLE_OPERATION operation, ULONG entry, ULONG message)
{
    NDIS_MSIX_CONFIG_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NDIS_MSIX_CONFIG_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1},
        .ConfigOperation = operation,
        .TableEntry = entry,
        .MessageNumber = message,
    };
    return NdisMConfigMSIXTableEntry(mini.adapter, &parameters);
}

static void table(void *argument)
{
    KIRQL old;
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    irq.queue_default = FALSE;
    KeRaiseIrql(DIRQL, &old); /* MS-13: masking at any level */
    CHECK_EQ(configure(NdisMSIXTableConfigMaskTableEntry, 1, 0), NDIS_STATUS_SUCCESS);
    KeLowerIrql(old);
    signal_message(1);
    signal_and_wait(0);
    sleep_ms(5);
    CHECK_EQ(irq.runs[1], 0);
    KeRaiseIrql(DIRQL, &old);
    CHECK_EQ(configure(NdisMSIXTableConfigUnmaskTableEntry, 1, 0), NDIS_STATUS_SUCCESS);
    KeLowerIrql(old);
    SLEEP_UNTIL(irq.runs[1] == 1); /* it was pending */
    CHECK_EQ(configure(NdisMSIXTableConfigSetTableEntry, 1, 2), NDIS_STATUS_SUCCESS);
    signal_message(1);
    SLEEP_UNTIL(irq.runs[2] == 1);
    CHECK_EQ(irq.runs[1], 1);
    CHECK_EQ(configure(NdisMSIXTableConfigSetTableEntry, 0, MESSAGES), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(configure(NdisMSIXTableConfigMaskTableEntry, MESSAGES, 0), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(configure(NdisMSIXTableConfigMax, 0, 0), NDIS_STATUS_INVALID_PARAMETER);
    stop();
    start(DEVICE_BY_MSI, 2);
    CHECK_EQ(configure(NdisMSIXTableConfigMaskTableEntry, 0, 0), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

/* ---- MS-1: what a driver without messages may leave out ----------------------------------------- */

static void without_messages(void *argument)
{
    (void)argument;
    prepare(DEVICE_BY_LINE, 1);
    irq.characteristics.MsiSupported = FALSE;
    irq.characteristics.MessageInterruptHandler = NULL;
    irq.characteristics.MessageInterruptDpcHandler = NULL;
    irq.characteristics.DisableMessageInterruptHandler = NULL;
    irq.characteristics.EnableMessageInterruptHandler = NULL;
    mini_start(&tiny.device);
    CHECK_EQ(irq.status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(irq.characteristics.InterruptType, NDIS_CONNECT_LINE_BASED);
    stop();
    prepare(DEVICE_BY_LINE, 1); /* the four of the line are needed with messages too */
    irq.characteristics.InterruptHandler = NULL;
    mini_start(&tiny.device);
    CHECK_EQ(irq.status, NDIS_STATUS_BAD_CHARACTERISTICS);
    stop();
}

/* ---- MS-5: DPCs are looked at whatever the routine returned ------------------------------------- */

static void disowned(void *argument)
{
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    irq.disown = TRUE;
    for (unsigned i = 0; i < MESSAGES; i++) {
        signal_and_wait(i);
        CHECK_EQ(irq.runs[i], 1);
        CHECK_EQ(irq.dpcs[i], 1);
    }
    stop();
}

/* ---- MS-8: what the DPC is given ---------------------------------------------------------------- */

static volatile LONG seen_messages;
static int seen_messages_of[MESSAGES]; /* whose addresses are contexts */

static void note_message(ULONG message)
{
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    __atomic_fetch_or(&seen_messages, (LONG)(1u << message), __ATOMIC_SEQ_CST);
}

static void dpc_parameters(void *argument)
{
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    irq.in_dpc = note_message;
    for (unsigned i = 0; i < MESSAGES; i++) {
        irq.dpc_context = &irq;
        signal_and_wait(i);
        CHECK_EQ(seen_messages, (1 << (i + 1)) - 1); /* its own message, and no other's */
        CHECK_PTR(irq.dpc_context, NULL);
        LONG before = irq.dpcs[i];
        CHECK_EQ(NdisMQueueDpc(irq.handle, i, 2, &seen_messages_of[i]), 2);
        SLEEP_UNTIL(irq.dpcs[i] == before + 1);
        CHECK_PTR(irq.dpc_context, &seen_messages_of[i]);
    }
    stop();
}

/* ---- MS-9: only the one message is off until its DPC is done ------------------------------------ */

static void mask_in_isr(ULONG message)
{
    CHECK_EQ(configure(NdisMSIXTableConfigMaskTableEntry, message, 0), NDIS_STATUS_SUCCESS);
}

static volatile LONG hold_dpc;

static void unmask_in_dpc(ULONG message)
{
    if (message == 1) {
        CHECK_SOON(!hold_dpc);
    }
    CHECK_EQ(configure(NdisMSIXTableConfigUnmaskTableEntry, message, 0), NDIS_STATUS_SUCCESS);
}

static void one_message_off(void *argument)
{
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    run_on(0);
    irq.in_isr = mask_in_isr;
    irq.in_dpc = unmask_in_dpc;
    hold_dpc = 1;
    signal_message(1); /* to processor 1, which its DPC keeps */
    SLEEP_UNTIL(irq.runs[1] == 1);
    signal_message(1);
    for (LONG n = 1; n <= 5; n++) {
        signal_and_wait(0); /* the others go on */
        CHECK_EQ(irq.runs[0], n);
    }
    CHECK_EQ(irq.runs[1], 1);
    hold_dpc = 0;
    SLEEP_UNTIL(irq.runs[1] == 2 && irq.dpcs[1] == 2); /* what came meanwhile */
    stop();
}

/* ---- MS-11: MiniportSynchronizeInterrupt of a message ------------------------------------------- */

static void signal_first(void *argument)
{
    (void)argument;
    while (!stop_signals) {
        signal_message(0);
        sleep_ms(1);
    }
}

static BOOLEAN give_back(NDIS_HANDLE context)
{
    enter_and_leave();
    return *(BOOLEAN *)context;
}

static void synchronize_with_one(void *argument)
{
    struct thread thread;
    (void)argument;
    start(DEVICE_BY_MSIX, MESSAGES);
    irq.queue_default = FALSE;
    BOOLEAN values[] = {TRUE, FALSE, 7};
    for (int n = 0; n < 3; n++) {
        for (unsigned i = 0; i < MESSAGES; i++) {
            CHECK_EQ(NdisMSynchronizeWithInterruptEx(irq.handle, i, give_back, &values[n]), values[n]);
            CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        }
    }
    irq.slow = 1;
    stop_signals = false;
    thread_start(&thread, signal_first, NULL, -1);
    for (int n = 0; n < 100 || irq.runs[0] < 5; n++) {
        NdisMSynchronizeWithInterruptEx(irq.handle, 0, give_back, &values[0]);
    }
    stop_signals = true;
    thread_join(&thread);
    CHECK_EQ(irq.overlaps, 0); /* never beside that message's routine */
    stop();
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("MS-1", refused, "", 1, BOTH),
    CASE("MS-1-without-messages", without_messages, "", 1, BOTH),
    CASE("MS-2", granted, "", 2, BOTH),
    CASE("MS-3", refused, "", 1, BOTH),
    CASE("MS-4", granted, "", 2, BOTH),
    CASE("MS-5", disowned, "", 2, BOTH),
    CASE("MS-6", serialised, "", 2, BOTH),
    CASE("MS-6-concurrent", concurrent, "", 2, BOTH),
    CASE("MS-7", queued, "", 2, BOTH),
    CASE("MS-8", dpc_parameters, "", 2, BOTH),
    CASE("MS-9", one_message_off, "", 2, BOTH),
    CASE("MS-10", granted, "", 2, BOTH),
    CASE("MS-11", synchronize_with_one, "", 2, BOTH),
    CASE("MS-12", granted, "", 2, BOTH),
    CASE("MS-13", table, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
