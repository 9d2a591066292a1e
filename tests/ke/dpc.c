/*
 * dpc.c - DPC queues: order, importance, target, removal, flushing (DP-1 to DP-4).
 */
#include <ntddk.h>

#include "machine.h"

static char trail[64];
static volatile LONG trail_length;

static void leave_mark(void *argument)
{
    LONG at = InterlockedIncrement(&trail_length) - 1;
    trail[at] = (char)(uintptr_t)argument;
}

static struct dpc dpcs[4];

static void init_marked(int processor)
{
    for (int i = 0; i < 4; i++) {
        dpc_init(&dpcs[i], leave_mark, (void *)(uintptr_t)('a' + i), processor);
    }
}

static void first_in_first_out(void *argument)
{
    (void)argument;
    run_on(0);
    init_marked(0);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(dpc_queue(&dpcs[i]), TRUE);
    }
    CHECK_EQ(dpc_queue(&dpcs[2]), FALSE); /* one queue entry per object */
    KeLowerIrql(old);
    CHECK_EQ(strcmp(trail, "abcd"), 0);
    CHECK_EQ(dpc_queue(&dpcs[2]), TRUE);
    CHECK_SOON(trail_length == 5);
}

static void important_ones_go_first(void *argument)
{
    (void)argument;
    run_on(0);
    init_marked(0);
    KeSetImportanceDpc(&dpcs[3].object, HighImportance);
    KeSetImportanceDpc(&dpcs[1].object, HighImportance);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    for (int i = 0; i < 4; i++) {
        dpc_queue(&dpcs[i]);
    }
    KeLowerIrql(old);
    CHECK_EQ(strcmp(trail, "dbac"), 0);
}

static void removed_one_does_not_run(void *argument)
{
    (void)argument;
    run_on(0);
    init_marked(0);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(KeRemoveQueueDpc(&dpcs[0].object), FALSE);
    dpc_queue(&dpcs[0]);
    dpc_queue(&dpcs[1]);
    CHECK_EQ(KeRemoveQueueDpc(&dpcs[0].object), TRUE);
    CHECK_EQ(KeRemoveQueueDpc(&dpcs[0].object), FALSE);
    KeLowerIrql(old);
    CHECK_EQ(strcmp(trail, "b"), 0);
    CHECK_EQ(dpcs[0].runs, 0);
}

static volatile LONG ran_on[64];

static void note_processor(void *argument)
{
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    *(volatile LONG *)argument = 1 + (LONG)KeGetCurrentProcessorNumber();
}

static void targets(void *argument)
{
    struct dpc targeted[4];
    (void)argument;
    for (int i = 0; i < 4; i++) {
        PROCESSOR_NUMBER number = {.Number = (UCHAR)i};
        dpc_init(&targeted[i], note_processor, (void *)&ran_on[i], -1);
        if (i % 2 == 0) {
            KeSetTargetProcessorDpc(&targeted[i].object, (CCHAR)i);
        } else {
            CHECK_EQ(KeSetTargetProcessorDpcEx(&targeted[i].object, &number), STATUS_SUCCESS);
        }
        dpc_queue(&targeted[i]);
    }
    for (int i = 0; i < 4; i++) {
        SLEEP_UNTIL(targeted[i].runs == 1);
        CHECK_EQ(ran_on[i], i + 1);
    }
}

/* Without a target it runs on the processor that queued it. */
static void no_target_means_here(void *argument)
{
    struct dpc dpc;
    (void)argument;
    for (int i = 0; i < 4; i++) {
        run_on((unsigned)i);
        dpc_init(&dpc, note_processor, (void *)&ran_on[i], -1);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        dpc_queue(&dpc);
        KeLowerIrql(old);
        CHECK_EQ(dpc.runs, 1);
        CHECK_EQ(ran_on[i], i + 1);
    }
}

static VOID NTAPI check_arguments(PKDPC dpc, PVOID context, PVOID first, PVOID second_argument)
{
    CHECK_PTR(context, dpc);
    CHECK_PTR(first, (void *)0x11);
    CHECK_PTR(second_argument, (void *)0x22);
    leave_mark((void *)(uintptr_t)'+');
}

static void arguments_arrive(void *argument)
{
    static KDPC dpc;
    (void)argument;
    KeInitializeDpc(&dpc, check_arguments, &dpc);
    CHECK_EQ(KeInsertQueueDpc(&dpc, (void *)0x11, (void *)0x22), TRUE);
    KeFlushQueuedDpcs();
    CHECK_EQ(trail_length, 1);
}

static void slow(void *argument)
{
    (void)argument;
    spin_ms(20);
}

static void flush_waits_for_what_was_queued(void *argument)
{
    struct dpc slow_ones[4];
    (void)argument;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++) {
            dpc_init(&slow_ones[i], slow, NULL, i);
            dpc_queue(&slow_ones[i]);
        }
        KeFlushQueuedDpcs();
        for (int i = 0; i < 4; i++) {
            CHECK_EQ(slow_ones[i].runs, 1);
        }
    }
}

/* DP-3: queued again from inside itself, it runs again. */
static struct dpc again;

static void queue_again(void *argument)
{
    (void)argument;
    if (again.runs < 999) {
        CHECK_EQ(dpc_queue(&again), TRUE);
    }
}

static void queued_again_while_running(void *argument)
{
    (void)argument;
    dpc_init(&again, queue_again, NULL, -1);
    dpc_queue(&again);
    SLEEP_UNTIL(again.runs == 1000);
}

/* Everybody queues DPCs at everybody: as many runs as accepted insertions. */
static struct dpc crossed[4];
static volatile LONG accepted[4];

static void queue_at_all(void *argument)
{
    (void)argument;
    for (int i = 0; i < 20000; i++) {
        int target = i & 3;
        if (dpc_queue(&crossed[target])) {
            InterlockedIncrement(&accepted[target]);
        }
    }
}

static void none_lost_between_processors(void *argument)
{
    struct thread threads[4];
    (void)argument;
    for (int i = 0; i < 4; i++) {
        dpc_init(&crossed[i], NULL, NULL, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], queue_at_all, NULL, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    KeFlushQueuedDpcs();
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(crossed[i].runs, accepted[i]);
        CHECK(accepted[i] > 0);
    }
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("dpc-fifo", first_in_first_out, "", 2, BOTH),
    CASE("dpc-importance", important_ones_go_first, "", 2, BOTH),
    CASE("dpc-remove", removed_one_does_not_run, "", 2, BOTH),
    CASE("dpc-target", targets, "", 4, BOTH),
    CASE("dpc-no-target", no_target_means_here, "", 4, BOTH),
    CASE("dpc-arguments", arguments_arrive, "", 2, BOTH),
    CASE("dpc-flush", flush_waits_for_what_was_queued, "", 4, BOTH),
    CASE("dpc-queued-again", queued_again_while_running, "", 2, BOTH),
    CASE("dpc-crossed", none_lost_between_processors, "", 4, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
