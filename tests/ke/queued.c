/*
 * queued.c - the rest of the kernel's spin locks: in-stack queued ones, those for threaded DPCs, and
 * reader/writer ones.  Free-running: order, exclusion, IRQL; in the checked build what is reported.
 */
#include <ntddk.h>

#include "machine.h"

static KSPIN_LOCK lock, second;
static EX_SPIN_LOCK rw;
static LONG counter; /* not atomic: the lock is what protects it */

/* ---- IRQL ---------------------------------------------------------------------------------------- */

static void queued_at(KIRQL irql)
{
    KLOCK_QUEUE_HANDLE handle, inner;
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(!KeTestSpinLock(&lock));
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&second, &inner);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&inner);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLock(&handle);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeAcquireInStackQueuedSpinLockForDpc(&lock, &handle);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLockForDpc(&handle);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    CHECK(KeTestSpinLock(&lock));
}

static void for_dpc_at(KIRQL irql)
{
    KIRQL old = KeAcquireSpinLockForDpc(&lock);
    CHECK_EQ(old, irql);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseSpinLockForDpc(&lock, old);
    CHECK_EQ(KeGetCurrentIrql(), irql);
}

static void ex_at(KIRQL irql)
{
    KIRQL old = ExAcquireSpinLockShared(&rw);
    CHECK_EQ(old, irql);
    CHECK(!ExTryAcquireSpinLockExclusiveAtDpcLevel(&rw));
    CHECK(ExTryConvertSharedSpinLockExclusive(&rw));
    ExReleaseSpinLockExclusive(&rw, old);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    old = ExAcquireSpinLockExclusive(&rw);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(!ExTryAcquireSpinLockSharedAtDpcLevel(&rw));
    ExReleaseSpinLockExclusive(&rw, old);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    CHECK_EQ(rw, 0);
}

static void every_lock_at(KIRQL irql)
{
    queued_at(irql);
    KeInitializeSpinLock(&lock);
    for_dpc_at(irql);
    KeInitializeSpinLock(&lock);
    ex_at(irql);
}

static void levels(void *argument)
{
    (void)argument;
    KeInitializeSpinLock(&lock);
    KeInitializeSpinLock(&second);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= DISPATCH_LEVEL; irql++) {
        KIRQL old;
        KeRaiseIrql(irql, &old);
        every_lock_at(irql);
        KeLowerIrql(old);
    }
}

/* ---- exclusion ----------------------------------------------------------------------------------- */

static void count(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3000; i++) {
        KLOCK_QUEUE_HANDLE handle;
        KeAcquireInStackQueuedSpinLock(&lock, &handle);
        counter++;
        KeReleaseInStackQueuedSpinLock(&handle);
    }
}

static void queued_excludes(void *argument)
{
    struct thread threads[6];
    (void)argument;
    KeInitializeSpinLock(&lock);
    for (int i = 0; i < 6; i++) {
        thread_start(&threads[i], count, NULL, i % 4);
    }
    for (int i = 0; i < 6; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(counter, 18000);
    CHECK(KeTestSpinLock(&lock));
}

/* ---- first come, first served -------------------------------------------------------------------- */

static volatile LONG go, turn, order[8];

static void come(void *argument)
{
    LONG me = (LONG)(LONG_PTR)argument;
    KLOCK_QUEUE_HANDLE handle;
    CHECK_SOON(go >= me);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    order[turn++] = me;
    KeReleaseInStackQueuedSpinLock(&handle);
}

/* How many have come and not had the lock yet (src/ke/lockword.h). */
static unsigned queue_length(void)
{
    uint64_t word = *(volatile KSPIN_LOCK *)&lock;
    return (uint8_t)((word >> 56) - (word >> 48));
}

static void queued_in_order(void *argument)
{
    struct thread threads[3];
    static const int processor[3] = {2, 1, 3};
    (void)argument;
    run_on(0);
    KeInitializeSpinLock(&lock);
    for (int round = 0; round < 6; round++) {
        KLOCK_QUEUE_HANDLE handle;
        turn = 0;
        go = 0;
        for (LONG_PTR i = 0; i < 3; i++) {
            thread_start(&threads[i], come, (void *)(i + 1), processor[i]);
        }
        KeAcquireInStackQueuedSpinLock(&lock, &handle);
        for (unsigned i = 1; i <= 3; i++) {
            go = (LONG)i;
            CHECK_SOON(queue_length() == i);
        }
        KeReleaseInStackQueuedSpinLock(&handle);
        for (int i = 0; i < 3; i++) {
            thread_join(&threads[i]);
            CHECK_EQ(order[i], i + 1);
        }
    }
}

/* ---- reader/writer spin locks -------------------------------------------------------------------- */

static volatile LONG readers_inside, leave;

static void read_until_told(void *argument)
{
    (void)argument;
    KIRQL old = ExAcquireSpinLockShared(&rw);
    InterlockedIncrement(&readers_inside);
    CHECK_SOON(leave);
    ExReleaseSpinLockShared(&rw, old);
}

/* Another reader is in the way of a conversion, and of a writer; not of a reader. */
static void convert_among_readers(void *argument)
{
    struct thread thread;
    (void)argument;
    run_on(0);
    thread_start(&thread, read_until_told, NULL, 1);
    SLEEP_UNTIL(readers_inside == 1);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK(!ExTryAcquireSpinLockExclusiveAtDpcLevel(&rw));
    CHECK(ExTryAcquireSpinLockSharedAtDpcLevel(&rw));
    CHECK(!ExTryConvertSharedSpinLockExclusive(&rw));
    leave = 1;
    CHECK_SOON(rw == 1);
    CHECK(ExTryConvertSharedSpinLockExclusive(&rw));
    CHECK(!ExTryAcquireSpinLockSharedAtDpcLevel(&rw));
    ExReleaseSpinLockExclusiveFromDpcLevel(&rw);
    KeLowerIrql(old);
    thread_join(&thread);
    CHECK_EQ(rw, 0);
}

/* ---- what is reported ---------------------------------------------------------------------------- */

/* Whatever was repaired: the locks are free again and IRQL is what it was. */
static void still_works(void)
{
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    queued_at(PASSIVE_LEVEL);
    ex_at(PASSIVE_LEVEL);
}

static void queued_twice(void *argument)
{
    KLOCK_QUEUE_HANDLE handle, again;
    (void)argument;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &again);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&again);
    KeReleaseInStackQueuedSpinLock(&handle);
    still_works();
}

static void queued_released_twice(void *argument)
{
    KLOCK_QUEUE_HANDLE handle;
    (void)argument;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseInStackQueuedSpinLock(&handle);
    KeReleaseInStackQueuedSpinLock(&handle);
    KeLowerIrql(old);
    still_works();
}

static void queued_out_of_order(void *argument)
{
    KLOCK_QUEUE_HANDLE first, last;
    (void)argument;
    KeAcquireInStackQueuedSpinLock(&lock, &first);
    KeAcquireInStackQueuedSpinLock(&second, &last);
    KeReleaseInStackQueuedSpinLock(&first);
    KeReleaseInStackQueuedSpinLock(&last);
    still_works();
}

static void queued_then_ordinary(void *argument)
{
    KLOCK_QUEUE_HANDLE handle;
    KIRQL old;
    (void)argument;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseInStackQueuedSpinLock(&handle);
    KeAcquireSpinLock(&lock, &old);
    KeReleaseSpinLock(&lock, old);
    still_works();
}

static void queued_released_as_ordinary(void *argument)
{
    KLOCK_QUEUE_HANDLE handle;
    (void)argument;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseSpinLock(&lock, handle.OldIrql);
    still_works();
}

static void queued_below_dispatch(void *argument)
{
    KLOCK_QUEUE_HANDLE handle;
    (void)argument;
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &handle);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
    still_works();
}

static void queued_in_isr(void *argument)
{
    static KLOCK_QUEUE_HANDLE handle;
    (void)argument;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseInStackQueuedSpinLock(&handle);
}

static void queued_above_dispatch(void *argument)
{
    (void)argument;
    run_as_isr(queued_in_isr, NULL, 0);
    still_works();
}

static void keep_queued(void *argument)
{
    static KLOCK_QUEUE_HANDLE handle;
    (void)argument;
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &handle);
}

static void queued_held_at_return(void *argument)
{
    (void)argument;
    run_as_dpc(keep_queued, NULL, 0);
    still_works();
}

static void ex_shared_twice(void *argument)
{
    (void)argument;
    KIRQL old = ExAcquireSpinLockShared(&rw);
    ExAcquireSpinLockSharedAtDpcLevel(&rw);
    ExReleaseSpinLockSharedFromDpcLevel(&rw);
    ExReleaseSpinLockShared(&rw, old);
    still_works();
}

static void ex_promoted_by_acquiring(void *argument)
{
    (void)argument;
    KIRQL old = ExAcquireSpinLockShared(&rw);
    ExAcquireSpinLockExclusiveAtDpcLevel(&rw);
    ExReleaseSpinLockExclusiveFromDpcLevel(&rw);
    ExReleaseSpinLockShared(&rw, old);
    still_works();
}

static void ex_shared_released_as_exclusive(void *argument)
{
    (void)argument;
    KIRQL old = ExAcquireSpinLockShared(&rw);
    ExReleaseSpinLockExclusive(&rw, old);
    still_works();
}

static void ex_converted_released_as_shared(void *argument)
{
    (void)argument;
    KIRQL old = ExAcquireSpinLockShared(&rw);
    CHECK(ExTryConvertSharedSpinLockExclusive(&rw));
    ExReleaseSpinLockShared(&rw, old);
    still_works();
}

static void ex_not_owned(void *argument)
{
    (void)argument;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    ExReleaseSpinLockSharedFromDpcLevel(&rw);
    KeLowerIrql(old);
    still_works();
}

static void ex_converted_by_nobody(void *argument)
{
    (void)argument;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK(!ExTryConvertSharedSpinLockExclusive(&rw));
    KeLowerIrql(old);
    still_works();
}

static void ex_below_dispatch(void *argument)
{
    (void)argument;
    ExAcquireSpinLockSharedAtDpcLevel(&rw);
    ExReleaseSpinLockSharedFromDpcLevel(&rw);
    still_works();
}

static void keep_shared(void *argument)
{
    (void)argument;
    ExAcquireSpinLockSharedAtDpcLevel(&rw);
}

static void ex_held_at_return(void *argument)
{
    (void)argument;
    run_as_dpc(keep_shared, NULL, 1);
    still_works();
}

static EX_SPIN_LOCK garbage[2] = {0x5A5A5A5A, 0x5A5A5A5A};

static void ex_not_zero(void *argument)
{
    (void)argument;
    ExReleaseSpinLockExclusive(&garbage[0], ExAcquireSpinLockExclusive(&garbage[0]));
    CHECK_EQ(garbage[1], 0x5A5A5A5A);
    still_works();
}

static volatile LONG both_there;

static void take_both(void *argument)
{
    bool forwards = argument != NULL;
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(forwards ? &lock : &second, &handle);
    InterlockedIncrement(&both_there);
    while (both_there != 2) {
        YieldProcessor();
    }
    KLOCK_QUEUE_HANDLE other;
    KeAcquireInStackQueuedSpinLockAtDpcLevel(forwards ? &second : &lock, &other);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&other);
    KeReleaseInStackQueuedSpinLock(&handle);
}

static void queued_deadlock(void *argument)
{
    struct thread threads[2];
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    thread_start(&threads[0], take_both, &lock, 1);
    thread_start(&threads[1], take_both, NULL, 2);
    thread_join(&threads[0]);
    CHECK(false);
}

static EX_SPIN_LOCK rw_second;

static void read_and_write(void *argument)
{
    bool forwards = argument != NULL;
    KIRQL old = ExAcquireSpinLockShared(forwards ? &rw : &rw_second);
    InterlockedIncrement(&both_there);
    while (both_there != 2) {
        YieldProcessor();
    }
    ExAcquireSpinLockExclusiveAtDpcLevel(forwards ? &rw_second : &rw);
    ExReleaseSpinLockExclusiveFromDpcLevel(forwards ? &rw_second : &rw);
    ExReleaseSpinLockShared(forwards ? &rw : &rw_second, old);
}

static void ex_deadlock(void *argument)
{
    struct thread threads[2];
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    thread_start(&threads[0], read_and_write, threads, 1);
    thread_start(&threads[1], read_and_write, NULL, 2);
    thread_join(&threads[0]);
    CHECK(false);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("queued.levels", levels, "", 2, BOTH),
    CASE("queued.excludes", queued_excludes, "", 4, BOTH),
    CASE("queued.first-come-first-served", queued_in_order, "", 4, BOTH),
    CASE("queued.ex-convert", convert_among_readers, "", 2, BOTH),
    CASE("queued.recursive", queued_twice, "SpinLockRecursive", 2, CHECKED),
    CASE("queued.not-owned", queued_released_twice, "SpinLockNotOwned", 2, CHECKED),
    CASE("queued.order", queued_out_of_order, "SpinLockReleaseOrder", 2, CHECKED),
    CASE("queued.mixed", queued_then_ordinary, "SpinLockFlavor", 2, CHECKED),
    CASE("queued.flavor", queued_released_as_ordinary, "SpinLockFlavor", 2, CHECKED),
    CASE("queued.below-dispatch", queued_below_dispatch, "SpinLockBelowDispatch", 2, CHECKED),
    CASE("queued.above-dispatch", queued_above_dispatch, "SpinLockAboveDispatch", 2, CHECKED),
    CASE("queued.held-at-return", queued_held_at_return, "SpinLockHeldAtReturn", 2, CHECKED),
    CASE("queued.deadlock", queued_deadlock, "Deadlock", 3, CHECKED),
    CASE("queued.ex-recursive", ex_shared_twice, "SpinLockRecursive", 2, CHECKED),
    CASE("queued.ex-promotion", ex_promoted_by_acquiring, "SpinLockRecursive", 2, CHECKED),
    CASE("queued.ex-flavor", ex_shared_released_as_exclusive, "SpinLockFlavor", 2, CHECKED),
    CASE("queued.ex-converted-flavor", ex_converted_released_as_shared, "SpinLockFlavor", 2, CHECKED),
    CASE("queued.ex-not-owned", ex_not_owned, "SpinLockNotOwned", 2, CHECKED),
    CASE("queued.ex-convert-not-owned", ex_converted_by_nobody, "SpinLockNotOwned", 2, CHECKED),
    CASE("queued.ex-below-dispatch", ex_below_dispatch, "SpinLockBelowDispatch", 2, CHECKED),
    CASE("queued.ex-held-at-return", ex_held_at_return, "SpinLockHeldAtReturn", 2, CHECKED),
    CASE("queued.ex-not-zero", ex_not_zero, "SpinLockNotAllocated", 2, CHECKED),
    CASE("queued.ex-deadlock", ex_deadlock, "Deadlock", 3, CHECKED),
};
/* clang-format on */

TEST_MAIN(cases)
