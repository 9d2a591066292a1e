/*
 * interrupt.c - line-based interrupts, clause by clause (spec section 5).
 */
#include <ndis.h>

#include "miniport.h"

#define DIRQL 6

static struct {
    NDIS_HANDLE handle;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics;
    /* What the ISR answers. */
    volatile BOOLEAN queue_default, claim_always, disown;
    volatile ULONG targets;
    volatile LONG isr_runs, isr_mine, dpc_runs, disabled, enabled;
    volatile LONG dpc_on[64];
    void *volatile dpc_context;
    volatile LONG more; /* DPCs that shall say MoreNblsPending */
    void (*in_isr)(void);
    void (*in_dpc)(void);
} irq;

static BOOLEAN isr(NDIS_HANDLE context, PBOOLEAN queue_default, PULONG targets)
{
    CHECK_PTR(context, &irq);
    CHECK_EQ(KeGetCurrentIrql(), DIRQL);
    InterlockedIncrement(&irq.isr_runs);
    if (irq.in_isr != NULL) {
        irq.in_isr();
    }
    bool mine = tiny_acknowledge();
    if (!mine && !irq.claim_always) {
        return FALSE;
    }
    InterlockedIncrement(&irq.isr_mine);
    *queue_default = irq.queue_default;
    *targets = irq.targets;
    return !irq.disown;
}

static void dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID reserved)
{
    NDIS_RECEIVE_THROTTLE_PARAMETERS *parameters = throttle;
    (void)reserved;
    CHECK_PTR(context, &irq);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(parameters->MaxNblsToIndicate > 0);
    CHECK_EQ(parameters->MoreNblsPending, FALSE);
    irq.dpc_context = dpc_context;
    InterlockedIncrement(&irq.dpc_on[KeGetCurrentProcessorNumber()]);
    if (irq.in_dpc != NULL) {
        irq.in_dpc();
    }
    parameters->MoreNblsPending = irq.more > 0;
    if (irq.more > 0) {
        InterlockedDecrement(&irq.more);
    }
    InterlockedIncrement(&irq.dpc_runs);
}

/* Do handlers that run under the interrupt's lock exclude the ISR? */
static volatile LONG locked_section, overlaps;

static void under_lock(void)
{
    CHECK_EQ(KeGetCurrentIrql(), DIRQL);
    if (InterlockedIncrement(&locked_section) != 1) {
        InterlockedIncrement(&overlaps);
    }
    spin_ms(1);
    InterlockedDecrement(&locked_section);
}

static void disable(NDIS_HANDLE context)
{
    CHECK_PTR(context, &irq);
    under_lock();
    InterlockedIncrement(&irq.disabled);
}

static void enable(NDIS_HANDLE context)
{
    CHECK_PTR(context, &irq);
    under_lock();
    InterlockedIncrement(&irq.enabled);
}

static NDIS_STATUS connect(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    return NdisMRegisterInterruptEx(mini.adapter, &irq, &irq.characteristics, &irq.handle);
}

static void disconnect(void)
{
    NdisMDeregisterInterruptEx(irq.handle);
}

static void fill_characteristics(void)
{
    irq.characteristics = (NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS){
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
                   .Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
        .InterruptHandler = isr,
        .InterruptDpcHandler = (MINIPORT_INTERRUPT_DPC_HANDLER)dpc,
        .DisableInterruptHandler = disable,
        .EnableInterruptHandler = enable,
    };
}

static void start(void)
{
    fill_characteristics();
    mini_defaults();
    mini.on_initialize = connect;
    mini.on_halt = disconnect;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
}

static void stop(void)
{
    mini_stop();
    tiny_detach();
}

static void raise_and_wait(void)
{
    LONG before = irq.isr_mine;
    tiny_raise();
    SLEEP_UNTIL(irq.isr_mine != before);
}

/* ---- registration ----------------------------------------------------------------------------------------
 */

static volatile bool registered_yet;
static volatile LONG before_return;

static void in_early_isr(void)
{
    if (!registered_yet) {
        InterlockedIncrement(&before_return);
    }
}

static NDIS_STATUS connect_early(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    run_on(0);
    tiny_raise(); /* asserted before anybody listens */
    NDIS_STATUS status = connect(parameters);
    for (int i = 0; i < 1000 && irq.isr_mine == 0; i++) {
        sleep_ms(1);
    }
    CHECK(irq.isr_mine > 0);
    registered_yet = true;
    return status;
}

static void in2(void *argument)
{
    (void)argument;
    irq.in_isr = in_early_isr;
    fill_characteristics();
    mini_defaults();
    mini.on_initialize = connect_early;
    mini.on_halt = disconnect;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
    CHECK(before_return > 0);
    stop();
}

static NDIS_STATUS connect_incomplete(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    for (int missing = 0; missing < 4; missing++) {
        fill_characteristics();
        irq.characteristics.InterruptHandler = missing == 0 ? NULL : irq.characteristics.InterruptHandler;
        irq.characteristics.InterruptDpcHandler =
            missing == 1 ? NULL : irq.characteristics.InterruptDpcHandler;
        irq.characteristics.DisableInterruptHandler = missing == 2 ? NULL : disable;
        irq.characteristics.EnableInterruptHandler = missing == 3 ? NULL : enable;
        CHECK_EQ(NdisMRegisterInterruptEx(mini.adapter, &irq, &irq.characteristics, &irq.handle),
                 NDIS_STATUS_BAD_CHARACTERISTICS);
    }
    return NDIS_STATUS_SUCCESS;
}

static void in3(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = connect_incomplete;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
    stop();
}

static NDIS_STATUS connect_without_line(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    CHECK(parameters->AllocatedResources == NULL);
    fill_characteristics();
    CHECK_EQ(connect(parameters), NDIS_STATUS_RESOURCE_CONFLICT);
    return NDIS_STATUS_SUCCESS;
}

static void in1_without_line(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = connect_without_line;
    mini_start(NULL);
    CHECK_EQ(NdisMRegisterInterruptEx(mini.adapter, &irq, &irq.characteristics, &irq.handle),
             NDIS_STATUS_INVALID_PARAMETER); /* not from MiniportInitializeEx */
    mini_stop();
}

static NDIS_STATUS connect_messages(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    irq.characteristics.MsiSupported = TRUE;
    irq.characteristics.InterruptType = NDIS_CONNECT_MESSAGE_BASED;
    return connect(parameters);
}

static void ms2(void *argument)
{
    (void)argument;
    fill_characteristics();
    mini_defaults();
    mini.on_initialize = connect_messages;
    mini.on_halt = disconnect;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
    CHECK_EQ(irq.characteristics.InterruptType, NDIS_CONNECT_LINE_BASED);
    CHECK(irq.characteristics.MessageInfoTable == NULL);
    raise_and_wait();
    stop();
}

static NDIS_STATUS look_at_resources(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    const NDIS_RESOURCE_LIST *list = parameters->AllocatedResources;
    CHECK_EQ(list->Count, 2);
    CHECK_EQ(list->PartialDescriptors[0].Type, CmResourceTypeMemory);
    CHECK_EQ(list->PartialDescriptors[0].u.Memory.Length, 4096);
    CHECK_EQ((uint64_t)list->PartialDescriptors[0].u.Memory.Start.QuadPart, tiny.device.window_pa);
    CHECK_EQ(list->PartialDescriptors[1].Type, CmResourceTypeInterrupt);
    CHECK_EQ(list->PartialDescriptors[1].u.Interrupt.Level, DIRQL);
    PVOID window = NULL;
    CHECK_EQ(NdisMMapIoSpace(&window, mini.adapter, list->PartialDescriptors[0].u.Memory.Start, 4096),
             NDIS_STATUS_SUCCESS);
    CHECK_EQ(READ_REGISTER_ULONG((volatile ULONG *)window), 0);
    NdisMUnmapIoSpace(mini.adapter, window, 4096);
    return NDIS_STATUS_SUCCESS;
}

static void resources(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = look_at_resources;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
    stop();
}

/* ---- DPCs
 * -------------------------------------------------------------------------------------------------- */

static LONG total_dpcs(void)
{
    LONG total = 0;
    for (unsigned n = 0; n < 64; n++) {
        total += irq.dpc_on[n];
    }
    return total;
}

static void in6_default(void *argument)
{
    (void)argument;
    start();
    irq.queue_default = TRUE;
    irq.targets = 0xF; /* ignored */
    for (LONG n = 1; n <= 20; n++) {
        raise_and_wait();
        SLEEP_UNTIL(irq.dpc_runs == n);
        sleep_ms(1);
        CHECK_EQ(irq.dpc_runs, n);
    }
    stop();
}

static void in6_targets(void *argument)
{
    (void)argument;
    start();
    irq.targets = 0x5;
    raise_and_wait();
    SLEEP_UNTIL(irq.dpc_runs == 2);
    sleep_ms(5);
    CHECK_EQ(irq.dpc_on[0], 1);
    CHECK_EQ(irq.dpc_on[1], 0);
    CHECK_EQ(irq.dpc_on[2], 1);
    CHECK_EQ(irq.dpc_on[3], 0);
    irq.targets = 0;
    raise_and_wait();
    sleep_ms(5);
    CHECK_EQ(total_dpcs(), 2);
    stop();
}

/* Whatever the ISR returned: FALSE with DPCs asked for queues them. */
static void in6_return_value(void *argument)
{
    (void)argument;
    start();
    irq.queue_default = TRUE;
    irq.disown = TRUE;
    raise_and_wait();
    SLEEP_UNTIL(irq.dpc_runs == 1);
    stop();
}

static void in10_context(void *argument)
{
    (void)argument;
    static int mine;
    start();
    irq.dpc_context = &irq;
    irq.targets = 1;
    raise_and_wait();
    SLEEP_UNTIL(irq.dpc_runs == 1);
    CHECK_PTR(irq.dpc_context, NULL);
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 1, &mine), 1);
    SLEEP_UNTIL(irq.dpc_runs == 2);
    CHECK_PTR(irq.dpc_context, &mine);
    stop();
}

static void in11(void *argument)
{
    (void)argument;
    start();
    irq.more = 3;
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 2, NULL), 2);
    SLEEP_UNTIL(irq.dpc_runs == 4); /* three times more */
    sleep_ms(5);
    CHECK_EQ(irq.dpc_runs, 4);
    CHECK_EQ(irq.dpc_on[1], 4);
    stop();
}

static volatile LONG hold;

static void held_dpc(void)
{
    CHECK_SOON(hold == 0);
}

/* IN-12 to IN-14: one DPC for an interrupt and a processor; the answer is the set queued by this call. */
static void in14(void *argument)
{
    (void)argument;
    start();
    GROUP_AFFINITY set = {.Mask = 0xF};
    run_on(0);
    irq.in_dpc = held_dpc;
    hold = 1;
    KIRQL old = KeRaiseIrqlToDpcLevel(); /* the DPC of processor 0 stays queued */
    CHECK_EQ(NdisMQueueDpcEx(irq.handle, 0, &set, NULL), 0xF);
    CHECK_SOON(irq.dpc_on[1] + irq.dpc_on[2] + irq.dpc_on[3] ==
               3); /* the others run, and may be queued again */
    CHECK_EQ(NdisMQueueDpcEx(irq.handle, 0, &set, NULL), 0xE);
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 0xF, NULL), 0);
    hold = 0;
    KeLowerIrql(old);
    SLEEP_UNTIL(irq.dpc_runs == 7);
    set.Group = 1;
    CHECK_EQ(NdisMQueueDpcEx(irq.handle, 0, &set, NULL), 0);
    stop();
}

/* ---- shared line
 * --------------------------------------------------------------------------------------------- */

static volatile LONG foreign_served;
static volatile bool foreign_raised;

static BOOLEAN foreign_service(struct ke_interrupt *interrupt, void *context)
{
    (void)context;
    if (!foreign_raised) {
        return FALSE;
    }
    foreign_raised = false;
    ke_line_deassert_source(interrupt->line, 1);
    InterlockedIncrement(&foreign_served);
    return TRUE;
}

static void in8(void *argument)
{
    static struct ke_interrupt foreign = {.service = foreign_service};
    (void)argument;
    start();
    irq.queue_default = TRUE;
    ke_interrupt_connect(&foreign, tiny.device.line);
    for (LONG n = 1; n <= 20; n++) {
        LONG runs = irq.isr_runs, mine = irq.isr_mine;
        foreign_raised = true;
        ke_line_assert_source(tiny.device.line, 1);
        SLEEP_UNTIL(foreign_served == n);
        SLEEP_UNTIL(irq.isr_runs > runs); /* the miniport's ISR was asked, and it was not its interrupt */
        CHECK_EQ(irq.isr_mine, mine);
        raise_and_wait();
    }
    CHECK_EQ(irq.isr_mine, 20);
    ke_interrupt_disconnect(&foreign);
    stop();
}

/* ---- diagnostics, synchronisation
 * ------------------------------------------------------------------------------ */

static void storm(void *argument)
{
    volatile LONG *going = argument;
    while (*going) {
        tiny_raise();
        sleep_ms(1);
    }
}

static void in15(void *argument)
{
    static volatile LONG going = 1;
    struct thread thread;
    (void)argument;
    start();
    irq.in_isr = under_lock;
    thread_start(&thread, storm, (void *)(uintptr_t)&going, -1);
    for (int n = 0; n < 20; n++) {
        CHECK(adapter_disable_interrupts(mini.instance));
        CHECK(adapter_enable_interrupts(mini.instance));
    }
    going = 0;
    thread_join(&thread);
    SLEEP_UNTIL(!tiny.raised);
    CHECK_EQ(irq.disabled, 20);
    CHECK_EQ(irq.enabled, 20);
    CHECK(irq.isr_mine > 0);
    CHECK_EQ(overlaps, 0);
    stop();
}

static BOOLEAN answer(void *context)
{
    CHECK_EQ(KeGetCurrentIrql(), DIRQL);
    return *(BOOLEAN *)context;
}

static void in20(void *argument)
{
    (void)argument;
    start();
    BOOLEAN values[] = {TRUE, FALSE, 7};
    for (int n = 0; n < 3; n++) {
        CHECK_EQ(NdisMSynchronizeWithInterruptEx(irq.handle, 0, answer, &values[n]), values[n]);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        CHECK_EQ(NdisMSynchronizeWithInterruptEx(irq.handle, 0, answer, &values[n]), values[n]);
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        KeLowerIrql(old);
    }
    stop();
}

/*
 * An ISR lands between two instructions of a critical section at DISPATCH_LEVEL on the same processor: the
 * section does nothing but count in a register until it sees the ISR's mark, and calls nothing.
 */
static volatile unsigned landed_on = ~0u;
static volatile unsigned long landed_at; /* where the section was when it noticed */

static void land(void)
{
    landed_on = KeGetCurrentProcessorNumber();
}

static void raise_on_zero(void *argument)
{
    (void)argument;
    sleep_ms(20);
    tiny_raise();
}

static void isr_in_critical_section(void *argument)
{
    NDIS_SPIN_LOCK lock;
    struct thread thread;
    (void)argument;
    tiny.device.line = ke_line_create("tiny", DIRQL, KE_LEVEL_TRIGGERED, 1); /* interrupts processor 0 only */
    tiny.device.line_is_shared = true;
    start();
    NdisAllocateSpinLock(&lock);
    run_on(0);
    for (int n = 0; n < 10; n++) {
        landed_on = ~0u;
        landed_at = 0;
        irq.in_isr = land;
        thread_start(&thread, raise_on_zero, NULL, 1);
        NdisAcquireSpinLock(&lock);
        unsigned long turns = 0;
        while (landed_on == ~0u && turns < 20000000000ul) {
            turns++;
        }
        KIRQL inside = KeGetCurrentIrql();
        NdisReleaseSpinLock(&lock);
        landed_at = turns;
        thread_join(&thread);
        CHECK_EQ(inside, DISPATCH_LEVEL);
        CHECK_EQ(landed_on, 0);
        CHECK(landed_at > 1000);
        SLEEP_UNTIL(!tiny.raised);
    }
    irq.in_isr = NULL;
    NdisFreeSpinLock(&lock);
    stop();
    ke_line_destroy(tiny.device.line);
}

/* Never inside MiniportSynchronizeInterrupt, on the same processor or another. */
static volatile LONG inside, landed_inside, landed_outside;

static void look(void)
{
    InterlockedIncrement(inside ? &landed_inside : &landed_outside);
}

static BOOLEAN synchronized(void *context)
{
    (void)context;
    inside = 1;
    spin_ms(2);
    inside = 0;
    return TRUE;
}

static void never_inside_synchronize(void *argument)
{
    static volatile LONG going = 1;
    struct thread thread;
    (void)argument;
    start();
    irq.in_isr = look;
    thread_start(&thread, storm, (void *)(uintptr_t)&going, -1);
    for (int n = 0; n < 200; n++) {
        NdisMSynchronizeWithInterruptEx(irq.handle, 0, synchronized, NULL);
    }
    going = 0;
    thread_join(&thread);
    SLEEP_UNTIL(!tiny.raised);
    CHECK_EQ(landed_inside, 0);
    CHECK(landed_outside > 20);
    stop();
}

/* ---- deregistration
 * -------------------------------------------------------------------------------------------- */

static volatile LONG dpc_ended;

static void slow_dpc(void)
{
    spin_ms(30);
    InterlockedIncrement(&dpc_ended);
}

/* IN-16: it waits for a running DPC and for those still queued; afterwards nothing is called. */
static void in16(void *argument)
{
    (void)argument;
    start();
    irq.in_dpc = slow_dpc;
    run_on(0);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 0xF, NULL), 0xF);
    CHECK_SOON(irq.dpc_on[1] + irq.dpc_on[2] + irq.dpc_on[3] == 3);
    KeLowerIrql(old);
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 0x2, NULL) & ~0x2u, 0);
    LONG expected = total_dpcs();
    adapter_halt(mini.instance, NdisHaltDeviceDisabled); /* deregisters */
    CHECK(dpc_ended >= expected);
    CHECK_EQ(dpc_ended, irq.dpc_runs);
    LONG runs = irq.isr_runs, dpcs = irq.dpc_runs;
    tiny_raise();
    sleep_ms(10);
    CHECK_EQ(irq.isr_runs, runs);
    CHECK_EQ(irq.dpc_runs, dpcs);
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
    tiny_detach();
}

/* IN-18, IN-19: a miniport that halts without deregistering; the verifier sees the interrupt left. */
static void forget(void)
{
}

static void in19(void *argument)
{
    (void)argument;
    start();
    mini.on_halt = forget;
    raise_and_wait();
    LONG runs = irq.isr_runs;
    mini_stop();
    tiny_raise();
    sleep_ms(10);
    CHECK_EQ(irq.isr_runs, runs); /* NDIS has disconnected it */
    tiny_detach();
}

static const struct test_case cases[] = {
    CASE("IN-1_no_line_or_wrong_place", in1_without_line, "", 2, BOTH),
    CASE("IN-2_isr_before_register_returns", in2, "", 2, BOTH),
    CASE("IN-3_all_four_handlers", in3, "", 2, BOTH),
    CASE("IN-6_default_dpc_once", in6_default, "", 4, BOTH),
    CASE("IN-6_target_processors", in6_targets, "", 4, BOTH),
    CASE("IN-6_whatever_isr_returned", in6_return_value, "", 4, BOTH),
    CASE("IN-8_shared_line", in8, "", 4, BOTH),
    CASE("IN-10_dpc_context", in10_context, "", 2, BOTH),
    CASE("IN-11_more_nbls_pending", in11, "", 2, BOTH),
    CASE("IN-14_set_actually_queued", in14, "", 4, BOTH),
    CASE("IN-15_diagnostics_at_dirql", in15, "", 4, BOTH),
    CASE("IN-16_deregister_waits", in16, "", 4, BOTH),
    CASE("IN-19_left_at_halt", in19, "PoolLeak", 2, BOTH),
    CASE("IN-20_synchronize", in20, "", 2, BOTH),
    CASE("MS-2_falls_back_to_line", ms2, "", 2, BOTH),
    CASE("resources_of_the_device", resources, "", 2, BOTH),
    CASE("isr_lands_in_dispatch_critical_section", isr_in_critical_section, "", 2, BOTH),
    CASE("isr_never_inside_synchronize", never_inside_synchronize, "", 4, BOTH),
};

TEST_MAIN(cases)
