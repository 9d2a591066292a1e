/*
 * rwlock.c - NDIS_RW_LOCK_EX, and the lock rules for it and for NDIS_RW_LOCK (RW-1 to RW-17).
 */
#include <ndis.h>

#include "check.h"
#include "machine.h"

static PNDIS_RW_LOCK_EX lock;
static volatile LONG step, held;

static void lock_make(void)
{
    step = 0;
    lock = NdisAllocateRWLock(NULL);
    CHECK(lock != NULL);
}

/* ---- what is allowed --------------------------------------------------------------------------- */

static void levels(void *argument)
{
    LOCK_STATE_EX outer, inner, innermost;
    KIRQL old;
    (void)argument;
    lock_make();
    NdisAcquireRWLockRead(lock, &outer, 0); /* RW-3, RW-4 */
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL); /* RW-5, RW-8 */
    NdisAcquireRWLockRead(lock, &innermost, 0);                      /* zero is always allowed */
    NdisReleaseRWLock(lock, &inner);
    NdisReleaseRWLock(lock, &innermost);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &outer); /* RW-12 */
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);

    NdisAcquireRWLockWrite(lock, &outer, 0);
    NdisAcquireRWLockWrite(lock, &inner, 0); /* RW-9 */
    NdisAcquireRWLockRead(lock, &innermost, 0);
    NdisReleaseRWLock(lock, &innermost);
    NdisReleaseRWLock(lock, &inner);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisAcquireRWLockWrite(lock, &outer, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    NdisFreeRWLock(lock);
}

static void other_reads(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    NdisAcquireRWLockRead(lock, &state, 0);
    NdisReleaseRWLock(lock, &state);
    step = 1;
}

static void other_tries(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    while (!held) {
        YieldProcessor();
    }
    CHECK(!NdisTryAcquireRWLockWrite(lock, &state, 0));
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    step = NdisTryAcquireRWLockRead(lock, &state, 0) ? 2 : 1;
    if (step == 2) {
        NdisReleaseRWLock(lock, &state);
    }
}

/* Runs body on processor 1, beside this one. */
static void meanwhile(struct thread *thread, void (*body)(void *))
{
    step = 0;
    held = 0;
    thread_start(thread, body, NULL, 1);
}

/* The lock is held now; waits for what the other one does then. */
static LONG see(void)
{
    held = 1;
    while (step == 0) {
        YieldProcessor();
    }
    return step;
}

static void sharing(void *argument)
{
    struct thread thread;
    LOCK_STATE_EX state, again;
    (void)argument;
    lock_make();
    run_on(0);
    meanwhile(&thread, other_reads);
    NdisAcquireRWLockRead(lock, &state, 0);
    CHECK_EQ(see(), 1); /* readers do not keep each other out (RW-6) */
    NdisReleaseRWLock(lock, &state);
    thread_join(&thread);

    for (int write = 0; write < 2; write++) {
        meanwhile(&thread, other_tries);
        (write ? NdisAcquireRWLockWrite : NdisAcquireRWLockRead)(lock, &state, 0);
        if (!write) { /* the only reader may become the writer */
            CHECK(NdisTryAcquireRWLockRead(lock, &again, 0));
            CHECK(!NdisTryPromoteRWLockFromReadToWrite(lock, &state));
            NdisReleaseRWLock(lock, &again);
        }
        CHECK_EQ(see(), write ? 1 : 2);
        NdisReleaseRWLock(lock, &state);
        thread_join(&thread);
    }
    meanwhile(&thread, other_tries);
    NdisAcquireRWLockRead(lock, &state, 0);
    CHECK(NdisTryPromoteRWLockFromReadToWrite(lock, &state));
    CHECK_EQ(see(), 1);
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    thread_join(&thread);
    NdisFreeRWLock(lock);
}

static volatile LONG sum_a, sum_b;

static void count(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    for (unsigned i = 0; i < 4000; i++) {
        if (i % 4 == 0) {
            NdisAcquireRWLockWrite(lock, &state, 0);
            sum_a = sum_a + 1;
            sum_b = sum_b + 1;
        } else {
            NdisAcquireRWLockRead(lock, &state, 0);
            CHECK_EQ(sum_a, sum_b);
        }
        NdisReleaseRWLock(lock, &state);
    }
}

static void exclusion(void *argument)
{
    struct thread threads[4];
    (void)argument;
    lock_make();
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], count, NULL, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(sum_a, 4000);
    CHECK_EQ(sum_b, 4000);
    NdisFreeRWLock(lock);
}

/* ---- what is not ------------------------------------------------------------------------------- */

/* After each mistake the lock is free again and IRQL is what correct code would have. */
static void check_free(void)
{
    LOCK_STATE_EX state;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(NdisTryAcquireRWLockWrite(lock, &state, 0));
    NdisReleaseRWLock(lock, &state);
}

static void promotes(void)
{
    LOCK_STATE_EX read, write;
    NdisAcquireRWLockRead(lock, &read, 0);
    NdisAcquireRWLockWrite(lock, &write, 0); /* SpinLockRecursive: RW-10 */
    NdisReleaseRWLock(lock, &write);
    NdisReleaseRWLock(lock, &read);
    check_free();
}

static void lies_about_the_level(void)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL); /* SpinLockBelowDispatch: RW-5 */
    NdisReleaseRWLock(lock, &state);
    check_free();
}

static void shares_a_state(void)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(lock, &state, 0);
    NdisAcquireRWLockRead(lock, &state, 0); /* RwLockState: RW-4 */
    NdisReleaseRWLock(lock, &state);
    NdisReleaseRWLock(lock, &state);
    check_free();
}

static void releases_out_of_order(void)
{
    PNDIS_RW_LOCK_EX other = NdisAllocateRWLock(NULL);
    LOCK_STATE_EX one, two;
    NdisAcquireRWLockWrite(lock, &one, 0);
    NdisAcquireRWLockRead(other, &two, 0);
    NdisReleaseRWLock(lock, &one); /* SpinLockReleaseOrder */
    NdisReleaseRWLock(other, &two);
    check_free();
    NdisFreeRWLock(other);
}

static void releases_a_free_lock(void)
{
    LOCK_STATE_EX state = {0};
    NdisReleaseRWLock(lock, &state); /* SpinLockNotOwned */
    check_free();
}

static void lowers(void)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(lock, &state, 0);
    KeLowerIrql(PASSIVE_LEVEL); /* SpinLockHeldBelowDispatch: RW-11 */
    NdisReleaseRWLock(lock, &state);
    check_free();
}

static LOCK_STATE_EX left;

static void returns_with_it(void *argument)
{
    (void)argument;
    NdisAcquireRWLockWrite(lock, &left, NDIS_RWL_AT_DISPATCH_LEVEL); /* SpinLockHeldAtReturn */
}

static void releases_elsewhere(void *argument)
{
    (void)argument;
    NdisReleaseRWLock(lock, &left); /* SpinLockWrongOwner: RW-11 */
    step = 1;
}

static void crosses_processors(void)
{
    struct dpc dpc;
    dpc_init(&dpc, releases_elsewhere, NULL, 1);
    step = 0;
    run_on(0);
    NdisAcquireRWLockRead(lock, &left, 0);
    dpc_queue(&dpc);
    while (step == 0) {
        YieldProcessor();
    }
    KeLowerIrql(PASSIVE_LEVEL);
    check_free();
}

static void is_held_at_return(void)
{
    struct dpc dpc;
    dpc_init(&dpc, returns_with_it, NULL, 0);
    dpc_queue(&dpc);
    SLEEP_UNTIL(dpc.runs == 1);
    check_free();
}

static void in_an_isr(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    NdisAcquireRWLockRead(lock, &state, 0); /* SpinLockAboveDispatch: RW-14 */
    NdisReleaseRWLock(lock, &state);
}

static void ends_badly(void)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(lock, &state, 0);
    NdisFreeRWLock(lock); /* SpinLockFreedWhileHeld: RW-2 */
    NdisReleaseRWLock(lock, &state);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisAcquireRWLockWrite(lock, &state, 0); /* SpinLockNotAllocated, once */
    NdisReleaseRWLock(lock, &state);
    NdisFreeRWLock(lock);
}

static void mistakes(void *argument)
{
    (void)argument;
    lock_make();
    promotes();
    lies_about_the_level();
    shares_a_state();
    releases_out_of_order();
    releases_a_free_lock();
    lowers();
    crosses_processors();
    is_held_at_return();
    run_as_isr(in_an_isr, NULL, 0);
    check_free();
    ends_badly();
}

/* ---- NDIS_RW_LOCK ------------------------------------------------------------------------------ */

static NDIS_RW_LOCK old_lock;

static void old_mistakes(void *argument)
{
    LOCK_STATE one, two;
    KIRQL irql;
    (void)argument;
    NdisAcquireReadWriteLock(&old_lock, TRUE, &one); /* SpinLockNotAllocated: RW-15 */
    NdisReleaseReadWriteLock(&old_lock, &one);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);

    NdisInitializeReadWriteLock(&old_lock);
    NdisAcquireReadWriteLock(&old_lock, FALSE, &one);
    NdisDprReleaseReadWriteLock(&old_lock, &one); /* SpinLockFlavor: RW-17 */
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);

    NdisDprAcquireReadWriteLock(&old_lock, TRUE, &one); /* SpinLockBelowDispatch */
    NdisDprReleaseReadWriteLock(&old_lock, &one);

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisDprAcquireReadWriteLock(&old_lock, FALSE, &one);
    NdisAcquireReadWriteLock(&old_lock, FALSE, &two); /* both flavours are right */
    NdisReleaseReadWriteLock(&old_lock, &two);
    NdisDprReleaseReadWriteLock(&old_lock, &one);
    KeLowerIrql(irql);

    NdisAcquireReadWriteLock(&old_lock, TRUE, &one); /* and it is free */
    NdisReleaseReadWriteLock(&old_lock, &one);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- two processors ---------------------------------------------------------------------------- */

static PNDIS_RW_LOCK_EX locks[2];

/* Each reads one lock and would write the other. */
static void reads_and_writes(void *argument)
{
    LOCK_STATE_EX read, write;
    int first = argument != NULL;
    NdisAcquireRWLockRead(locks[first], &read, 0);
    InterlockedIncrement(&step);
    while (step < 2) {
        YieldProcessor();
    }
    NdisAcquireRWLockWrite(locks[!first], &write, 0);
    NdisReleaseRWLock(locks[!first], &write);
    NdisReleaseRWLock(locks[first], &read);
}

static void deadlock(void *argument)
{
    struct thread threads[2];
    (void)argument;
    locks[0] = NdisAllocateRWLock(NULL);
    locks[1] = NdisAllocateRWLock(NULL);
    check_expected_end = UNDIS_STOPPED;
    thread_start(&threads[0], reads_and_writes, NULL, 0);
    thread_start(&threads[1], reads_and_writes, locks, 1);
    thread_join(&threads[0]);
    thread_join(&threads[1]);
}

#define MISTAKES                                                                                             \
    "SpinLockRecursive SpinLockBelowDispatch RwLockState SpinLockReleaseOrder SpinLockNotOwned "             \
    "SpinLockHeldBelowDispatch SpinLockWrongOwner SpinLockHeldAtReturn SpinLockAboveDispatch "               \
    "SpinLockFreedWhileHeld SpinLockNotAllocated"

static const struct test_case cases[] = {
    CASE("rw_lock_levels", levels, "", 1, BOTH),
    CASE("rw_lock_sharing", sharing, "", 2, BOTH),
    CASE("rw_lock_exclusion", exclusion, "", 4, BOTH),
    CASE("rw_lock_mistakes", mistakes, MISTAKES, 2, CHECKED),
    CASE("rw_lock_old_mistakes", old_mistakes, "SpinLockNotAllocated SpinLockFlavor SpinLockBelowDispatch", 1,
         CHECKED),
    CASE("rw_lock_deadlock", deadlock, "Deadlock", 2, CHECKED),
};

TEST_MAIN(cases)
