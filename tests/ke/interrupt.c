/*
 * interrupt.c - lines and interrupt objects (IN-2, IN-5, IN-8, IN-16, IN-20 as far as they concern ke).
 */
#include <ntddk.h>

#include "machine.h"

/* ---- level-triggered: served until it is deasserted -------------------------------------------- */

struct level_device {
    struct ke_interrupt interrupt;
    struct ke_line *line;
    volatile LONG serves_left, served, called;
};

static BOOLEAN serve_level(struct ke_interrupt *interrupt, void *context)
{
    struct level_device *device = context;
    (void)interrupt;
    device->called++;
    if (device->serves_left == 0) {
        return FALSE;
    }
    device->served++;
    if (--device->serves_left == 0) {
        ke_line_deassert(device->line);
    }
    return TRUE;
}

static void connect_level(struct level_device *device, struct ke_line *line)
{
    device->line = line;
    device->interrupt.service = serve_level;
    device->interrupt.context = device;
    device->interrupt.irql = ke_line_irql(line);
    ke_interrupt_connect(&device->interrupt, line);
}

static void level_interrupts_until_deasserted(void *argument)
{
    static struct level_device device;
    struct ke_line *line = ke_line_create("level", 6, KE_LEVEL_TRIGGERED, 3);
    (void)argument;
    CHECK_EQ(ke_line_irql(line), 6);
    device.serves_left = 25;
    connect_level(&device, line);
    ke_line_assert(line);
    SLEEP_UNTIL(device.served == 25);
    sleep_ms(50);
    LONG called = device.called;
    sleep_ms(50);
    CHECK_EQ(device.called, called); /* quiet now */
    ke_interrupt_disconnect(&device.interrupt);
    ke_line_destroy(line);
}

/* IN-8: a shared line calls the objects in turn; those that it does not concern say FALSE. */
static void shared_line(void *argument)
{
    static struct level_device devices[3];
    struct ke_line *line = ke_line_create("shared", 6, KE_LEVEL_TRIGGERED, 3);
    (void)argument;
    for (int i = 0; i < 3; i++) {
        connect_level(&devices[i], line);
    }
    for (int i = 0; i < 30; i++) {
        struct level_device *device = &devices[i % 3];
        LONG served = device->served;
        device->serves_left = 1;
        ke_line_assert(line);
        SLEEP_UNTIL(device->served == served + 1);
    }
    CHECK_EQ(devices[0].served, 10);
    CHECK_EQ(devices[2].served, 10);
    CHECK(devices[0].called > devices[0].served);
    ke_interrupt_disconnect(&devices[1].interrupt);
    LONG called = devices[1].called;
    devices[2].serves_left = 1;
    ke_line_assert(line);
    SLEEP_UNTIL(devices[2].served == 11);
    CHECK_EQ(devices[1].called, called);
    ke_interrupt_disconnect(&devices[0].interrupt);
    ke_interrupt_disconnect(&devices[2].interrupt);
    ke_line_destroy(line);
}

/* ---- IN-5: never concurrent with itself -------------------------------------------------------- */

static struct isr isr;
static volatile LONG inside, most;

static void not_concurrent(void *argument)
{
    (void)argument;
    LONG now = InterlockedIncrement(&inside);
    if (now > most) {
        most = now;
    }
    for (volatile int i = 0; i < 500; i++) {
    }
    InterlockedDecrement(&inside);
}

static volatile LONG plain, synchronized_runs;

static BOOLEAN bump(void *context)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), 5);
    not_concurrent(NULL);
    plain++;
    return FALSE;
}

static void synchronize_many(void *argument)
{
    (void)argument;
    for (int i = 0; i < 2000; i++) {
        CHECK_EQ(ke_interrupt_synchronize(&isr.interrupt, bump, NULL, "bump"), FALSE);
        InterlockedIncrement(&synchronized_runs);
    }
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void isr_and_synchronized_exclude(void *argument)
{
    struct thread threads[4];
    struct outside outside = {.line_count = 1};
    (void)argument;
    isr_connect(&isr, 5, 15, not_concurrent, NULL);
    outside.lines[0] = isr.line;
    outside_start(&outside, 50000);
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], synchronize_many, NULL, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    SLEEP_UNTIL(isr.runs > 50);
    outside_stop(&outside);
    isr_disconnect(&isr);
    CHECK_EQ(most, 1);
    CHECK_EQ(plain, 8000);
}

static BOOLEAN answer(void *context)
{
    return *(BOOLEAN *)context;
}

static void synchronize_returns_the_answer(void *argument)
{
    BOOLEAN yes = TRUE, no = FALSE;
    (void)argument;
    isr_connect(&isr, 7, 1, NULL, NULL);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= 7; irql++) {
        KIRQL old;
        KeRaiseIrql(irql, &old);
        CHECK_EQ(ke_interrupt_synchronize(&isr.interrupt, answer, &yes, "answer"), TRUE);
        CHECK_EQ(ke_interrupt_synchronize(&isr.interrupt, answer, &no, "answer"), FALSE);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    isr_disconnect(&isr);
}

/* ---- the interrupt spin lock, by hand ------------------------------------------------------------- */

static PKINTERRUPT handle_of(struct ke_interrupt *interrupt)
{
    return (PKINTERRUPT)(void *)interrupt;
}

static void lock_by_hand(void *argument)
{
    (void)argument;
    isr_connect(&isr, 7, 1, NULL, NULL);
    KIRQL old = KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    CHECK_EQ(old, PASSIVE_LEVEL);
    CHECK_EQ(KeGetCurrentIrql(), 7);
    KeReleaseInterruptSpinLock(handle_of(&isr.interrupt), old);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    isr_disconnect(&isr);
}

static void lock_twice(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    isr_connect(&isr, 7, 1, NULL, NULL);
    KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    CHECK(false);
}

static void lock_in_service(void *argument)
{
    (void)argument;
    KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
}

static void lock_in_its_service(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    isr_connect(&isr, 7, 1, lock_in_service, NULL);
    ke_line_assert(isr.line);
    SLEEP_UNTIL(false);
}

/* Reported, and the level is what the caller asks for. */
static void lock_not_held(void *argument)
{
    KIRQL old;
    (void)argument;
    isr_connect(&isr, 7, 1, NULL, NULL);
    KeRaiseIrql(7, &old);
    KeReleaseInterruptSpinLock(handle_of(&isr.interrupt), old);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    isr_disconnect(&isr);
}

static volatile LONG lock_taken;

static void hold_for_a_while(void *argument)
{
    (void)argument;
    run_on(1);
    KIRQL old = KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    lock_taken = 1;
    while (lock_taken == 1) {
        YieldProcessor();
    }
    KeReleaseInterruptSpinLock(handle_of(&isr.interrupt), old);
}

static void lock_of_another(void *argument)
{
    struct thread holder;
    KIRQL old;
    (void)argument;
    run_on(0);
    isr_connect(&isr, 7, 1, NULL, NULL);
    thread_start(&holder, hold_for_a_while, NULL, 0);
    SLEEP_UNTIL(lock_taken == 1);
    KeRaiseIrql(7, &old);
    KeReleaseInterruptSpinLock(handle_of(&isr.interrupt), old);
    CHECK_EQ(isr.interrupt.lock != 0, true); /* it is still the other's */
    lock_taken = 2;
    thread_join(&holder);
    isr_disconnect(&isr);
}

/* ---- in which order: LockOrder ------------------------------------------------------------------- */

static struct isr other_isr;
static KSPIN_LOCK at_level; /* only ever acquired at the interrupts' level */

static void take_interrupts(struct isr *first, struct isr *second)
{
    KIRQL outer = KeAcquireInterruptSpinLock(handle_of(&first->interrupt));
    KIRQL inner = KeAcquireInterruptSpinLock(handle_of(&second->interrupt));
    KeReleaseInterruptSpinLock(handle_of(&second->interrupt), inner);
    KeReleaseInterruptSpinLock(handle_of(&first->interrupt), outer);
}

static void two_interrupt_locks(bool both_orders)
{
    isr_connect(&isr, 7, 1, NULL, NULL);
    isr_connect(&other_isr, 7, 1, NULL, NULL);
    take_interrupts(&isr, &other_isr);
    take_interrupts(both_orders ? &other_isr : &isr, both_orders ? &isr : &other_isr);
    isr_disconnect(&other_isr);
    isr_disconnect(&isr);
}

static void interrupts_in_one_order(void *argument)
{
    (void)argument;
    two_interrupt_locks(false);
}

static void interrupts_in_both_orders(void *argument)
{
    (void)argument;
    two_interrupt_locks(true);
}

/* What is connected where another was is another lock. */
static void interrupts_of_two_lives(void *argument)
{
    (void)argument;
    isr_connect(&isr, 7, 1, NULL, NULL);
    isr_connect(&other_isr, 7, 1, NULL, NULL);
    take_interrupts(&isr, &other_isr);
    isr_disconnect(&other_isr);
    isr_disconnect(&isr);
    isr_connect(&isr, 7, 1, NULL, NULL);
    isr_connect(&other_isr, 7, 1, NULL, NULL);
    take_interrupts(&other_isr, &isr);
    isr_disconnect(&other_isr);
    isr_disconnect(&isr);
}

static BOOLEAN take_at_level(void *context)
{
    (void)context;
    KeAcquireSpinLockAtDpcLevel(&at_level);
    KeReleaseSpinLockFromDpcLevel(&at_level);
    return TRUE;
}

static BOOLEAN nothing(void *context)
{
    (void)context;
    return TRUE;
}

/* The spin lock, and the interrupt's in it. */
static void take_spin_lock_first(void)
{
    KIRQL old;
    KeRaiseIrql(7, &old);
    KeAcquireSpinLockAtDpcLevel(&at_level);
    ke_interrupt_synchronize(&isr.interrupt, nothing, NULL, "nothing");
    KeReleaseSpinLockFromDpcLevel(&at_level);
    KeLowerIrql(old);
}

static void spin_lock_inside(void *argument)
{
    (void)argument;
    isr_connect(&isr, 7, 1, NULL, NULL);
    KeInitializeSpinLock(&at_level);
    ke_interrupt_synchronize(&isr.interrupt, take_at_level, NULL, "take");
    KIRQL old = KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    take_at_level(NULL);
    KeReleaseInterruptSpinLock(handle_of(&isr.interrupt), old);
    isr_disconnect(&isr);
}

static void spin_lock_in_both_orders(void *argument)
{
    (void)argument;
    isr_connect(&isr, 7, 1, NULL, NULL);
    KeInitializeSpinLock(&at_level);
    ke_interrupt_synchronize(&isr.interrupt, take_at_level, NULL, "take");
    take_spin_lock_first();
    isr_disconnect(&isr);
}

static void take_in_service(void *argument)
{
    (void)argument;
    take_at_level(NULL);
}

static void service_against_spin_lock(void *argument)
{
    (void)argument;
    KeInitializeSpinLock(&at_level);
    isr_connect(&isr, 7, 1, take_in_service, NULL);
    ke_line_assert(isr.line);
    SLEEP_UNTIL(isr.runs == 1);
    take_spin_lock_first();
    isr_disconnect(&isr);
}

/* A spin lock that the service routine does not take may be held when it interrupts. */
static void service_interrupts_a_holder(void *argument)
{
    KSPIN_LOCK lock;
    KIRQL old;
    (void)argument;
    KeInitializeSpinLock(&lock);
    KeInitializeSpinLock(&at_level);
    isr_connect(&isr, 7, 1, take_in_service, NULL);
    run_on(0);
    KeAcquireSpinLock(&lock, &old);
    ke_line_assert(isr.line);
    CHECK_SOON(isr.runs == 1);
    KeReleaseSpinLock(&lock, old);
    isr_disconnect(&isr);
}

/* Both at the same moment, before either order was ever complete. */
static volatile LONG have_one;

static void interrupt_then_spin_lock(void *argument)
{
    (void)argument;
    run_on(1);
    KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    InterlockedIncrement(&have_one);
    CHECK_SOON(have_one == 2);
    KeAcquireSpinLockAtDpcLevel(&at_level);
    CHECK(false);
}

static void each_has_one(void *argument)
{
    struct thread thread;
    KIRQL old;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    KeInitializeSpinLock(&at_level);
    isr_connect(&isr, 7, 1, NULL, NULL);
    thread_start(&thread, interrupt_then_spin_lock, NULL, 1);
    run_on(0);
    KeRaiseIrql(7, &old);
    KeAcquireSpinLockAtDpcLevel(&at_level);
    InterlockedIncrement(&have_one);
    CHECK_SOON(have_one == 2);
    KeAcquireInterruptSpinLock(handle_of(&isr.interrupt));
    CHECK(false);
}

/* ---- IN-16: after disconnect returns, the ISR neither runs nor will ----------------------------- */

static volatile LONG connected;

static void only_while_connected(void *argument)
{
    (void)argument;
    CHECK_EQ(connected, 1);
    KeStallExecutionProcessor(100);
    CHECK_EQ(connected, 1);
}

static void connect_and_disconnect(void *argument)
{
    struct outside outside = {.line_count = 1};
    struct ke_line *line = ke_line_create("unsteady", 5, KE_EDGE_TRIGGERED, 15);
    static struct isr unsteady;
    (void)argument;
    outside.lines[0] = line;
    outside_start(&outside, 20000);
    unsteady.body = only_while_connected;
    unsteady.interrupt.service = isr_service;
    unsteady.interrupt.context = &unsteady;
    unsteady.interrupt.irql = 5;
    for (int i = 0; i < 200 || unsteady.runs == 0; i++) {
        connected = 1;
        ke_interrupt_connect(&unsteady.interrupt, line);
        if (i % 4 == 0) {
            sleep_ms(1);
        }
        ke_interrupt_disconnect(&unsteady.interrupt);
        connected = 0;
    }
    outside_stop(&outside);
    ke_line_destroy(line);
}

/* The service is under way on another processor when disconnecting begins: it must be waited for. */
static volatile LONG begun, finished;

static void take_a_while(void *argument)
{
    (void)argument;
    begun++;
    KeStallExecutionProcessor(2000);
    finished++;
}

static void disconnect_waits_for_the_service(void *argument)
{
    (void)argument;
    run_on(0);
    for (LONG i = 1; i <= 50; i++) {
        isr_connect(&isr, 5, 2, take_a_while, NULL);
        ke_line_assert(isr.line);
        CHECK_SOON(begun == i);
        isr_disconnect(&isr);
        CHECK_EQ(finished, i);
    }
}

/* ---- affinity and numbers ---------------------------------------------------------------------- */

static volatile ULONG64 seen;

static void see(void *argument)
{
    (void)argument;
    __atomic_fetch_or(&seen, 1ULL << KeGetCurrentProcessorNumber(), __ATOMIC_SEQ_CST);
}

static void interrupts_stay_in_their_affinity(void *argument)
{
    struct outside outside = {.line_count = 1};
    (void)argument;
    isr_connect(&isr, 5, 6, see, NULL); /* processors 1 and 2 of 4 */
    outside.lines[0] = isr.line;
    outside_start(&outside, 100000);
    SLEEP_UNTIL(isr.runs > 200);
    outside_stop(&outside);
    isr_disconnect(&isr);
    CHECK((seen & 6) != 0);
    CHECK_EQ(seen & ~6ULL, 0);
}

/* Edges while the line is being served are not lost: after the last one at least one ISR runs. */
static volatile LONG work, done;

static void take_work(void *argument)
{
    (void)argument;
    done = work;
    KeStallExecutionProcessor(50); /* an edge that comes now must make it run again */
}

static void last_edge_is_not_lost(void *argument)
{
    (void)argument;
    isr_connect(&isr, 5, 2, take_work, NULL);
    run_on(0);
    for (LONG i = 1; i <= 1000; i += 2) {
        work = i;
        ke_line_assert(isr.line);
        KeStallExecutionProcessor((ULONG)(i % 100));
        work = i + 1;
        ke_line_assert(isr.line);
        CHECK_SOON(done == i + 1);
    }
    isr_disconnect(&isr);
}

/* Interrupts wake a processor that idles. */
static void idle_processor_wakes(void *argument)
{
    (void)argument;
    run_on(0);
    isr_connect(&isr, 5, 2, NULL, NULL);
    for (LONG i = 1; i <= 50; i++) {
        sleep_ms(2);
        ke_line_assert(isr.line);
        SLEEP_UNTIL(isr.runs == i);
    }
    isr_disconnect(&isr);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("interrupt-level", level_interrupts_until_deasserted, "", 2, BOTH),
    CASE("interrupt-shared", shared_line, "", 2, BOTH),
    CASE("interrupt-synchronize-excludes", isr_and_synchronized_exclude, "", 4, BOTH),
    CASE("interrupt-synchronize-answer", synchronize_returns_the_answer, "", 2, BOTH),
    CASE("interrupt-lock", lock_by_hand, "", 2, BOTH),
    CASE("interrupt-lock-twice", lock_twice, "SpinLockRecursive", 2, BOTH),
    CASE("interrupt-lock-in-service", lock_in_its_service, "SpinLockRecursive", 2, BOTH),
    CASE("interrupt-lock-not-owned", lock_not_held, "SpinLockNotOwned", 2, CHECKED),
    CASE("interrupt-lock-wrong-owner", lock_of_another, "SpinLockWrongOwner", 2, CHECKED),
    CASE("interrupt-order", interrupts_in_one_order, "", 2, BOTH),
    CASE("interrupt-order-both", interrupts_in_both_orders, "LockOrder", 2, BOTH),
    CASE("interrupt-order-two-lives", interrupts_of_two_lives, "", 2, BOTH),
    CASE("interrupt-order-spin", spin_lock_inside, "", 2, BOTH),
    CASE("interrupt-order-spin-both", spin_lock_in_both_orders, "LockOrder", 2, BOTH),
    CASE("interrupt-order-service", service_against_spin_lock, "LockOrder", 2, BOTH),
    CASE("interrupt-order-interrupted", service_interrupts_a_holder, "", 2, BOTH),
    CASE("interrupt-order-deadlock", each_has_one, "Deadlock", 2, CHECKED),
    CASE("interrupt-disconnect", connect_and_disconnect, "", 4, BOTH),
    CASE("interrupt-disconnect-waits", disconnect_waits_for_the_service, "", 2, BOTH),
    CASE("interrupt-affinity", interrupts_stay_in_their_affinity, "", 4, BOTH),
    CASE("interrupt-last-edge", last_edge_is_not_lost, "", 2, BOTH),
    CASE("interrupt-wakes-idle", idle_processor_wakes, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
