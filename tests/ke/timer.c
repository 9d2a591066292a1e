/*
 * timer.c - KTIMER (TI-2 to TI-12 as far as they concern ke): one-shot, periodic, cancelling, waiting.
 */
#include <ntddk.h>

#include "machine.h"

static KTIMER timer;
static struct dpc timer_dpc;

static BOOLEAN set_timer_ms(LONGLONG ms, LONG period)
{
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(ms)};
    return KeSetTimerEx(&timer, due, period, &timer_dpc.object);
}

static void setup(TIMER_TYPE type)
{
    KeInitializeTimerEx(&timer, type);
    dpc_init(&timer_dpc, NULL, NULL, -1);
}

static void one_shot(void *argument)
{
    (void)argument;
    setup(NotificationTimer);
    ULONGLONG before = KeQueryInterruptTime();
    CHECK_EQ(set_timer_ms(50, 0), FALSE);
    LONG state = KeReadStateTimer(&timer), runs = timer_dpc.runs;
    if (prompt_since(before, 30)) {
        CHECK_EQ(state, FALSE);
        CHECK_EQ(runs, 0);
    }
    CHECK_EQ(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    CHECK(KeQueryInterruptTime() - before >= (ULONGLONG)MS_TO_100NS(34)); /* TI-12: a tick early at most */
    SLEEP_UNTIL(timer_dpc.runs == 1);
    CHECK_EQ(KeReadStateTimer(&timer), TRUE); /* a notification timer stays signalled */
    sleep_ms(120);
    CHECK_EQ(timer_dpc.runs, 1);
}

static void synchronization_timer_releases_one_wait(void *argument)
{
    LARGE_INTEGER zero = {.QuadPart = 0};
    (void)argument;
    setup(SynchronizationTimer);
    set_timer_ms(10, 0);
    SLEEP_UNTIL(KeReadStateTimer(&timer));
    CHECK_EQ(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
    CHECK_EQ(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);
}

static void absolute_due_time(void *argument)
{
    LARGE_INTEGER due;
    (void)argument;
    setup(NotificationTimer);
    KeQuerySystemTime(&due);
    due.QuadPart += MS_TO_100NS(50);
    KeSetTimer(&timer, due, &timer_dpc.object);
    SLEEP_UNTIL(timer_dpc.runs == 1);
    due.QuadPart -= MS_TO_100NS(10000); /* in the past: at once */
    KeSetTimer(&timer, due, &timer_dpc.object);
    SLEEP_UNTIL(timer_dpc.runs == 2);
}

static void periodic(void *argument)
{
    (void)argument;
    setup(SynchronizationTimer);
    set_timer_ms(10, 20);
    SLEEP_UNTIL(timer_dpc.runs >= 10);
    KeCancelTimer(&timer);
    KeFlushQueuedDpcs();
    LONG runs = timer_dpc.runs;
    sleep_ms(100);
    CHECK_EQ(timer_dpc.runs, runs);
}

/* Sets the timer for 100 ms, then for `later` or never (0), which tells whether it was still set. */
static void set_and_take_back(unsigned later)
{
    for (;;) {
        ULONGLONG begin = KeQueryInterruptTime();
        set_timer_ms(100, 0);
        BOOLEAN was_set = later != 0 ? set_timer_ms(later, 0) : KeCancelTimer(&timer);
        if (prompt_since(begin, 80)) {
            CHECK_EQ(was_set, TRUE);
            return;
        }
        KeCancelTimer(&timer);
        KeFlushQueuedDpcs();
        timer_dpc.runs = 0;
    }
}

/* TI-3: setting a queued timer cancels the old expiry. */
static void set_again(void *argument)
{
    (void)argument;
    setup(NotificationTimer);
    set_and_take_back(300000);
    sleep_ms(250);
    CHECK_EQ(timer_dpc.runs, 0);
    CHECK_EQ(set_timer_ms(10, 0), TRUE);
    SLEEP_UNTIL(timer_dpc.runs == 1);
    CHECK_EQ(set_timer_ms(10, 0), FALSE);
    SLEEP_UNTIL(timer_dpc.runs == 2);
}

/* TI-3: ... and its DPC, when that is still queued. */
static void set_again_takes_the_dpc_back(void *argument)
{
    (void)argument;
    run_on(0);
    setup(NotificationTimer);
    KeSetTargetProcessorDpc(&timer_dpc.object, 0);
    KIRQL old = KeRaiseIrqlToDpcLevel(); /* the DPC cannot run; the other processor takes the expiry */
    set_timer_ms(5, 0);
    CHECK_SOON(KeReadStateTimer(&timer));
    spin_ms(5);
    set_timer_ms(300000, 0);
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    CHECK_EQ(timer_dpc.runs, 0);
    CHECK_EQ(KeCancelTimer(&timer), TRUE);
}

/* TI-7: TRUE says that the callback will not run. */
static void cancel_one_shot(void *argument)
{
    (void)argument;
    setup(NotificationTimer);
    CHECK_EQ(KeCancelTimer(&timer), FALSE); /* never set */
    set_and_take_back(0);
    CHECK_EQ(KeCancelTimer(&timer), FALSE);
    sleep_ms(200);
    CHECK_EQ(timer_dpc.runs, 0);
    set_timer_ms(10, 0);
    SLEEP_UNTIL(timer_dpc.runs == 1);
    CHECK_EQ(KeCancelTimer(&timer), FALSE); /* expired */
}

/* Cancelled at random moments: runs + successful cancels = settings. */
static void cancel_races(void *argument)
{
    LONG set = 0, cancelled = 0;
    (void)argument;
    setup(NotificationTimer);
    for (int i = 0; i < 300; i++) {
        LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(i % 30) * 1000};
        KeSetTimer(&timer, due, &timer_dpc.object);
        set++;
        if (i % 3 == 0) {
            sleep_ms(1);
        } else {
            KeStallExecutionProcessor((ULONG)(i % 50));
        }
        if (KeCancelTimer(&timer)) {
            cancelled++;
        }
        KeFlushQueuedDpcs();
        CHECK_EQ(timer_dpc.runs + cancelled, set);
    }
}

/* TI-2: from DISPATCH_LEVEL; without a DPC; and many at once. */
static void many_timers(void *argument)
{
    static KTIMER timers[200];
    static struct dpc dpcs[200];
    (void)argument;
    for (int i = 0; i < 200; i++) {
        LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(1 + i * 7 % 50)};
        KeInitializeTimer(&timers[i]);
        dpc_init(&dpcs[i], NULL, NULL, i % 4);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        CHECK_EQ(KeSetTimer(&timers[i], due, i % 10 == 0 ? NULL : &dpcs[i].object), FALSE);
        KeLowerIrql(old);
    }
    for (int i = 0; i < 200; i++) {
        CHECK_EQ(KeWaitForSingleObject(&timers[i], Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    }
    KeFlushQueuedDpcs();
    for (int i = 0; i < 200; i++) {
        SLEEP_UNTIL(dpcs[i].runs == (i % 10 == 0 ? 0 : 1));
    }
}

static void coalescable(void *argument)
{
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(20)};
    (void)argument;
    setup(NotificationTimer);
    CHECK_EQ(KeSetCoalescableTimer(&timer, due, 0, 30, &timer_dpc.object), FALSE);
    SLEEP_UNTIL(timer_dpc.runs == 1);
}

/* A processor that stays at DISPATCH_LEVEL does not keep another one's timers from expiring. */
static volatile LONG stop, spinning;

static void stay_at_dispatch(void *argument)
{
    (void)argument;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    spinning = 1;
    CHECK_SOON(stop == 1);
    KeLowerIrql(old);
}

static void other_processor_is_busy(void *argument)
{
    (void)argument;
    for (int busy = 0; busy < 2; busy++) {
        struct thread thread;
        stop = spinning = 0;
        run_on((unsigned)!busy);
        thread_start(&thread, stay_at_dispatch, NULL, busy);
        CHECK_SOON(spinning == 1);
        setup(NotificationTimer);
        KeSetTargetProcessorDpc(&timer_dpc.object, (CCHAR)!busy);
        set_timer_ms(20, 0);
        CHECK_SOON(timer_dpc.runs == 1);
        stop = 1;
        thread_join(&thread);
    }
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("timer-one-shot", one_shot, "", 2, BOTH),
    CASE("timer-synchronization", synchronization_timer_releases_one_wait, "", 2, BOTH),
    CASE("timer-absolute", absolute_due_time, "", 2, BOTH),
    CASE("timer-periodic", periodic, "", 2, BOTH),
    CASE("timer-set-again", set_again, "", 2, BOTH),
    CASE("timer-set-again-dpc", set_again_takes_the_dpc_back, "", 2, BOTH),
    CASE("timer-cancel", cancel_one_shot, "", 2, BOTH),
    CASE("timer-cancel-races", cancel_races, "", 4, BOTH),
    CASE("timer-many", many_timers, "", 4, BOTH),
    CASE("timer-coalescable", coalescable, "", 2, BOTH),
    CASE("timer-busy-processor", other_processor_is_busy, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
