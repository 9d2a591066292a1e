/*
 * irql.c - spec section 1: the IRQL model, clause by clause.
 *
 * Levels are simulated by undis; what hardware does below a processor's interrupt controller is not
 * modelled and not tested.  UNDIS_TEST_INLINE()
 */
#include <ndis.h>

#include "machine.h"

/* ---- IR-1: masking belongs to a processor, higher levels preempt ------------------------------- */

static struct isr low_isr, high_isr;
static volatile LONG high_ran_inside_low;
static volatile ULONG isr_processor;
static volatile KIRQL isr_irql;

static void low_body(void *argument)
{
    (void)argument;
    LONG before = high_isr.runs;
    ke_line_assert(high_isr.line);
    CHECK_SOON(high_isr.runs == before + 1);
    high_ran_inside_low = high_isr.runs - before;
    CHECK_EQ(KeGetCurrentIrql(), 5);
}

static void high_body(void *argument)
{
    (void)argument;
    isr_irql = KeGetCurrentIrql();
    isr_processor = KeGetCurrentProcessorNumber();
}

static volatile LONG raised, may_lower;

static void stay_at_five(void *argument)
{
    KIRQL old;
    (void)argument;
    KeRaiseIrql(5, &old);
    raised = 1;
    CHECK_SOON(may_lower == 1);
    CHECK_EQ(low_isr.runs, 0);
    CHECK_EQ(high_isr.runs, 1);
    KeLowerIrql(old);
    CHECK_SOON(low_isr.runs == 1);
}

static void level_masks_its_processor_only(void *argument)
{
    struct thread thread;
    (void)argument;
    isr_connect(&low_isr, 5, 2, low_body, NULL);
    isr_connect(&high_isr, 7, 2, high_body, NULL);
    run_on(0);
    thread_start(&thread, stay_at_five, NULL, 1);
    SLEEP_UNTIL(raised == 1);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ke_line_assert(low_isr.line);
    sleep_ms(50);
    CHECK_EQ(low_isr.runs, 0);
    ke_line_assert(high_isr.line);
    SLEEP_UNTIL(high_isr.runs == 1);
    CHECK_EQ(isr_irql, 7);
    CHECK_EQ(isr_processor, 1);
    CHECK_EQ(low_isr.runs, 0);
    may_lower = 1;
    thread_join(&thread);
    CHECK_EQ(high_ran_inside_low, 1);
    isr_disconnect(&high_isr);
    isr_disconnect(&low_isr);
}

/* ---- IR-2: the order of the levels ------------------------------------------------------------- */

static struct isr device_isr;
static struct dpc order_dpc;

/* At `irql`, does what ranks above it come through, and what ranks below it wait? */
static void probe_level(KIRQL irql)
{
    KIRQL old;
    device_isr.runs = 0;
    order_dpc.runs = 0;
    KeRaiseIrql(irql, &old);
    dpc_queue(&order_dpc);
    ke_line_assert(device_isr.line);
    if (irql < DISPATCH_LEVEL) {
        CHECK_SOON(order_dpc.runs == 1);
    } else {
        spin_ms(5);
        CHECK_EQ(order_dpc.runs, 0);
    }
    if (irql < 6) {
        CHECK_SOON(device_isr.runs == 1);
    } else {
        CHECK_EQ(device_isr.runs, 0);
    }
    KeLowerIrql(old);
    CHECK_SOON(device_isr.runs == 1);
    CHECK_SOON(order_dpc.runs == 1);
}

static void levels_are_ordered(void *argument)
{
    (void)argument;
    run_on(0);
    CHECK(PASSIVE_LEVEL < APC_LEVEL && APC_LEVEL < DISPATCH_LEVEL && DISPATCH_LEVEL < HIGH_LEVEL);
    isr_connect(&device_isr, 6, 1, NULL, NULL);
    dpc_init(&order_dpc, NULL, NULL, 0);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        probe_level(irql);
    }
    isr_disconnect(&device_isr);
}

/* ---- IR-3: PASSIVE_LEVEL < DISPATCH_LEVEL < DIRQL ---------------------------------------------- */

static char trail[8];
static volatile LONG trail_length;

static void leave_mark(char mark)
{
    trail[trail_length++] = mark;
}

static void mark_isr(void *argument)
{
    (void)argument;
    CHECK(KeGetCurrentIrql() > DISPATCH_LEVEL);
    leave_mark('I');
}

static void mark_dpc(void *argument)
{
    (void)argument;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    leave_mark('(');
    ke_line_assert(device_isr.line);
    CHECK_SOON(device_isr.runs == 1);
    leave_mark(')');
}

static void isr_preempts_dpc_preempts_thread(void *argument)
{
    (void)argument;
    run_on(0);
    isr_connect(&device_isr, 5, 1, mark_isr, NULL);
    dpc_init(&order_dpc, mark_dpc, NULL, 0);
    leave_mark('[');
    dpc_queue(&order_dpc);
    CHECK_SOON(order_dpc.runs == 1);
    leave_mark(']');
    CHECK_EQ(strcmp(trail, "[(I)]"), 0);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    isr_disconnect(&device_isr);
}

/* ---- IR-4: the numbers of x64 ------------------------------------------------------------------ */

static void numbers_are_those_of_x64(void *argument)
{
    KIRQL old, older;
    (void)argument;
    CHECK_EQ(PASSIVE_LEVEL, 0);
    CHECK_EQ(APC_LEVEL, 1);
    CHECK_EQ(DISPATCH_LEVEL, 2);
    CHECK_EQ(HIGH_LEVEL, 15);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        KeRaiseIrql(irql, &old);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        CHECK_EQ(old, PASSIVE_LEVEL);
        KeLowerIrql(old);
    }
    older = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(older, PASSIVE_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), 2);
    KeLowerIrql(older);
    CHECK_EQ(KeGetCurrentIrql(), 0);
}

/* ---- IR-5: a number is a level of one architecture only ---------------------------------------- */

static void level_of_another_architecture(void *argument)
{
    KIRQL old;
    (void)argument;
    KeRaiseIrql(28, &old); /* CLOCK2_LEVEL of x86 */
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void twelve_is_above_every_device(void *argument)
{
    KIRQL old;
    (void)argument;
    run_on(0);
    isr_connect(&device_isr, 11, 1, NULL, NULL);
    KeRaiseIrql(12, &old); /* SYNCH_LEVEL of x64 */
    ke_line_assert(device_isr.line);
    spin_ms(5);
    CHECK_EQ(device_isr.runs, 0);
    KeLowerIrql(old);
    CHECK_SOON(device_isr.runs == 1);
    isr_disconnect(&device_isr);
}

/* ---- IR-6: thread context below DISPATCH_LEVEL, no scheduling at it ---------------------------- */

static volatile LONG other_count, other_stop;

static void count_up(void *argument)
{
    (void)argument;
    while (!other_stop) {
        other_count++;
    }
}

static void no_thread_switch_at_dispatch(void *argument)
{
    struct thread other;
    PKTHREAD self = KeGetCurrentThread();
    KIRQL old;
    (void)argument;
    run_on(0);
    KeRaiseIrql(APC_LEVEL, &old);
    sleep_ms(1); /* a thread at APC_LEVEL has a context: it can wait */
    CHECK_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
    thread_start(&other, count_up, NULL, 0);
    SLEEP_UNTIL(other_count > 0);
    old = KeRaiseIrqlToDpcLevel();
    LONG count = other_count;
    spin_ms(100);
    CHECK_EQ(other_count, count);
    CHECK_PTR(KeGetCurrentThread(), self);
    KeLowerIrql(old);
    CHECK_SOON(other_count != count); /* two busy threads share the processor at PASSIVE_LEVEL */
    other_stop = 1;
    thread_join(&other);
    CHECK_PTR(KeGetCurrentThread(), self);
}

/* ---- IR-7: KeRaiseIrql and KeLowerIrql --------------------------------------------------------- */

static void raise_and_lower_pair(void *argument)
{
    KIRQL first, second, third;
    (void)argument;
    KeRaiseIrql(PASSIVE_LEVEL, &first); /* to the same level: legal */
    CHECK_EQ(first, PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &second);
    CHECK_EQ(second, PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &third);
    CHECK_EQ(third, DISPATCH_LEVEL);
    KeLowerIrql(third);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(second);
    KeLowerIrql(first);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void raise_downward(void *argument)
{
    KIRQL old, older;
    (void)argument;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeRaiseIrql(APC_LEVEL, &older);
    KeLowerIrql(old);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void lower_upward(void *argument)
{
    (void)argument;
    KeLowerIrql(DISPATCH_LEVEL);
}

/* ---- IR-8, IR-9: NDIS_RAISE_IRQL_TO_DISPATCH and NDIS_LOWER_IRQL ------------------------------- */

static void ndis_raise_stores_the_old_level(void *argument)
{
    KIRQL first = 0xff, second = 0xff;
    (void)argument;
    NDIS_RAISE_IRQL_TO_DISPATCH(&first);
    CHECK_EQ(first, PASSIVE_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NDIS_RAISE_IRQL_TO_DISPATCH(&second);
    CHECK_EQ(second, DISPATCH_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NDIS_LOWER_IRQL(second, DISPATCH_LEVEL);
    NDIS_LOWER_IRQL(first, DISPATCH_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void ndis_raise_above_dispatch(void *argument)
{
    KIRQL old, older;
    (void)argument;
    KeRaiseIrql(6, &old);
    NDIS_RAISE_IRQL_TO_DISPATCH(&older);
    KeLowerIrql(old);
}

static void ndis_lower_acts_on_difference(void *argument)
{
    KIRQL old;
    (void)argument;
    NDIS_RAISE_IRQL_TO_DISPATCH(&old);
    NDIS_LOWER_IRQL(DISPATCH_LEVEL, DISPATCH_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NDIS_LOWER_IRQL(old, DISPATCH_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void lower_past_a_saved_level(void *argument)
{
    KIRQL first, second;
    (void)argument;
    NDIS_RAISE_IRQL_TO_DISPATCH(&first);
    KeRaiseIrql(6, &second);
    KeLowerIrql(APC_LEVEL); /* neither raise saved that level */
    KeLowerIrql(first);
}

/* ---- IR-12: preempted on one processor, concurrent on several ---------------------------------- */

static volatile LONG inside, most_inside;

static void meet_the_other(void *argument)
{
    (void)argument;
    LONG now = InterlockedIncrement(&inside);
    if (now > most_inside) {
        most_inside = now;
    }
    CHECK_SOON(most_inside == 2);
    InterlockedDecrement(&inside);
}

static void same_routine_on_two_processors(void *argument)
{
    struct dpc dpcs[2];
    (void)argument;
    dpc_init(&dpcs[0], meet_the_other, NULL, 0);
    dpc_init(&dpcs[1], meet_the_other, NULL, 1);
    run_on(0);
    dpc_queue(&dpcs[1]);
    dpc_queue(&dpcs[0]);
    SLEEP_UNTIL(dpcs[0].runs == 1 && dpcs[1].runs == 1);
    isr_preempts_dpc_preempts_thread(NULL);
}

/* ---- IR-7, IR-13: a thread may go on elsewhere at APC_LEVEL ------------------------------------- */

static void lower_on_another_processor(void *argument)
{
    KIRQL first, second;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        run_on(0);
        KeRaiseIrql(APC_LEVEL, &first);
        run_on(1);
        KeRaiseIrql(DISPATCH_LEVEL, &second);
        KeLowerIrql(second);
        KeLowerIrql(first);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

/* ---- IR-13: which waits are legal where -------------------------------------------------------- */

static KEVENT event;

static void zero_wait_at_dispatch(void *argument)
{
    LARGE_INTEGER zero = {.QuadPart = 0}, millisecond = {.QuadPart = -MS_TO_100NS(1)};
    KIRQL old;
    (void)argument;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &millisecond), STATUS_TIMEOUT);
    KeRaiseIrql(APC_LEVEL, &old);
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &millisecond), STATUS_TIMEOUT);
    KeLowerIrql(old);
    old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

static void blocking_wait_at_dispatch(void *argument)
{
    LARGE_INTEGER millisecond = {.QuadPart = -MS_TO_100NS(1)};
    (void)argument;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &millisecond);
    KeLowerIrql(old);
}

static void blocking_wait_stops_the_free_build(void *argument)
{
    check_expected_end = UNDIS_STOPPED; /* bug check 0xB8 */
    blocking_wait_at_dispatch(argument);
    CHECK(false);
}

/* ---- IR-14: no hardware exception under a spin lock -------------------------------------------- */

static NDIS_SPIN_LOCK lock;
static volatile int *volatile nowhere = NULL;

static void fault_under_a_lock(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    *nowhere = 1;
    NdisReleaseSpinLock(&lock);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("IR-1", level_masks_its_processor_only, "", 2, BOTH),
    CASE("IR-2", levels_are_ordered, "", 2, BOTH),
    CASE("IR-3", isr_preempts_dpc_preempts_thread, "", 2, BOTH),
    CASE("IR-4", numbers_are_those_of_x64, "", 2, BOTH),
    CASE("IR-5", twelve_is_above_every_device, "", 2, BOTH),
    CASE("IR-5-of-x86", level_of_another_architecture, "IrqlRaiseLower", 2, CHECKED),
    CASE("IR-6", no_thread_switch_at_dispatch, "", 2, BOTH),
    CASE("IR-7", raise_and_lower_pair, "", 1, BOTH),
    CASE("IR-7-raise-downward", raise_downward, "IrqlRaiseLower", 1, CHECKED),
    CASE("IR-7-lower-upward", lower_upward, "IrqlRaiseLower", 1, CHECKED),
    CASE("IR-7-elsewhere", lower_on_another_processor, "", 2, BOTH),
    CASE("IR-8", ndis_raise_stores_the_old_level, "", 1, BOTH),
    CASE("IR-8-above-dispatch", ndis_raise_above_dispatch, "IrqlRaiseLower", 1, CHECKED),
    CASE("IR-9", ndis_lower_acts_on_difference, "", 1, BOTH),
    CASE("IR-9-level-not-saved", lower_past_a_saved_level, "IrqlRaiseLower", 1, CHECKED),
    CASE("IR-12", same_routine_on_two_processors, "", 2, BOTH),
    CASE("IR-13", zero_wait_at_dispatch, "", 2, BOTH),
    CASE("IR-13-blocking", blocking_wait_at_dispatch, "WaitAtDispatch", 2, CHECKED),
    CASE("IR-13-bug-check", blocking_wait_stops_the_free_build, "", 2, FREE),
    CASE("IR-14", fault_under_a_lock, "MemoryFault", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
