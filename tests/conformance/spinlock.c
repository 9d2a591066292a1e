/*
 * spinlock.c - spec section 2: NDIS_SPIN_LOCK, what holds in both builds, and what a defect does in the
 * free build.  What the checked build says about defects is in spinlock_checked.c.
 * UNDIS_TEST_INLINE()
 */
#include <ndis.h>

#include "machine.h"

static NDIS_SPIN_LOCK lock, second;

/* ---- is a lock free?  Asked by a DPC on processor 1, while the body stays on processor 0 -------- */

static struct dpc ask;
static volatile BOOLEAN ask_answer;

static void ask_body(void *argument)
{
    PKSPIN_LOCK which = argument;
    ask_answer = KeTryToAcquireSpinLockAtDpcLevel(which);
    if (ask_answer) {
        KeReleaseSpinLockFromDpcLevel(which);
    }
}

static bool is_free(NDIS_SPIN_LOCK *which)
{
    dpc_init(&ask, ask_body, &which->SpinLock, 1);
    dpc_queue(&ask);
    CHECK_SOON(ask.runs == 1);
    return ask_answer;
}

/* ---- SL-1: NdisAllocateSpinLock ---------------------------------------------------------------- */

static void allocate_at(KIRQL irql)
{
    KIRQL old;
    memset(&lock, 0x5a, sizeof lock);
    KeRaiseIrql(irql, &old);
    NdisAllocateSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeLowerIrql(old);
    CHECK_EQ(lock.SpinLock, 0);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    NdisFreeSpinLock(&lock);
}

static void allocate_at_any_irql(void *argument)
{
    (void)argument;
    CHECK_EQ(sizeof(NDIS_SPIN_LOCK), 16);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        allocate_at(irql);
    }
}

/* ---- SL-2, SL-3, SL-4: allocated, used, freed, allocated again --------------------------------- */

static void allocated_lock_works(void *argument)
{
    LIST_ENTRY head, entry;
    ULONG addend = 1;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    NdisInitializeListHead(&head);
    NdisInterlockedInsertTailList(&head, &entry, &lock);
    CHECK_PTR(head.Flink, &entry);
    NdisInterlockedAddUlong(&addend, 2, &lock);
    CHECK_EQ(addend, 3);
    NdisFreeSpinLock(&lock);
}

static void zero_filled_lock_is_free(void *argument)
{
    (void)argument;
    memset(&lock, 0, sizeof lock);
    run_on(0);
    NdisAcquireSpinLock(&lock);
    CHECK(!is_free(&lock));
    NdisReleaseSpinLock(&lock);
    CHECK(is_free(&lock));
}

static void allocate_again_after_free(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++) {
        NdisAllocateSpinLock(&lock);
        NdisAcquireSpinLock(&lock);
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        NdisReleaseSpinLock(&lock);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        NdisFreeSpinLock(&lock);
    }
}

static void allocate_twice_is_not_noticed(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    CHECK(!is_free(&lock));
    NdisReleaseSpinLock(&lock);
    CHECK(is_free(&lock));
}

static void free_at_any_irql(void *argument)
{
    KIRQL old;
    (void)argument;
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        NdisAllocateSpinLock(&lock);
        KeRaiseIrql(irql, &old);
        NdisFreeSpinLock(&lock);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    allocate_again_after_free(NULL);
}

static void free_does_not_release(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisFreeSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
}

/* ---- SL-5, SL-7: NdisAcquireSpinLock and NdisReleaseSpinLock ----------------------------------- */

static void acquire_and_release_at(KIRQL irql)
{
    KIRQL old;
    KeRaiseIrql(irql, &old);
    NdisAcquireSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK_EQ(lock.OldIrql, irql);
    CHECK(!is_free(&lock));
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    CHECK(is_free(&lock));
    KeLowerIrql(old);
}

static void acquire_saves_release_restores(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    acquire_and_release_at(PASSIVE_LEVEL);
    acquire_and_release_at(APC_LEVEL);
    acquire_and_release_at(DISPATCH_LEVEL);
    NdisFreeSpinLock(&lock);
}

/* `held` tells the waiter on processor 1 that the body has the lock; it polls, so that no timer matters. */
static volatile LONG held, wanting, owning;

static void acquire_once(void *argument)
{
    (void)argument;
    CHECK_SOON(held == 1);
    wanting = 1;
    NdisAcquireSpinLock(&lock);
    owning = 1;
    NdisReleaseSpinLock(&lock);
}

static void acquire_spins_until_owned(void *argument)
{
    struct thread thread;
    (void)argument;
    acquire_saves_release_restores(NULL);
    run_on(0);
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, acquire_once, NULL, 1);
    NdisAcquireSpinLock(&lock);
    held = 1;
    CHECK_SOON(wanting == 1);
    spin_ms(50);
    CHECK_EQ(owning, 0);
    NdisReleaseSpinLock(&lock);
    thread_join(&thread);
    CHECK_EQ(owning, 1);
    NdisFreeSpinLock(&lock);
}

/* ---- SL-6: IRQL first, then the lock, then OldIrql --------------------------------------------- */

static volatile KIRQL saved_by_waiter;

static void acquire_from_apc_level(void *argument)
{
    KIRQL old;
    (void)argument;
    CHECK_SOON(held == 1);
    KeRaiseIrql(APC_LEVEL, &old);
    wanting = 1;
    NdisAcquireSpinLock(&lock);
    saved_by_waiter = lock.OldIrql;
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
}

static void old_irql_is_written_by_the_owner(void *argument)
{
    struct thread thread;
    struct dpc dpc;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, acquire_from_apc_level, NULL, 1);
    NdisAcquireSpinLock(&lock);
    held = 1;
    CHECK_SOON(wanting == 1);
    spin_ms(20);
    dpc_init(&dpc, NULL, NULL, 1);
    dpc_queue(&dpc); /* the waiter is at DISPATCH_LEVEL: its processor runs no DPC */
    spin_ms(50);
    CHECK_EQ(dpc.runs, 0);
    CHECK_EQ(lock.OldIrql, PASSIVE_LEVEL);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    thread_join(&thread);
    CHECK_EQ(saved_by_waiter, APC_LEVEL);
    SLEEP_UNTIL(dpc.runs == 1);
    NdisFreeSpinLock(&lock);
}

/* ---- SL-8, SL-9: the Dpr pair ------------------------------------------------------------------ */

static void dpr_leaves_irql_alone(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    lock.OldIrql = 0x5a;
    NdisDprAcquireSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK_EQ(lock.OldIrql, 0x5a);
    CHECK(!is_free(&lock));
    NdisDprReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK_EQ(lock.OldIrql, 0x5a);
    CHECK(is_free(&lock));
    KeLowerIrql(old);
    NdisFreeSpinLock(&lock);
}

static void dpr_at_passive_does_not_raise(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisDprAcquireSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(!is_free(&lock));
    NdisDprReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(is_free(&lock));
}

/* ---- SL-10: flavours --------------------------------------------------------------------------- */

static void both_flavours_at_different_times(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    for (int i = 0; i < 3; i++) {
        NdisAcquireSpinLock(&lock);
        NdisReleaseSpinLock(&lock);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        NdisDprAcquireSpinLock(&lock);
        NdisDprReleaseSpinLock(&lock);
        NdisAcquireSpinLock(&lock);
        NdisReleaseSpinLock(&lock);
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        KeLowerIrql(old);
    }
    NdisFreeSpinLock(&lock);
}

static void dpr_release_after_acquire_stays_raised(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisDprReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(is_free(&lock));
    KeLowerIrql(PASSIVE_LEVEL);
}

static void release_after_dpr_acquire_restores_a_stale_level(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock); /* leaves PASSIVE_LEVEL in OldIrql */
    NdisReleaseSpinLock(&lock);
    KeRaiseIrqlToDpcLevel();
    NdisDprAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- SL-11: not recursive ---------------------------------------------------------------------- */

static volatile LONG came_through;

static void acquire_twice(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&lock);
    wanting = 1;
    NdisAcquireSpinLock(&lock);
    came_through = 1;
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL); /* what the second acquire saved */
    KeLowerIrql(PASSIVE_LEVEL);
}

static void second_acquire_never_returns(void *argument)
{
    struct thread thread;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, acquire_twice, NULL, 1);
    CHECK_SOON(wanting == 1);
    spin_ms(200);
    CHECK_EQ(came_through, 0);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    KeReleaseSpinLockFromDpcLevel(&lock.SpinLock); /* somebody else must let it go */
    KeLowerIrql(old);
    thread_join(&thread);
    CHECK_EQ(came_through, 1);
}

/* ---- SL-12: order of release ------------------------------------------------------------------- */

static void release_in_reverse_order(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    NdisAcquireSpinLock(&lock);
    NdisAcquireSpinLock(&second);
    CHECK_EQ(lock.OldIrql, PASSIVE_LEVEL);
    CHECK_EQ(second.OldIrql, DISPATCH_LEVEL);
    CHECK(!is_free(&lock) && !is_free(&second));
    NdisReleaseSpinLock(&second);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void wrong_order_is_harmless_at_dispatch(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisAcquireSpinLock(&lock);
    NdisAcquireSpinLock(&second);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&second);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisDprAcquireSpinLock(&lock);
    NdisDprAcquireSpinLock(&second);
    NdisDprReleaseSpinLock(&lock);
    NdisDprReleaseSpinLock(&second);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

static void first_release_drops_to_passive(void *argument)
{
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    NdisAcquireSpinLock(&lock);
    NdisAcquireSpinLock(&second);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(is_free(&lock));
    CHECK(!is_free(&second));
    NdisReleaseSpinLock(&second);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(is_free(&second));
    KeLowerIrql(PASSIVE_LEVEL);
}

/* ---- SL-13, SL-19: several locks, several processors ------------------------------------------- */

#define ROUNDS 2000
static ULONG shared_count;

static void count_under_both_locks(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        NdisAcquireSpinLock(&lock);
        NdisAcquireSpinLock(&second);
        shared_count++;
        NdisReleaseSpinLock(&second);
        NdisReleaseSpinLock(&lock);
    }
}

static void several_locks_in_a_fixed_order(void *argument)
{
    struct thread threads[4];
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], count_under_both_locks, NULL, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(shared_count, 4 * ROUNDS);
}

/* ---- SL-14: what may be called under a lock ---------------------------------------------------- */

static void interlocked_and_other_locks_under_a_lock(void *argument)
{
    LIST_ENTRY head, entry;
    LARGE_INTEGER statistic = {.QuadPart = 0};
    LONG counter = 0;
    ULONG addend = 0;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    NdisInitializeListHead(&head);
    NdisAcquireSpinLock(&lock);
    NdisInterlockedIncrement(&counter);
    NdisInterlockedAddLargeStatistic(&statistic, 7);
    NdisInterlockedInsertTailList(&head, &entry, &second);
    NdisInterlockedAddUlong(&addend, 5, &second);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(counter, 1);
    CHECK_EQ(statistic.QuadPart, 7);
    CHECK_EQ(addend, 5);
}

/* ---- SL-15: a hold of a few instructions fits into 25 microseconds ------------------------------ */

static void short_hold_fits(void *argument)
{
    LONGLONG best = 1000000;
    LARGE_INTEGER frequency;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    for (int i = 0; i < 10000; i++) {
        NdisAcquireSpinLock(&lock);
        LARGE_INTEGER start = KeQueryPerformanceCounter(&frequency);
        shared_count++;
        LARGE_INTEGER end = KeQueryPerformanceCounter(NULL);
        NdisReleaseSpinLock(&lock);
        if (end.QuadPart - start.QuadPart < best) {
            best = end.QuadPart - start.QuadPart;
        }
    }
    CHECK(best * 1000000 / frequency.QuadPart <= 25);
    NdisFreeSpinLock(&lock);
}

/* ---- SL-16: a spin lock does not keep an ISR out, NdisMSynchronizeWithInterruptEx does ---------- */

static struct isr shared_isr;
static volatile LONG first_word, second_word;
static volatile LONG torn, isr_processor;

static void look_at_both_words(void *argument)
{
    (void)argument;
    if (first_word != second_word) {
        torn++;
        isr_processor = (LONG)KeGetCurrentProcessorNumber();
    }
}

static void write_both_words(void)
{
    first_word++;
    for (volatile int i = 0; i < 2000; i++) {
    }
    second_word++;
}

static BOOLEAN write_synchronized(void *argument)
{
    (void)argument;
    write_both_words();
    return TRUE;
}

static void only_synchronize_keeps_the_isr_out(void *argument)
{
    struct outside outside = {.line_count = 1};
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    isr_connect(&shared_isr, 5, 1, look_at_both_words, NULL);
    outside.lines[0] = shared_isr.line;
    outside_start(&outside, 200000);
    ULONGLONG until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(CHECK_SECONDS * 1000);
    while (torn == 0 && KeQueryInterruptTime() < until) {
        NdisAcquireSpinLock(&lock);
        write_both_words();
        NdisReleaseSpinLock(&lock);
    }
    CHECK(torn > 0);
    CHECK_EQ(isr_processor, 0);

    torn = 0;
    LONG runs = shared_isr.runs;
    until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(CHECK_SECONDS * 1000);
    while (shared_isr.runs - runs < 200 && KeQueryInterruptTime() < until) {
        CHECK(ke_interrupt_synchronize(&shared_isr.interrupt, write_synchronized, NULL, "write"));
    }
    CHECK(shared_isr.runs - runs >= 200);
    CHECK_EQ(torn, 0);
    outside_stop(&outside);
    isr_disconnect(&shared_isr);
}

/* ---- SL-18: no fault under a lock -------------------------------------------------------------- */

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

/* ---- SL-19: no fairness is promised, but everybody gets on -------------------------------------- */

static volatile LONG turns[4];

static void take_turns(void *argument)
{
    volatile LONG *mine = argument;
    while (*mine < ROUNDS) {
        NdisAcquireSpinLock(&lock);
        (*mine)++;
        shared_count++;
        NdisReleaseSpinLock(&lock);
    }
}

static void any_waiter_may_win(void *argument)
{
    struct thread threads[4];
    (void)argument;
    NdisAllocateSpinLock(&lock);
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], take_turns, (void *)&turns[i], i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
        CHECK_EQ(turns[i], ROUNDS);
    }
    CHECK_EQ(shared_count, 4 * ROUNDS);
}

/* ---- SL-20: returning with a lock held --------------------------------------------------------- */

static void acquire_and_return(void *argument)
{
    (void)argument;
    NdisDprAcquireSpinLock(&lock);
}

static void acquire_and_end(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&lock);
}

static volatile KIRQL irql_afterwards;

static void note_irql(void *argument)
{
    (void)argument;
    irql_afterwards = KeGetCurrentIrql();
}

static void lock_stays_held_after_the_callback(void *argument)
{
    struct thread thread;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    run_as_dpc(acquire_and_return, NULL, 1);
    CHECK(!is_free(&lock));
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, acquire_and_end, NULL, 1);
    thread_join(&thread);
    CHECK(!is_free(&lock));
    irql_afterwards = HIGH_LEVEL;
    thread_start(&thread, note_irql, NULL, 1);
    thread_join(&thread);
    CHECK_EQ(irql_afterwards, PASSIVE_LEVEL); /* the processor goes on */
}

static void lock_released_before_return(void *argument)
{
    struct thread thread;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    held = 1;
    run_as_dpc(acquire_once, NULL, 1);
    CHECK(is_free(&lock));
    thread_start(&thread, acquire_once, NULL, 1);
    thread_join(&thread);
    CHECK(is_free(&lock));
}

/* ---- SL-21: IRQL lowered under a lock ---------------------------------------------------------- */

static volatile LONG got_it = -1;

static void try_on_the_same_processor(void *argument)
{
    (void)argument;
    CHECK_SOON(held == 1);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    got_it = KeTryToAcquireSpinLockAtDpcLevel(&lock.SpinLock);
    KeLowerIrql(old);
}

static void lowering_lets_another_thread_ask(void *argument)
{
    struct thread thread;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, try_on_the_same_processor, NULL, 0);
    NdisAcquireSpinLock(&lock);
    held = 1;
    KeLowerIrql(PASSIVE_LEVEL);
    thread_join(&thread);
    CHECK_EQ(got_it, FALSE);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- SL-22: DPCs run at DISPATCH_LEVEL, so the Dpr pair is for them ----------------------------- */

static void use_dpr(void *argument)
{
    (void)argument;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisDprAcquireSpinLock(&lock);
    shared_count++;
    NdisDprReleaseSpinLock(&lock);
}

static void dpr_in_a_dpc(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    for (int i = 0; i < 10; i++) {
        run_as_dpc(use_dpr, NULL, i % 2);
    }
    CHECK_EQ(shared_count, 10);
}

/* ---- SL-23: queued and ordinary routines, each on locks of its own (ke.queued.mixed: on one) ------ */

static KSPIN_LOCK ordinary_lock, queued_lock;

static void queued_and_ordinary(void *argument)
{
    KLOCK_QUEUE_HANDLE handle;
    KIRQL old;
    (void)argument;
    KeInitializeSpinLock(&ordinary_lock);
    KeInitializeSpinLock(&queued_lock);
    for (int i = 0; i < 3; i++) {
        KeAcquireSpinLock(&ordinary_lock, &old);
        KeAcquireInStackQueuedSpinLockAtDpcLevel(&queued_lock, &handle);
        CHECK(!KeTestSpinLock(&ordinary_lock));
        CHECK(!KeTestSpinLock(&queued_lock));
        KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
        KeReleaseSpinLock(&ordinary_lock, old);
    }
    KeInitializeSpinLock(&queued_lock); /* another lock from now on */
    KeAcquireSpinLock(&queued_lock, &old);
    KeReleaseSpinLock(&queued_lock, old);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- SL-24: released by another processor ------------------------------------------------------ */

static void release_for_somebody_else(void *argument)
{
    (void)argument;
    NdisDprReleaseSpinLock(&lock);
}

static void release_by_another_processor(void *argument)
{
    struct dpc dpc;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    dpc_init(&dpc, release_for_somebody_else, NULL, 1);
    dpc_queue(&dpc);
    CHECK_SOON(dpc.runs == 1);
    CHECK(is_free(&lock));
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("SL-1", allocate_at_any_irql, "", 2, BOTH),
    CASE("SL-2", allocated_lock_works, "", 2, BOTH),
    CASE("SL-2-zero-filled", zero_filled_lock_is_free, "", 2, FREE),
    CASE("SL-3", allocate_again_after_free, "", 2, BOTH),
    CASE("SL-3-twice", allocate_twice_is_not_noticed, "", 2, FREE),
    CASE("SL-4", free_at_any_irql, "", 2, BOTH),
    CASE("SL-4-held", free_does_not_release, "", 2, FREE),
    CASE("SL-5", acquire_spins_until_owned, "", 2, BOTH),
    CASE("SL-6", old_irql_is_written_by_the_owner, "", 2, BOTH),
    CASE("SL-7", acquire_saves_release_restores, "", 2, BOTH),
    CASE("SL-8", dpr_leaves_irql_alone, "", 2, BOTH),
    CASE("SL-8-at-passive", dpr_at_passive_does_not_raise, "", 2, FREE),
    CASE("SL-9", dpr_leaves_irql_alone, "", 2, BOTH),
    CASE("SL-10", both_flavours_at_different_times, "", 2, BOTH),
    CASE("SL-10-acquire-dpr-release", dpr_release_after_acquire_stays_raised, "", 2, FREE),
    CASE("SL-10-dpr-acquire-release", release_after_dpr_acquire_restores_a_stale_level, "", 2, FREE),
    CASE("SL-11-never-returns", second_acquire_never_returns, "", 2, FREE),
    CASE("SL-12", release_in_reverse_order, "", 2, BOTH),
    CASE("SL-12-at-dispatch", wrong_order_is_harmless_at_dispatch, "", 2, BOTH),
    CASE("SL-12-drops-to-passive", first_release_drops_to_passive, "", 2, FREE),
    CASE("SL-13", several_locks_in_a_fixed_order, "", 4, BOTH),
    CASE("SL-14", interlocked_and_other_locks_under_a_lock, "", 2, BOTH),
    CASE("SL-15", short_hold_fits, "", 2, BOTH),
    CASE("SL-16", only_synchronize_keeps_the_isr_out, "", 2, BOTH),
    CASE("SL-18", fault_under_a_lock, "MemoryFault", 2, BOTH),
    CASE("SL-19", any_waiter_may_win, "", 4, BOTH),
    CASE("SL-20", lock_released_before_return, "", 2, BOTH),
    CASE("SL-20-processor-goes-on", lock_stays_held_after_the_callback, "", 2, FREE),
    CASE("SL-21-another-thread-asks", lowering_lets_another_thread_ask, "", 2, FREE),
    CASE("SL-22", dpr_in_a_dpc, "", 2, BOTH),
    CASE("SL-23", queued_and_ordinary, "", 2, BOTH),
    CASE("SL-24-other-processor", release_by_another_processor, "", 2, FREE),
};
/* clang-format on */

TEST_MAIN(cases)
