/*
 * asymmetric.h - what has a fast side without fences and a slow one that pays for both: NDIS_RW_LOCK_EX and
 * the DPC queue.  The bodies, for asymmetric.c and fenced.c.
 *
 * Bounded by counts, not by time.  What this does not show: orders that the host's scheduler never produces.
 */
#ifndef UNDIS_TESTS_TORTURE_ASYMMETRIC_H
#define UNDIS_TESTS_TORTURE_ASYMMETRIC_H

#include <ndis.h>

#include "machine.h"
#include "ndis/rwcore.h"

#define ACTORS 6

static ULONG next_random(ULONG *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void run_actors(void (*body)(void *))
{
    static struct thread threads[ACTORS];
    for (uintptr_t i = 0; i < ACTORS; i++) {
        thread_start(&threads[i], body, (void *)i, -1);
    }
    for (int i = 0; i < ACTORS; i++) {
        thread_join(&threads[i]);
    }
}

/* ---- readers and writers ----------------------------------------------------------------------- */

#define ROUNDS 20
#define BURST (UNDIS_CHECKED ? 300 : 20000) /* so that readers do without fences again, most of the time */
#define WORDS 8

static PNDIS_RW_LOCK_EX lock, other;
static volatile ULONG words[WORDS];
static volatile LONG writes, writers, promotions;

static void read_words(bool lingers)
{
    ULONG first = words[0];
    for (int i = 0; lingers && i < 20; i++) {
        YieldProcessor();
    }
    for (int i = 1; i < WORDS; i++) {
        if (words[i] != first) {
            check_fail(__FILE__, __LINE__, "word %d is %u, expected %u: a writer is inside", i,
                       (unsigned)words[i], (unsigned)first);
        }
    }
}

static void write_words(void)
{
    CHECK_EQ(InterlockedIncrement(&writers), 1);
    for (int i = 0; i < WORDS; i++) {
        words[i]++;
    }
    InterlockedDecrement(&writers);
    InterlockedIncrement(&writes);
}

static void read_once(bool nested)
{
    LOCK_STATE_EX outer, inner;
    NdisAcquireRWLockRead(lock, &outer, 0);
    read_words(nested);
    if (nested) {
        NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
        read_words(true);
        NdisReleaseRWLock(lock, &inner);
        read_words(true);
    }
    NdisReleaseRWLock(lock, &outer);
}

/* Under another lock as well, and the two left in the order in which they were entered. */
static void read_two(bool other_first)
{
    LOCK_STATE_EX state, other_state;
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisAcquireRWLockRead(other_first ? other : lock, &other_state, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisAcquireRWLockRead(other_first ? lock : other, &state, 0);
    read_words(true);
    if (other_first) {
        NdisReleaseRWLock(other, &other_state);
        read_words(true);
        NdisReleaseRWLock(lock, &state);
    } else {
        NdisReleaseRWLock(other, &state);
        read_words(true);
        NdisReleaseRWLock(lock, &other_state);
    }
    KeLowerIrql(old);
}

static void read_somehow(ULONG how)
{
    if (how % 16 == 1) {
        read_two(how % 32 == 1);
    } else {
        read_once(how % 16 == 0);
    }
}

static void write_once(ULONG how)
{
    LOCK_STATE_EX state;
    switch (how % 4) {
    case 0:
        NdisAcquireRWLockWrite(lock, &state, 0);
        break;
    case 1:
        if (!NdisTryAcquireRWLockWrite(lock, &state, 0)) {
            return;
        }
        break;
    default:
        if (how % 4 == 2) {
            NdisAcquireRWLockRead(lock, &state, 0);
        } else if (!NdisTryAcquireRWLockRead(lock, &state, 0)) {
            return;
        }
        read_words(true);
        if (!NdisTryPromoteRWLockFromReadToWrite(lock, &state)) {
            NdisReleaseRWLock(lock, &state);
            return;
        }
        InterlockedIncrement(&promotions);
    }
    write_words();
    NdisReleaseRWLock(lock, &state);
}

static void read_and_write(void *argument)
{
    ULONG seed = (ULONG)(uintptr_t)argument + 1;
    for (int round = 0; round < ROUNDS; round++) {
        ULONG burst = next_random(&seed) % BURST;
        for (ULONG i = 0; i < burst; i++) {
            read_somehow(i);
        }
        run_on(next_random(&seed) % 4);
        ULONG some = 1 + next_random(&seed) % 3;
        for (ULONG i = 0; i < some; i++) {
            write_once(next_random(&seed));
        }
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

static volatile uint32_t *word_of_lock(void)
{
    return rw_lock_ex(lock).words.writer;
}

static void read_often(void)
{
    for (int i = 0; i < 5000; i++) {
        read_once(false);
    }
}

/* A lock that is only read becomes one whose readers make no fences, until it is written. */
static void modes(void)
{
    bool can = !UNDIS_CHECKED && host_barrier_there;
    run_on(0);
    read_often();
    CHECK_EQ(*word_of_lock() == RW_ASYMMETRIC, can);
    write_once(0);
    CHECK((*word_of_lock() & ~RW_EPOCH) == 0);
    read_once(true);
    CHECK((*word_of_lock() & ~RW_EPOCH) == 0);
}

/* A reader that goes by the lock's name says so while it reads, and to a writer who looks. */
static void names(void)
{
    LOCK_STATE_EX first, second, none;
    run_on(0);
    read_often();
    uint32_t name = *word_of_lock() == RW_ASYMMETRIC ? rw_lock_ex(lock).name : 0;
    CHECK(name != 0 || UNDIS_CHECKED || !host_barrier_there);
    NdisAcquireRWLockRead(lock, &first, 0);
    CHECK_EQ(ke_processor()->reading, name);
    NdisAcquireRWLockRead(other, &second, 0);
    CHECK_EQ(ke_processor()->reading, name);
    CHECK_EQ(NdisTryAcquireRWLockWrite(other, &none, 0), FALSE);
    NdisReleaseRWLock(other, &second);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &first);
    CHECK_EQ(ke_processor()->reading, 0);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void readers_and_writers(void *argument)
{
    (void)argument;
    lock = NdisAllocateRWLock(NULL);
    other = NdisAllocateRWLock(NULL);
    modes();
    names();
    run_actors(read_and_write);
    modes();
    CHECK(writes > 0);
    for (int i = 0; i < WORDS; i++) {
        CHECK_EQ(words[i], writes);
    }
    NdisFreeRWLock(other);
    NdisFreeRWLock(lock);
}

/* ---- a reader, and who would write meanwhile ---------------------------------------------------- */

static volatile LONG reads_now, tried, written;

static void try_to_write(void *argument)
{
    (void)argument;
    LOCK_STATE_EX state;
    while (!reads_now) {
        YieldProcessor();
    }
    CHECK_EQ(NdisTryAcquireRWLockWrite(lock, &state, 0), FALSE);
    tried = 1;
}

static void wait_to_write(void *argument)
{
    (void)argument;
    LOCK_STATE_EX state;
    while (!tried) {
        YieldProcessor();
    }
    NdisAcquireRWLockWrite(lock, &state, 0);
    written = 1;
    NdisReleaseRWLock(lock, &state);
}

static void wait_until(const volatile LONG *flag)
{
    while (!*flag) {
        YieldProcessor();
    }
}

/*
 * Processor 0 reads.  A try on another one fails and leaves the lock as it was; a writer waits, and meanwhile
 * the reader reads again (RW-8); he writes when both have ended, in whichever order.
 */
static void read_with_guests(bool outer_first)
{
    struct thread trying, writing;
    LOCK_STATE_EX outer, inner;
    KIRQL old;
    run_on(0);
    read_often();
    uint32_t before = *word_of_lock();
    reads_now = tried = written = 0;
    thread_start(&trying, try_to_write, NULL, 1);
    thread_start(&writing, wait_to_write, NULL, 2);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisAcquireRWLockRead(lock, &outer, outer_first ? NDIS_RWL_AT_DISPATCH_LEVEL : 0);
    CHECK_EQ(*word_of_lock(), before);
    reads_now = 1;
    wait_until(&tried);
    while ((*word_of_lock() & RW_WRITER) == 0) {
        YieldProcessor();
    }
    NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
    CHECK_EQ(NdisTryPromoteRWLockFromReadToWrite(lock, &inner), FALSE);
    NdisReleaseRWLock(lock, outer_first ? &outer : &inner);
    for (int i = 0; i < 10000; i++) {
        CHECK_EQ(written, 0);
    }
    NdisReleaseRWLock(lock, outer_first ? &inner : &outer);
    wait_until(&written);
    KeLowerIrql(old);
    thread_join(&trying);
    thread_join(&writing);
    CHECK((*word_of_lock() & ~RW_EPOCH) == 0);
}

static void reader_with_guests(void *argument)
{
    (void)argument;
    lock = NdisAllocateRWLock(NULL);
    for (int i = 0; i < 20; i++) {
        read_with_guests(i % 2 == 0);
    }
    NdisFreeRWLock(lock);
}

/* ---- DPCs that are queued and taken back from everywhere --------------------------------------- */

#define OBJECTS 12
#define TURNS 6000

static KDPC objects[OBJECTS];
static volatile LONG queued, removed, ran;
static volatile LONG armed[OBJECTS]; /* insertions less removals and runs: 0 or, for a moment, -1 or 1 */

static VOID NTAPI object_runs(PKDPC dpc, PVOID context, PVOID first, PVOID second_argument)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(first == dpc && second_argument == &objects[0]);
    CHECK(dpc->Number == 0 || dpc->Number == KeGetCurrentProcessorNumber() + 1);
    InterlockedDecrement(&armed[dpc - objects]);
    InterlockedIncrement(&ran);
}

static void queue_or_remove(ULONG number, bool removes)
{
    KDPC *dpc = &objects[number];
    if (removes) {
        if (KeRemoveQueueDpc(dpc)) {
            InterlockedDecrement(&armed[number]);
            InterlockedIncrement(&removed);
        }
    } else if (KeInsertQueueDpc(dpc, dpc, &objects[0])) {
        InterlockedIncrement(&armed[number]);
        InterlockedIncrement(&queued);
    }
}

static void queue_and_remove(void *argument)
{
    ULONG seed = (ULONG)(uintptr_t)argument + 1;
    for (int turn = 0; turn < TURNS; turn++) {
        ULONG choice = next_random(&seed);
        KIRQL old = PASSIVE_LEVEL;
        bool raises = choice % 4 != 0;
        if (raises) {
            KeRaiseIrql(DISPATCH_LEVEL, &old);
        }
        ULONG count = 1 + choice / 4 % 16;
        for (ULONG i = 0; i < count; i++) {
            ULONG which = next_random(&seed);
            queue_or_remove(which % OBJECTS, which / OBJECTS % 3 == 0);
        }
        if (raises) {
            KeLowerIrql(old);
        }
        if (choice % 512 == 5) {
            KeFlushQueuedDpcs();
        } else if (choice % 256 == 6) {
            run_on(next_random(&seed) % 4);
        }
    }
}

static void queued_and_removed(void *argument)
{
    (void)argument;
    for (int i = 0; i < OBJECTS; i++) {
        KeInitializeDpc(&objects[i], object_runs, NULL);
        if (i % 3 != 0) {
            KeSetTargetProcessorDpc(&objects[i], (CCHAR)(i % 4));
        }
        if (i % 5 == 0) {
            KeSetImportanceDpc(&objects[i], HighImportance);
        }
    }
    run_actors(queue_and_remove);
    KeFlushQueuedDpcs();
    CHECK_EQ(queued, ran + removed);
    CHECK(ran > 0 && removed > 0);
    for (int i = 0; i < OBJECTS; i++) {
        CHECK_EQ(armed[i], 0);
        CHECK_EQ(KeRemoveQueueDpc(&objects[i]), FALSE);
    }
}

#endif
