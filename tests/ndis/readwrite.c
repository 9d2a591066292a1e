/*
 * readwrite.c - NDIS_RW_LOCK, the reader/writer lock in the caller's memory (RW-15 to RW-17).
 */
#include <ndis.h>

#include "check.h"
#include "machine.h"

#define THREADS 4
#define ROUNDS 3000

static NDIS_RW_LOCK lock;
static volatile LONG readers, writers;
static ULONG left, right;

static void levels(void *argument)
{
    (void)argument;
    LOCK_STATE outer, inner;
    KIRQL old;
    NdisInitializeReadWriteLock(&lock);
    NdisAcquireReadWriteLock(&lock, FALSE, &outer);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisAcquireReadWriteLock(&lock, FALSE, &inner); /* one release for each */
    NdisReleaseReadWriteLock(&lock, &inner);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseReadWriteLock(&lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisAcquireReadWriteLock(&lock, TRUE, &outer);
    NdisAcquireReadWriteLock(&lock, TRUE, &inner);
    NdisReleaseReadWriteLock(&lock, &inner);
    NdisReleaseReadWriteLock(&lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisDprAcquireReadWriteLock(&lock, TRUE, &outer);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisDprReleaseReadWriteLock(&lock, &outer);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

static void read_once(void)
{
    LOCK_STATE state;
    NdisAcquireReadWriteLock(&lock, FALSE, &state);
    InterlockedIncrement(&readers);
    CHECK_EQ(writers, 0);
    CHECK_EQ(left, right);
    InterlockedDecrement(&readers);
    NdisReleaseReadWriteLock(&lock, &state);
}

static void write_once(void)
{
    LOCK_STATE state;
    NdisAcquireReadWriteLock(&lock, TRUE, &state);
    CHECK_EQ(InterlockedIncrement(&writers), 1);
    CHECK_EQ(readers, 0);
    left++;
    right++;
    InterlockedDecrement(&writers);
    NdisReleaseReadWriteLock(&lock, &state);
}

static void work(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 4 == 0) {
            write_once();
        } else {
            read_once();
        }
    }
}

static void exclusion(void *argument)
{
    (void)argument;
    struct thread threads[THREADS];
    NdisInitializeReadWriteLock(&lock);
    for (int i = 0; i < THREADS; i++) {
        thread_start(&threads[i], work, NULL, i);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(left, THREADS * ROUNDS / 4);
    CHECK_EQ(left, right);
}

static volatile LONG second_is_in;

static void second_reader(void *argument)
{
    LOCK_STATE state;
    (void)argument;
    NdisAcquireReadWriteLock(&lock, FALSE, &state);
    second_is_in = 1;
    NdisReleaseReadWriteLock(&lock, &state);
}

static void sharing(void *argument)
{
    (void)argument;
    struct thread thread;
    LOCK_STATE state;
    NdisInitializeReadWriteLock(&lock);
    run_on(0);
    thread_start(&thread, second_reader, NULL, 1);
    NdisAcquireReadWriteLock(&lock, FALSE, &state);
    while (!second_is_in) { /* on the other processor, while this one reads */
        YieldProcessor();
    }
    NdisReleaseReadWriteLock(&lock, &state);
    thread_join(&thread);
}

static const struct test_case cases[] = {
    CASE("read_write_levels", levels, "", 1, BOTH),
    CASE("read_write_exclusion", exclusion, "", 4, BOTH),
    CASE("read_write_sharing", sharing, "", 2, BOTH),
};

TEST_MAIN(cases)
