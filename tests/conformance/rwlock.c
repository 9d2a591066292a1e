/*
 * rwlock.c - spec section 4: NDIS_RW_LOCK_EX and NDIS_RW_LOCK.  UNDIS_TEST_INLINE()
 */
#include <ndis.h>

#include "machine.h"

static PNDIS_RW_LOCK_EX lock;

static void lock_make(void)
{
    run_on(0);
    lock = NdisAllocateRWLock(NULL);
    CHECK(lock != NULL);
}

/* ---- what may another processor do?  Asked by a DPC on processor 1; the body stays on processor 0 - */

#define MAY_READ 1
#define MAY_WRITE 2

static struct dpc ask;
static volatile unsigned ask_answer;

static void ask_body(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    ask_answer = 0;
    if (NdisTryAcquireRWLockRead(lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL)) {
        ask_answer |= MAY_READ;
        NdisReleaseRWLock(lock, &state);
    }
    if (NdisTryAcquireRWLockWrite(lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL)) {
        ask_answer |= MAY_WRITE;
        NdisReleaseRWLock(lock, &state);
    }
}

static unsigned another_may(void)
{
    dpc_init(&ask, ask_body, NULL, 1);
    dpc_queue(&ask);
    CHECK_SOON(ask.runs == 1);
    return ask_answer;
}

static void acquire(LOCK_STATE_EX *state, bool write, UCHAR flags)
{
    (write ? NdisAcquireRWLockWrite : NdisAcquireRWLockRead)(lock, state, flags);
}

/* ---- RW-1, RW-2: allocated and freed ------------------------------------------------------------ */

static void allocate_and_free_at(KIRQL irql)
{
    LOCK_STATE_EX state;
    KIRQL old;
    KeRaiseIrql(irql, &old);
    lock = NdisAllocateRWLock(NULL); /* no handle exists yet in DriverEntry */
    CHECK_EQ(KeGetCurrentIrql(), irql);
    CHECK(lock != NULL);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE); /* it starts free */
    acquire(&state, true, 0);
    CHECK_EQ(another_may(), 0);
    NdisReleaseRWLock(lock, &state);
    NdisFreeRWLock(lock);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeLowerIrql(old);
}

static void allocated_and_freed_up_to_dispatch(void *argument)
{
    (void)argument;
    run_on(0);
    allocate_and_free_at(PASSIVE_LEVEL);
    allocate_and_free_at(APC_LEVEL);
    allocate_and_free_at(DISPATCH_LEVEL);
}

static void freed_while_held(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    acquire(&state, false, 0);
    NdisFreeRWLock(lock);
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- RW-3, RW-4, RW-12: levels ------------------------------------------------------------------ */

static void levels_from(KIRQL irql, bool write)
{
    LOCK_STATE_EX state;
    KIRQL old;
    KeRaiseIrql(irql, &old);
    acquire(&state, write, 0);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK_EQ(another_may(), write ? 0 : MAY_READ);
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    KeLowerIrql(old);
}

static void raises_and_restores(void *argument)
{
    (void)argument;
    lock_make();
    for (int write = 0; write < 2; write++) {
        levels_from(PASSIVE_LEVEL, write);
        levels_from(APC_LEVEL, write);
        levels_from(DISPATCH_LEVEL, write);
    }
    NdisFreeRWLock(lock);
}

/* Each acquisition's level is in its own state: two locks, one after the other, from two levels. */
static void state_keeps_the_level(void *argument)
{
    LOCK_STATE_EX outer, inner;
    KIRQL old;
    (void)argument;
    lock_make();
    PNDIS_RW_LOCK_EX other = NdisAllocateRWLock(NULL);
    KeRaiseIrql(APC_LEVEL, &old);
    NdisAcquireRWLockRead(other, &outer, 0);
    acquire(&inner, true, 0);
    NdisReleaseRWLock(lock, &inner);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(other, &outer);
    CHECK_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
    acquire(&outer, false, 0); /* released states may be used again */
    NdisReleaseRWLock(lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisFreeRWLock(other);
    NdisFreeRWLock(lock);
}

static void one_state_for_two(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    acquire(&state, false, 0);
    acquire(&state, false, 0);
    NdisReleaseRWLock(lock, &state);
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

/* ---- RW-5: NDIS_RWL_AT_DISPATCH_LEVEL ----------------------------------------------------------- */

static void flag_at_dispatch(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    for (int n = 0; n < 4; n++) {
        bool write = n & 1;
        KIRQL old = KeRaiseIrqlToDpcLevel();
        acquire(&state, write, n & 2 ? NDIS_RWL_AT_DISPATCH_LEVEL : 0); /* zero is always allowed */
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        CHECK_EQ(another_may(), write ? 0 : MAY_READ);
        NdisReleaseRWLock(lock, &state);
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
        KeLowerIrql(old);
    }
    NdisFreeRWLock(lock);
}

static void flag_at_passive_is_believed(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    for (int write = 0; write < 2; write++) {
        acquire(&state, write, NDIS_RWL_AT_DISPATCH_LEVEL);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL); /* the function looks at nothing */
        CHECK_EQ(another_may(), write ? 0 : MAY_READ);
        NdisReleaseRWLock(lock, &state);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    }
    NdisFreeRWLock(lock);
}

static void flag_at_passive(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    acquire(&state, false, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

/* ---- RW-6: one writer or many readers ----------------------------------------------------------- */

#define WORKERS 4
#define ROUNDS 3000

static volatile LONG readers, most_readers, writers;
static ULONG left, right; /* not atomic: the lock is what protects them */

static void look_as_reader(void)
{
    LONG now = InterlockedIncrement(&readers);
    if (now > most_readers) {
        most_readers = now;
    }
    CHECK_EQ(writers, 0);
    CHECK_EQ(left, right);
    InterlockedDecrement(&readers);
}

static void change_as_writer(void)
{
    CHECK_EQ(InterlockedIncrement(&writers), 1);
    CHECK_EQ(readers, 0);
    left++;
    right++;
    InterlockedDecrement(&writers);
}

static void read_and_write(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        bool write = i % 4 == 0;
        acquire(&state, write, 0);
        (write ? change_as_writer : look_as_reader)();
        NdisReleaseRWLock(lock, &state);
    }
}

static void run_workers(void (*body)(void *))
{
    struct thread threads[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        thread_start(&threads[i], body, NULL, i);
    }
    for (int i = 0; i < WORKERS; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(left, WORKERS * ROUNDS / 4);
    CHECK_EQ(right, left);
}

static void meet_as_reader(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    acquire(&state, false, NDIS_RWL_AT_DISPATCH_LEVEL);
    InterlockedIncrement(&readers);
    CHECK_SOON(readers == WORKERS); /* all of them at once, each on its processor */
    NdisReleaseRWLock(lock, &state);
}

static void one_writer_many_readers(void *argument)
{
    struct dpc dpcs[WORKERS];
    (void)argument;
    lock_make();
    run_workers(read_and_write);
    readers = 0;
    KIRQL old =
        KeRaiseIrqlToDpcLevel(); /* the one of this processor must not run before the others are queued */
    for (int i = 0; i < WORKERS; i++) {
        dpc_init(&dpcs[i], meet_as_reader, NULL, i);
        dpc_queue(&dpcs[i]);
    }
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    NdisFreeRWLock(lock);
}

/* ---- RW-7: a writer waits as long as readers please --------------------------------------------- */

static volatile LONG wrote;

static void write_once(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    acquire(&state, true, 0);
    wrote = 1;
    NdisReleaseRWLock(lock, &state);
}

/* Nobody waits for the writer: who reads may read again, however long the writer has been waiting. */
static void readers_starve_a_writer(void *argument)
{
    struct thread thread;
    LOCK_STATE_EX outer, inner;
    (void)argument;
    lock_make();
    acquire(&outer, false, 0);
    thread_start(&thread, write_once, NULL, 1);
    for (int n = 0; n < 20; n++) {
        spin_ms(2);
        acquire(&inner, false, 0);
        CHECK_EQ(wrote, 0);
        NdisReleaseRWLock(lock, &inner);
    }
    CHECK_EQ(wrote, 0);
    NdisReleaseRWLock(lock, &outer);
    thread_join(&thread);
    CHECK_EQ(wrote, 1);
    NdisFreeRWLock(lock);
}

/* ---- RW-8, RW-9, RW-10: again on the same processor --------------------------------------------- */

#define DEPTH 3

static void recurse(bool write)
{
    LOCK_STATE_EX states[DEPTH];
    lock_make();
    for (int i = 0; i < DEPTH; i++) {
        acquire(&states[i], write, i % 2 ? NDIS_RWL_AT_DISPATCH_LEVEL : 0);
        CHECK_EQ(another_may(), write ? 0 : MAY_READ);
    }
    for (int i = DEPTH - 1; i >= 0; i--) {
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        CHECK_EQ(another_may(), write ? 0 : MAY_READ); /* until the last release */
        NdisReleaseRWLock(lock, &states[i]);
    }
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

static void reads_again(void *argument)
{
    (void)argument;
    recurse(false);
}

static void writes_again(void *argument)
{
    (void)argument;
    recurse(true);
}

static void release_then_write(void *argument)
{
    LOCK_STATE_EX state, second;
    (void)argument;
    lock_make();
    acquire(&state, false, 0);
    CHECK(NdisTryAcquireRWLockRead(lock, &second, 0)); /* a reader, twice: no writer */
    CHECK_EQ(NdisTryPromoteRWLockFromReadToWrite(lock, &state), FALSE);
    CHECK_EQ(another_may(), MAY_READ);
    NdisReleaseRWLock(lock, &second);
    NdisReleaseRWLock(lock, &state);
    acquire(&state, true, 0);
    CHECK_EQ(another_may(), 0);
    NdisReleaseRWLock(lock, &state);
    NdisFreeRWLock(lock);
}

static void writes_while_reading(void *argument)
{
    LOCK_STATE_EX read, write;
    (void)argument;
    lock_make();
    acquire(&read, false, 0);
    acquire(&write, true, 0);
    NdisReleaseRWLock(lock, &write);
    NdisReleaseRWLock(lock, &read);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

/* ---- RW-11: the processor owns it --------------------------------------------------------------- */

/* Whichever thread or DPC of the processor releases: what counts is the processor. */
static LOCK_STATE_EX handed_on;

static void acquires_in_dpc(void *argument)
{
    (void)argument;
    acquire(&handed_on, true, NDIS_RWL_AT_DISPATCH_LEVEL);
    LOCK_STATE_EX again;
    acquire(&again, true, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &again);
    NdisReleaseRWLock(lock, &handed_on);
}

static volatile LONG waiter_runs;

static void set_runs(void *argument)
{
    (void)argument;
    waiter_runs = 1;
}

/* Nobody else runs on the processor meanwhile, so the owner stays where it is. */
static void holder_keeps_its_processor(void *argument)
{
    struct thread thread;
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    for (int write = 0; write < 2; write++) {
        waiter_runs = 0;
        acquire(&state, write, 0);
        thread_start(&thread, set_runs, NULL, 0);
        spin_ms(20);
        CHECK_EQ(KeGetCurrentProcessorNumber(), 0);
        CHECK_EQ(waiter_runs, 0);
        NdisReleaseRWLock(lock, &state);
        thread_join(&thread);
    }
    run_as_dpc(acquires_in_dpc, NULL, 1);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

static void releases_here(void *argument)
{
    (void)argument;
    NdisReleaseRWLock(lock, &handed_on);
}

static void released_by_another_processor(void *argument)
{
    struct dpc dpc;
    (void)argument;
    lock_make();
    acquire(&handed_on, false, 0);
    dpc_init(&dpc, releases_here, NULL, 1);
    dpc_queue(&dpc);
    CHECK_SOON(dpc.runs == 1);
    KeLowerIrql(PASSIVE_LEVEL);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

static void lowered_while_held(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    acquire(&state, true, 0);
    KeLowerIrql(PASSIVE_LEVEL);
    NdisReleaseRWLock(lock, &state);
    NdisFreeRWLock(lock);
}

/* ---- RW-12: released when nobody holds it ------------------------------------------------------- */

static void released_without_acquire(void *argument)
{
    LOCK_STATE_EX state = {0};
    (void)argument;
    lock_make();
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

/* ---- RW-13: written for a few microseconds ------------------------------------------------------ */

/* What a driver does under the lock takes less than a tenth of what is allowed to it. */
static void short_write_fits(void *argument)
{
    LOCK_STATE_EX state;
    ULONGLONG shortest = ~0ull;
    (void)argument;
    lock_make();
    for (int n = 0; n < 1000; n++) {
        LARGE_INTEGER frequency, begin = KeQueryPerformanceCounter(&frequency);
        acquire(&state, true, 0);
        left++;
        right++;
        NdisReleaseRWLock(lock, &state);
        ULONGLONG ticks = (ULONGLONG)(KeQueryPerformanceCounter(NULL).QuadPart - begin.QuadPart);
        ULONGLONG ns = ticks * 1000000000ull / (ULONGLONG)frequency.QuadPart;
        shortest = ns < shortest ? ns : shortest;
    }
    CHECK(shortest < 25000);
    NdisFreeRWLock(lock);
}

/* ---- RW-14: not for an ISR ---------------------------------------------------------------------- */

static volatile LONG landed;

static void land(void *argument)
{
    (void)argument;
    landed = 1;
}

/* A writer keeps no ISR out: the lock is no protection against it. */
static void isr_lands_under_the_lock(void *argument)
{
    struct isr isr;
    LOCK_STATE_EX state;
    (void)argument;
    lock_make();
    isr_connect(&isr, 5, 1, land, NULL);
    acquire(&state, true, 0);
    ke_line_assert(isr.line);
    CHECK_SOON(landed == 1);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &state);
    isr_disconnect(&isr);
    NdisFreeRWLock(lock);
}

static void acquires_in_isr(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    acquire(&state, false, 0);
    NdisReleaseRWLock(lock, &state);
}

static void acquired_above_dispatch(void *argument)
{
    (void)argument;
    lock_make();
    run_as_isr(acquires_in_isr, NULL, 1);
    CHECK_EQ(another_may(), MAY_READ | MAY_WRITE);
    NdisFreeRWLock(lock);
}

/* ---- RW-15 to RW-17: NDIS_RW_LOCK --------------------------------------------------------------- */

static NDIS_RW_LOCK old_lock;

static void initialized_at_any_irql(void *argument)
{
    LOCK_STATE state;
    KIRQL old;
    (void)argument;
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        memset(&old_lock, 0x5a, sizeof old_lock);
        KeRaiseIrql(irql, &old);
        NdisInitializeReadWriteLock(&old_lock);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
        for (int write = 0; write < 2; write++) {
            NdisAcquireReadWriteLock(&old_lock, (BOOLEAN)write, &state);
            NdisReleaseReadWriteLock(&old_lock, &state);
        }
    }
}

static void old_acquired_uninitialized(void *argument)
{
    LOCK_STATE state;
    (void)argument;
    NdisAcquireReadWriteLock(&old_lock, TRUE, &state);
    NdisReleaseReadWriteLock(&old_lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* The lock has no function that tries: a thread on processor 1 says how far it came. */
static volatile LONG came_through;

static void old_acquire_once(void *write)
{
    LOCK_STATE state;
    NdisAcquireReadWriteLock(&old_lock, write != NULL, &state);
    came_through = 1;
    NdisReleaseReadWriteLock(&old_lock, &state);
}

static void old_excludes(bool write, bool other_writes)
{
    struct thread thread;
    LOCK_STATE outer, inner;
    KIRQL old;
    came_through = 0;
    KeRaiseIrql(APC_LEVEL, &old);
    NdisAcquireReadWriteLock(&old_lock, write, &outer);
    NdisAcquireReadWriteLock(&old_lock, write, &inner); /* one release for each */
    NdisReleaseReadWriteLock(&old_lock, &inner);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    thread_start(&thread, old_acquire_once, other_writes ? &old_lock : NULL, 1);
    if (write || other_writes) {
        spin_ms(30);
        CHECK_EQ(came_through, 0);
    } else {
        CHECK_SOON(came_through == 1);
    }
    NdisReleaseReadWriteLock(&old_lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
    thread_join(&thread);
    CHECK_EQ(came_through, 1);
}

static void old_read_and_write(void *argument)
{
    LOCK_STATE state;
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        bool write = i % 4 == 0;
        NdisAcquireReadWriteLock(&old_lock, write, &state);
        (write ? change_as_writer : look_as_reader)();
        NdisReleaseReadWriteLock(&old_lock, &state);
    }
}

static void old_excludes_and_restores(void *argument)
{
    (void)argument;
    run_on(0);
    NdisInitializeReadWriteLock(&old_lock);
    old_excludes(false, false);
    old_excludes(false, true);
    old_excludes(true, false);
    old_excludes(true, true);
    run_workers(old_read_and_write);
}

static void old_dpr_leaves_irql_alone(void *argument)
{
    LOCK_STATE outer, inner;
    (void)argument;
    NdisInitializeReadWriteLock(&old_lock);
    for (int write = 0; write < 2; write++) {
        KIRQL old = KeRaiseIrqlToDpcLevel();
        NdisDprAcquireReadWriteLock(&old_lock, (BOOLEAN)write, &outer);
        NdisAcquireReadWriteLock(&old_lock, (BOOLEAN)write, &inner); /* the other flavour, paired */
        NdisReleaseReadWriteLock(&old_lock, &inner);
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        NdisDprReleaseReadWriteLock(&old_lock, &outer);
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        KeLowerIrql(old);
        NdisAcquireReadWriteLock(&old_lock, TRUE, &outer);
        NdisReleaseReadWriteLock(&old_lock, &outer);
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

static void old_mixed_flavours(void *argument)
{
    LOCK_STATE state;
    (void)argument;
    NdisInitializeReadWriteLock(&old_lock);
    NdisAcquireReadWriteLock(&old_lock, FALSE, &state);
    NdisDprReleaseReadWriteLock(&old_lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void old_dpr_at_passive(void *argument)
{
    LOCK_STATE state;
    (void)argument;
    NdisInitializeReadWriteLock(&old_lock);
    NdisDprAcquireReadWriteLock(&old_lock, TRUE, &state);
    NdisDprReleaseReadWriteLock(&old_lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("RW-1", allocated_and_freed_up_to_dispatch, "", 2, BOTH),
    CASE("RW-2", allocated_and_freed_up_to_dispatch, "", 2, BOTH),
    CASE("RW-2-held", freed_while_held, "SpinLockFreedWhileHeld", 2, CHECKED),
    CASE("RW-3", raises_and_restores, "", 2, BOTH),
    CASE("RW-4", state_keeps_the_level, "", 2, BOTH),
    CASE("RW-4-shared", one_state_for_two, "RwLockState", 2, CHECKED),
    CASE("RW-5", flag_at_dispatch, "", 2, BOTH),
    CASE("RW-5-believed", flag_at_passive_is_believed, "", 2, FREE),
    CASE("RW-5-at-passive", flag_at_passive, "SpinLockBelowDispatch", 2, CHECKED),
    CASE("RW-6", one_writer_many_readers, "", WORKERS, BOTH),
    CASE("RW-7", readers_starve_a_writer, "", 2, BOTH),
    CASE("RW-8", reads_again, "", 2, BOTH),
    CASE("RW-9", writes_again, "", 2, BOTH),
    CASE("RW-10", release_then_write, "", 2, BOTH),
    CASE("RW-10-promotes", writes_while_reading, "SpinLockRecursive", 2, CHECKED),
    CASE("RW-11", holder_keeps_its_processor, "", 2, BOTH),
    CASE("RW-11-elsewhere", released_by_another_processor, "SpinLockWrongOwner", 2, CHECKED),
    CASE("RW-11-lowered", lowered_while_held, "SpinLockHeldBelowDispatch", 2, CHECKED),
    CASE("RW-12", raises_and_restores, "", 2, BOTH),
    CASE("RW-12-not-held", released_without_acquire, "SpinLockNotOwned", 2, CHECKED),
    CASE("RW-13", short_write_fits, "", 2, BOTH),
    CASE("RW-14", isr_lands_under_the_lock, "", 2, BOTH),
    CASE("RW-14-in-isr", acquired_above_dispatch, "SpinLockAboveDispatch", 2, CHECKED),
    CASE("RW-15", initialized_at_any_irql, "", 1, BOTH),
    CASE("RW-15-uninitialized", old_acquired_uninitialized, "SpinLockNotAllocated", 1, CHECKED),
    CASE("RW-16", old_excludes_and_restores, "", WORKERS, BOTH),
    CASE("RW-17", old_dpr_leaves_irql_alone, "", 1, BOTH),
    CASE("RW-17-mixed", old_mixed_flavours, "SpinLockFlavor", 1, CHECKED),
    CASE("RW-17-at-passive", old_dpr_at_passive, "SpinLockBelowDispatch", 1, CHECKED),
};
/* clang-format on */

TEST_MAIN(cases)
