/*
 * interrupt.c - line-based interrupts, clause by clause (spec section 5).
 */
#include <ndis.h>

#include "../ndis/miniport.h"

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
    volatile LONG more;       /* DPCs that shall say MoreNblsPending */
    volatile LONG unanswered; /* interrupts that the ISR shall leave asserted */
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
    if (irq.unanswered > 0 && InterlockedDecrement(&irq.unanswered) >= 0) {
        return TRUE;
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

/* ---- registration -------------------- */

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
    SLEEP_UNTIL(irq.isr_mine > 0);
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

/* ---- DPCs -------------------- */

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

/* ---- shared line -------------------- */

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

/* ---- diagnostics, synchronisation -------------------- */

static void storm(void *argument)
{
    volatile LONG *going = argument;
    do { /* once at least: the others may be done before this thread gets on */
        tiny_raise();
        sleep_ms(1);
    } while (*going);
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
static volatile LONG in_section, landed_in_section;

static void land(void)
{
    landed_in_section = in_section;
    landed_on = KeGetCurrentProcessorNumber();
}

static void raise_on_zero(void *argument)
{
    (void)argument;
    CHECK_SOON(in_section);
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
    for (int n = 0; n < 6; n++) { /* fewer long holds than make a SpinLockHeldTooLong */
        landed_on = ~0u;
        irq.in_isr = land;
        thread_start(&thread, raise_on_zero, NULL, 1);
        NdisAcquireSpinLock(&lock);
        in_section = 1;
        unsigned long turns = 0;
        while (landed_on == ~0u && turns < 100000000000ul) {
            turns++;
        }
        in_section = 0;
        KIRQL inside = KeGetCurrentIrql();
        NdisReleaseSpinLock(&lock);
        thread_join(&thread);
        CHECK_EQ(inside, DISPATCH_LEVEL);
        CHECK_EQ(landed_on, 0);
        CHECK_EQ(landed_in_section, 1);
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
    CHECK(landed_outside > 0);
    stop();
}

/* ---- deregistration -------------------- */

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

/* ---- IN-1: from MiniportInitializeEx, at PASSIVE_LEVEL ------------------------------------------ */

static NDIS_STATUS connect_twice(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQ(connect(parameters), NDIS_STATUS_SUCCESS);
    CHECK(irq.handle != NULL);
    NdisMDeregisterInterruptEx(irq.handle);
    tiny_raise(); /* nobody listens */
    sleep_ms(5);
    CHECK_EQ(irq.isr_runs, 0);
    return connect(parameters);
}

static void in1(void *argument)
{
    (void)argument;
    fill_characteristics();
    mini_defaults();
    mini.on_initialize = connect_twice;
    mini.on_halt = disconnect;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
    SLEEP_UNTIL(irq.isr_mine == 1);
    CHECK_EQ(NdisMRegisterInterruptEx(mini.adapter, &irq, &irq.characteristics, &irq.handle),
             NDIS_STATUS_INVALID_PARAMETER); /* initialized already */
    stop();
}

/* ---- IN-4, IN-8, IN-9 --------------------------------------------------------------------------- */

/* At DIRQL, which the ISR itself checks, once for each interrupt of its own device. */
static void in4(void *argument)
{
    (void)argument;
    start();
    for (LONG n = 1; n <= 20; n++) {
        raise_and_wait();
        CHECK_EQ(irq.isr_mine, n);
    }
    stop();
}

/* A line that stays asserted interrupts again and again, until the ISR quiets the device. */
static void in9(void *argument)
{
    (void)argument;
    start();
    irq.unanswered = 50;
    raise_and_wait();
    CHECK(irq.isr_runs >= 51);
    SLEEP_UNTIL(!tiny.raised);
    LONG runs = irq.isr_runs;
    sleep_ms(10);
    CHECK_EQ(irq.isr_runs, runs);
    stop();
}

/* ---- IN-5: the interrupt's own spin lock -------------------------------------------------------- */

static struct isr higher;
static volatile LONG preempted;

static void let_a_higher_one_in(void)
{
    LONG before = higher.runs;
    ke_line_assert(higher.line);
    CHECK_SOON(higher.runs == before + 1);
    InterlockedIncrement(&preempted);
}

static void check_higher(void *argument)
{
    (void)argument;
    CHECK_EQ(KeGetCurrentIrql(), DIRQL + 2);
}

static void in5_preempted(void *argument)
{
    (void)argument;
    tiny.device.line = ke_line_create("tiny", DIRQL, KE_LEVEL_TRIGGERED, 1); /* interrupts processor 0 only */
    tiny.device.line_is_shared = true;
    start();
    isr_connect(&higher, DIRQL + 2, 1, check_higher, NULL);
    irq.in_isr = let_a_higher_one_in;
    for (LONG n = 1; n <= 10; n++) {
        raise_and_wait();
        CHECK_EQ(preempted, n);
    }
    irq.in_isr = NULL;
    isr_disconnect(&higher);
    stop();
    ke_line_destroy(tiny.device.line);
}

/* ---- IN-7, IN-12, IN-13 ------------------------------------------------------------------------- */

static void queue_from_isr(void)
{
    GROUP_AFFINITY set = {.Mask = 0x6};
    CHECK_EQ(NdisMQueueDpcEx(irq.handle, 0, &set, &irq), 0x6);
}

/* TargetProcessors stays zero; the ISR names the processors itself, by a group affinity. */
static void in7(void *argument)
{
    (void)argument;
    start();
    irq.in_isr = queue_from_isr;
    raise_and_wait();
    irq.in_isr = NULL;
    SLEEP_UNTIL(irq.dpc_runs == 2);
    sleep_ms(2);
    CHECK_EQ(irq.dpc_on[1], 1);
    CHECK_EQ(irq.dpc_on[2], 1);
    CHECK_EQ(total_dpcs(), 2);
    CHECK_PTR(irq.dpc_context, &irq);
    stop();
}

static volatile LONG meeting;

static void meet(void)
{
    InterlockedIncrement(&meeting);
    CHECK_SOON(meeting >= 4); /* all of them at once */
}

static void in12(void *argument)
{
    (void)argument;
    start();
    irq.in_dpc = meet;
    KIRQL old =
        KeRaiseIrqlToDpcLevel(); /* the one of this processor must not run before the others are queued */
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 0xF, NULL), 0xF);
    KeLowerIrql(old);
    SLEEP_UNTIL(irq.dpc_runs == 4);
    CHECK_EQ(irq.dpc_on[0] + irq.dpc_on[1] + irq.dpc_on[2] + irq.dpc_on[3], 4);
    stop();
}

static void queue_at(KIRQL irql, ULONG queued)
{
    KIRQL old;
    KeRaiseIrql(irql, &old);
    CHECK_EQ(NdisMQueueDpc(irq.handle, 0, 0x1, &irq), queued);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeLowerIrql(old);
}

/* At any IRQL; a bit that is missing means that the DPC was queued there already. */
static void in13(void *argument)
{
    (void)argument;
    start();
    run_on(0);
    for (LONG n = 1; n <= 3; n++) {
        KIRQL old = KeRaiseIrqlToDpcLevel();
        queue_at(n == 1 ? DISPATCH_LEVEL : n == 2 ? DIRQL : HIGH_LEVEL, 1);
        queue_at(DISPATCH_LEVEL, 0);
        queue_at(HIGH_LEVEL, 0);
        CHECK_EQ(irq.dpc_runs, n - 1);
        KeLowerIrql(old);
        SLEEP_UNTIL(irq.dpc_runs == n);
    }
    stop();
}

/* ---- IN-17: after deregistration ---------------------------------------------------------------- */

static BOOLEAN never(void *context)
{
    (void)context;
    check_fail(__FILE__, __LINE__, "called for an interrupt that is gone");
    return TRUE;
}

static void in17(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    start();
    adapter_halt(mini.instance, NdisHaltDeviceDisabled); /* deregisters */
    NdisMSynchronizeWithInterruptEx(irq.handle, 0, never, NULL);
    CHECK(false);
}

/* ---- IN-18: until deregistration returns -------------------------------------------------------- */

static void interrupts_still_come(void)
{
    for (int n = 0; n < 10; n++) {
        LONG dpcs = irq.dpc_runs;
        raise_and_wait();
        SLEEP_UNTIL(irq.dpc_runs > dpcs);
    }
}

static NDIS_STATUS connect_and_receive(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_STATUS status = connect(parameters);
    interrupts_still_come();
    return status;
}

static void receive_and_disconnect(void)
{
    interrupts_still_come();
    disconnect();
    LONG runs = irq.isr_runs, dpcs = irq.dpc_runs;
    tiny_raise();
    sleep_ms(5);
    CHECK_EQ(irq.isr_runs, runs);
    CHECK_EQ(irq.dpc_runs, dpcs);
}

static void in18(void *argument)
{
    (void)argument;
    fill_characteristics();
    irq.queue_default = TRUE;
    mini_defaults();
    mini.on_initialize = connect_and_receive;
    mini.on_halt = receive_and_disconnect;
    tiny_attach(DIRQL);
    mini_start(&tiny.device);
    stop();
    CHECK_EQ(irq.isr_mine, 20);
}

/* ---- IN-19: left behind by a failed MiniportInitializeEx ---------------------------------------- */

static NDIS_STATUS connect_and_fail(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    CHECK_EQ(connect(parameters), NDIS_STATUS_SUCCESS);
    return NDIS_STATUS_RESOURCES;
}

static void in19_failed_initialize(void *argument)
{
    (void)argument;
    fill_characteristics();
    mini_defaults();
    mini.on_initialize = connect_and_fail;
    tiny_attach(DIRQL);
    mini_register();
    mini.instance = adapter_create(mini.driver, &tiny.device, "mini");
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_RESOURCES);
    tiny_raise();
    sleep_ms(10);
    CHECK_EQ(irq.isr_runs, 0); /* NDIS has disconnected it */
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
    tiny_detach();
}

/* ---- IN-20 to IN-22: synchronisation ------------------------------------------------------------ */

static BOOLEAN answer_at_dirql(void *context)
{
    InterlockedIncrement((volatile LONG *)context);
    under_lock();
    return TRUE;
}

static volatile LONG synchronized_calls;

static void synchronize_often(void *argument)
{
    (void)argument;
    for (int n = 0; n < 30; n++) {
        NdisMSynchronizeWithInterruptEx(irq.handle, 0, answer_at_dirql, (PVOID)&synchronized_calls);
    }
}

/* At DIRQL, one at a time whatever the processor, and never together with the ISR. */
static void in22(void *argument)
{
    static volatile LONG going = 1;
    struct thread threads[4], storming;
    (void)argument;
    start();
    irq.in_isr = under_lock;
    thread_start(&storming, storm, (void *)(uintptr_t)&going, -1);
    for (int n = 0; n < 4; n++) {
        thread_start(&threads[n], synchronize_often, NULL, n);
    }
    for (int n = 0; n < 4; n++) {
        thread_join(&threads[n]);
    }
    going = 0;
    thread_join(&storming);
    SLEEP_UNTIL(!tiny.raised);
    CHECK_EQ(synchronized_calls, 120);
    CHECK(irq.isr_mine > 0);
    CHECK_EQ(overlaps, 0);
    stop();
}

static BOOLEAN synchronize_again(void *context)
{
    (void)context;
    return NdisMSynchronizeWithInterruptEx(irq.handle, 0, never, NULL);
}

static void in21(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    start();
    NdisMSynchronizeWithInterruptEx(irq.handle, 0, synchronize_again, NULL);
    CHECK(false);
}

static void synchronize_in_isr(void)
{
    NdisMSynchronizeWithInterruptEx(irq.handle, 0, never, NULL);
}

static void in21_isr(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    start();
    irq.in_isr = synchronize_in_isr;
    raise_and_wait();
    sleep_ms(5000);
    CHECK(false);
}

/* ---- IN-23: the level at return ----------------------------------------------------------------- */

static void raise_and_forget(void)
{
    KIRQL old;
    KeRaiseIrql(DIRQL + 1, &old);
}

static void in23(void *argument)
{
    (void)argument;
    start();
    run_on(0);
    irq.in_isr = raise_and_forget;
    raise_and_wait();
    irq.in_isr = NULL;
    SLEEP_UNTIL(!tiny.raised);
    for (int n = 0; n < 20; n++) { /* the machine goes on at the right level */
        raise_and_wait();
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
    stop();
}

/* ---- IN-24: how long ---------------------------------------------------------------------------- */

static void take_25_us(void)
{
    KeStallExecutionProcessor(25);
}

static void take_100_us(void)
{
    KeStallExecutionProcessor(50);
    KeStallExecutionProcessor(50);
}

static void in24(void *argument)
{
    (void)argument;
    start();
    irq.queue_default = TRUE;
    irq.in_isr = take_25_us;
    irq.in_dpc = take_100_us;
    for (LONG n = 1; n <= 20; n++) {
        raise_and_wait();
        SLEEP_UNTIL(irq.dpc_runs == n);
    }
    stop();
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("IN-1", in1, "", 2, BOTH),
    CASE("IN-1-no-line", in1_without_line, "", 2, BOTH),
    CASE("IN-2", in2, "", 2, BOTH),
    CASE("IN-3", in3, "", 2, BOTH),
    CASE("IN-4", in4, "", 4, BOTH),
    CASE("IN-5", in22, "", 4, BOTH),
    CASE("IN-5-preempted", in5_preempted, "", 2, BOTH),
    CASE("IN-6", in6_default, "", 4, BOTH),
    CASE("IN-6-targets", in6_targets, "", 4, BOTH),
    CASE("IN-6-whatever-it-returned", in6_return_value, "", 4, BOTH),
    CASE("IN-7", in7, "", 4, BOTH),
    CASE("IN-8", in8, "", 4, BOTH),
    CASE("IN-9", in9, "", 2, BOTH),
    CASE("IN-10", in10_context, "", 2, BOTH),
    CASE("IN-11", in11, "", 2, BOTH),
    CASE("IN-12", in12, "", 4, BOTH),
    CASE("IN-13", in13, "", 2, BOTH),
    CASE("IN-14", in14, "", 4, BOTH),
    CASE("IN-15", in15, "", 4, BOTH),
    CASE("IN-16", in16, "", 4, BOTH),
    CASE("IN-17", in17, "DriverBugCheck", 2, BOTH),
    CASE("IN-18", in18, "", 2, BOTH),
    CASE("IN-19", in19, "PoolLeak", 2, BOTH),
    CASE("IN-19-failed-initialize", in19_failed_initialize, "PoolLeak", 2, BOTH),
    CASE("IN-20", in20, "", 2, BOTH),
    CASE("IN-20-not-inside", never_inside_synchronize, "", 4, BOTH),
    CASE("IN-21", in21, "SpinLockRecursive", 2, BOTH),
    CASE("IN-21-in-isr", in21_isr, "SpinLockRecursive", 2, BOTH),
    CASE("IN-22", in22, "", 4, BOTH),
    CASE("IN-23", in23, "IrqlNotRestored", 1, CHECKED),
    CASE("IN-24", in24, "", 2, BOTH),
    CASE("isr-lands-in-dispatch-critical-section", isr_in_critical_section, "", 2, BOTH),
    CASE("resources-of-the-device", resources, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
