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

static PNDIS_RW_LOCK_EX lock;
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

static void write_once(ULONG how)
{
    LOCK_STATE_EX state;
    switch (how % 3) {
    case 0:
        NdisAcquireRWLockWrite(lock, &state, 0);
        break;
    case 1:
        if (!NdisTryAcquireRWLockWrite(lock, &state, 0)) {
            return;
        }
        break;
    default:
        if (!NdisTryAcquireRWLockRead(lock, &state, 0)) {
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
            read_once(i % 16 == 0);
        }
        run_on(next_random(&seed) % 4);
        ULONG some = 1 + next_random(&seed) % 3;
        for (ULONG i = 0; i < some; i++) {
            write_once(next_random(&seed));
        }
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

/* A lock that is only read becomes one whose readers make no fences, until it is written. */
static void modes(void)
{
    volatile uint32_t *word = rw_lock_ex(lock).words.writer;
    bool can = !UNDIS_CHECKED && host_barrier_there;
    run_on(0);
    for (int i = 0; i < 5000; i++) {
        read_once(false);
    }
    CHECK_EQ(*word == RW_ASYMMETRIC, can);
    write_once(0);
    CHECK((*word & ~RW_EPOCH) == 0);
    read_once(true);
    CHECK((*word & ~RW_EPOCH) == 0);
}

static void readers_and_writers(void *argument)
{
    (void)argument;
    lock = NdisAllocateRWLock(NULL);
    modes();
    run_actors(read_and_write);
    modes();
    CHECK(writes > 0);
    for (int i = 0; i < WORDS; i++) {
        CHECK_EQ(words[i], writes);
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
