/*
 * thread.c - kernel threads: affinity, preemption, migration, end.
 */
#include <ntddk.h>

#include "machine.h"
#include "ke/run.h"

static volatile LONG count, ended;

static void note_processor(void *argument)
{
    *(volatile LONG *)argument = 1 + (LONG)KeGetCurrentProcessorNumber();
}

static void affinity(void *argument)
{
    struct thread threads[4];
    static volatile LONG ran_on[4];
    (void)argument;
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], note_processor, (void *)&ran_on[i], i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
        CHECK_EQ(ran_on[i], i + 1);
    }
    for (unsigned i = 0; i < 100; i++) {
        run_on(i % 4);
        CHECK_EQ(KeGetCurrentProcessorNumber(), i % 4);
    }
    KeRevertToUserAffinityThread();
}

static volatile LONG busy_stop;

static void busy(void *argument)
{
    volatile LONG *mine = argument;
    while (!busy_stop) {
        (*mine)++;
    }
}

/* Four busy loops at PASSIVE_LEVEL on one processor: the clock preempts each. */
static void busy_loops_share_a_processor(void *argument)
{
    struct thread threads[4];
    static volatile LONG counts[4];
    (void)argument;
    run_on(0);
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], busy, (void *)&counts[i], 1);
    }
    SLEEP_UNTIL(counts[0] > 0 && counts[1] > 0 && counts[2] > 0 && counts[3] > 0);
    LONG before[4];
    for (int i = 0; i < 4; i++) {
        before[i] = counts[i];
    }
    SLEEP_UNTIL(counts[0] != before[0] && counts[1] != before[1] && counts[2] != before[2] &&
                counts[3] != before[3]);
    busy_stop = 1;
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
}

/* ... and none may starve a body that sleeps on the only processor. */
static void busy_loop_does_not_starve(void *argument)
{
    struct thread thread;
    (void)argument;
    thread_start(&thread, busy, (void *)&count, 0);
    for (int i = 0; i < 20; i++) {
        sleep_ms(1);
    }
    CHECK(count > 0);
    busy_stop = 1;
    thread_join(&thread);
}

static void end_early(void *argument)
{
    (void)argument;
    PsTerminateSystemThread(STATUS_SUCCESS);
    count = 99;
}

static void terminate(void *argument)
{
    struct thread thread;
    (void)argument;
    thread_start(&thread, end_early, NULL, -1);
    thread_join(&thread);
    CHECK_EQ(count, 0);
}

static void wait_for_thread_end_twice(void *argument)
{
    struct thread thread;
    (void)argument;
    thread_start(&thread, note_processor, (void *)&count, -1);
    CHECK_EQ(KeWaitForSingleObject(thread.object, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    thread_join(&thread); /* a thread object stays signalled */
    CHECK(count > 0);
}

/* Stack contents and non-volatile registers survive preemption and migration. */
static ULONG mix(ULONG seed, int rounds)
{
    ULONG values[32];
    for (int i = 0; i < 32; i++) {
        values[i] = seed + (ULONG)i;
    }
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 32; i++) {
            values[i] = values[i] * 1664525U + values[(i + 1) & 31] + 1013904223U;
        }
    }
    return values[7];
}

static double sum_harmonic(int terms)
{
    double sum = 0;
    for (int i = 1; i <= terms; i++) {
        sum += 1.0 / i;
    }
    return sum;
}

static void compute(void *argument)
{
    ULONG seed = (ULONG)(uintptr_t)argument;
    ULONG expected = mix(seed, 20000);
    double expected_sum = sum_harmonic(100000);
    for (int i = 0; i < 20; i++) {
        if (mix(seed, 20000) != expected || sum_harmonic(100000) != expected_sum) {
            check_fail(__FILE__, __LINE__, "a thread's registers or stack changed under it");
        }
    }
    InterlockedIncrement(&ended);
}

static void nothing_but_interrupt(void *argument)
{
    (void)argument;
}

static void state_survives_preemption(void *argument)
{
    struct thread threads[6];
    struct isr noise;
    struct outside outside = {.line_count = 1};
    (void)argument;
    isr_connect(&noise, 5, 7, nothing_but_interrupt, NULL);
    outside.lines[0] = noise.line;
    outside_start(&outside, 100000);
    for (int i = 0; i < 6; i++) {
        thread_start(&threads[i], compute, (void *)(uintptr_t)(i + 1), -1);
    }
    for (int i = 0; i < 6; i++) {
        thread_join(&threads[i]);
    }
    outside_stop(&outside);
    isr_disconnect(&noise);
    CHECK_EQ(ended, 6);
}

/* Hops between processors at random moments; IRQL and identity follow the thread. */
static void hop(void *argument)
{
    PKTHREAD self = KeGetCurrentThread();
    ULONG seed = (ULONG)(uintptr_t)argument;
    for (int i = 0; i < 500; i++) {
        seed = seed * 1664525U + 1013904223U;
        unsigned target = seed >> 30;
        run_on(target);
        CHECK_EQ(KeGetCurrentProcessorNumber(), target);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        CHECK_EQ(old, PASSIVE_LEVEL);
        CHECK_EQ(KeGetCurrentProcessorNumber(), target);
        KeLowerIrql(old);
        CHECK_PTR(KeGetCurrentThread(), self);
    }
}

static void migration(void *argument)
{
    struct thread threads[8];
    (void)argument;
    for (int i = 0; i < 8; i++) {
        thread_start(&threads[i], hop, (void *)(uintptr_t)(i + 1), -1);
    }
    for (int i = 0; i < 8; i++) {
        thread_join(&threads[i]);
    }
}

static void count_one(void *argument)
{
    (void)argument;
    InterlockedIncrement(&count);
}

/* Starting and ending threads over and over: stacks and objects are given back. */
static void many_short_threads(void *argument)
{
    struct thread threads[16];
    (void)argument;
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 16; i++) {
            thread_start(&threads[i], count_one, NULL, -1);
        }
        for (int i = 0; i < 16; i++) {
            thread_join(&threads[i]);
        }
    }
    CHECK_EQ(count, 60 * 16);
}

/* All 64 processors come up, each runs a thread and a DPC, and all stop. */
static volatile ULONG64 seen;

static void see(void *argument)
{
    (void)argument;
    __atomic_fetch_or(&seen, 1ULL << KeGetCurrentProcessorNumber(), __ATOMIC_SEQ_CST);
}

static void all_processors(void *argument)
{
    static struct thread threads[64];
    static struct dpc dpcs[64];
    ULONG active = KeQueryActiveProcessorCount(NULL);
    ULONG64 all = active == 64 ? ~0ULL : (1ULL << active) - 1;
    (void)argument;
    for (ULONG i = 0; i < active; i++) {
        thread_start(&threads[i], see, NULL, (int)i);
    }
    for (ULONG i = 0; i < active; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(seen, all);
    seen = 0;
    for (ULONG i = 0; i < active; i++) {
        dpc_init(&dpcs[i], see, NULL, (int)i);
        dpc_queue(&dpcs[i]);
    }
    KeFlushQueuedDpcs();
    CHECK_EQ(seen, all);
}

/* ke_settle: returns when what was started has ended, and not before. */
static void end_late(void *argument)
{
    (void)argument;
    for (int i = 0; i < 10; i++) {
        sleep_ms(10);
    }
    ended = 1;
}

static void start_late_thread(void)
{
    static struct thread thread;
    thread_start(&thread, end_late, NULL, -1);
    ObDereferenceObject(thread.object);
}

static void settle(void *argument)
{
    static KTIMER timer;
    static struct dpc dpc;
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(100)};
    (void)argument;
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    start_late_thread();
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    CHECK_EQ(ended, 1);
    KeInitializeTimer(&timer);
    dpc_init(&dpc, NULL, NULL, -1);
    KeSetTimer(&timer, due, &dpc.object);
    CHECK(ke_settle(CHECK_SECONDS * 1000000000ull));
    CHECK_EQ(dpc.runs, 1);
    busy_stop = 0;
    static struct thread thread;
    thread_start(&thread, busy, (void *)&count, -1);
    CHECK(!ke_settle(200000000)); /* gives up */
    busy_stop = 1;
    thread_join(&thread);
}

/* The body returns while threads still run: the machine stops all the same. */
static void body_returns_first(void *argument)
{
    static struct thread threads[3];
    (void)argument;
    for (int i = 0; i < 3; i++) {
        thread_start(&threads[i], busy, (void *)&count, -1);
    }
    SLEEP_UNTIL(count > 0);
    for (int i = 0; i < 3; i++) {
        ObDereferenceObject(threads[i].object);
    }
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("thread-affinity", affinity, "", 4, BOTH),
    CASE("thread-preempted", busy_loops_share_a_processor, "", 2, BOTH),
    CASE("thread-preempted-one-processor", busy_loop_does_not_starve, "", 1, BOTH),
    CASE("thread-terminate", terminate, "", 2, BOTH),
    CASE("thread-end-signals", wait_for_thread_end_twice, "", 2, BOTH),
    CASE("thread-state-survives", state_survives_preemption, "", 3, BOTH),
    CASE("thread-migration", migration, "", 4, BOTH),
    CASE("thread-many-short", many_short_threads, "", 4, BOTH),
    CASE("thread-1-processor", all_processors, "", 1, BOTH),
    CASE("thread-64-processors", all_processors, "", 64, BOTH),
    CASE("thread-settle", settle, "", 2, BOTH),
    CASE("thread-body-returns-first", body_returns_first, "", 2, FREE),
};
/* clang-format on */

TEST_MAIN(cases)
