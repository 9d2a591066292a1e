/*
 * timer.c - spec section 8: timer objects.
 */
#include <ndis.h>

#include "../ndis/miniport.h"
#include "judged.h"

static NDIS_HANDLE timer;
static int default_context, own_context;
static volatile LONG ticks, inside, most_inside;
static void *volatile last_context;
static volatile ULONG ticked_on;
static void (*in_tick)(void);

static VOID tick(PVOID a, PVOID context, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    LONG now = InterlockedIncrement(&inside);
    if (now > most_inside) {
        most_inside = now;
    }
    last_context = context;
    ticked_on = KeGetCurrentProcessorNumber();
    if (in_tick != NULL) {
        in_tick();
    }
    InterlockedDecrement(&inside);
    InterlockedIncrement(&ticks);
}

static NDIS_TIMER_CHARACTERISTICS characteristics(void)
{
    return (NDIS_TIMER_CHARACTERISTICS){
        .Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
                   .Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = 'miTc',
        .TimerFunction = tick,
        .FunctionContext = &default_context,
    };
}

static void timer_make(NDIS_HANDLE handle)
{
    NDIS_TIMER_CHARACTERISTICS all = characteristics();
    timer = NULL;
    CHECK_EQ(NdisAllocateTimerObject(handle, &all, &timer), NDIS_STATUS_SUCCESS);
    CHECK(timer != NULL);
}

static BOOLEAN set_ms(LONGLONG ms, LONG period, PVOID context)
{
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(ms)};
    return NdisSetTimerObject(timer, due, period, context);
}

/* ---- TI-1: allocated ---------------------------------------------------------------------------- */

static void allocated_up_to_dispatch(void *argument)
{
    (void)argument;
    for (KIRQL irql = PASSIVE_LEVEL; irql <= DISPATCH_LEVEL; irql++) {
        KIRQL old;
        KeRaiseIrql(irql, &old);
        timer_make(NULL);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
        set_ms(1, 0, NULL);
        SLEEP_UNTIL(ticks == irql + 1);
        NdisFreeTimerObject(timer);
    }
    NDIS_TIMER_CHARACTERISTICS wrong = characteristics();
    wrong.TimerFunction = NULL;
    CHECK_EQ(NdisAllocateTimerObject(NULL, &wrong, &timer), NDIS_STATUS_BAD_CHARACTERISTICS);
    wrong = characteristics();
    wrong.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    CHECK_EQ(NdisAllocateTimerObject(NULL, &wrong, &timer), NDIS_STATUS_BAD_CHARACTERISTICS);
}

/* ---- TI-2, TI-3, TI-4: set ---------------------------------------------------------------------- */

static void set_answers_whether_it_was_set(void *argument)
{
    LARGE_INTEGER due;
    (void)argument;
    timer_make(NULL);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(set_ms(100000, 0, NULL), FALSE);
    CHECK_EQ(set_ms(5, 0, &own_context), TRUE);
    KeLowerIrql(old);
    SLEEP_UNTIL(ticks == 1);
    CHECK_PTR(last_context, &own_context);
    CHECK_EQ(set_ms(5, 0, NULL), FALSE); /* expired */
    SLEEP_UNTIL(ticks == 2);
    CHECK_PTR(last_context, &default_context);
    NdisGetCurrentSystemTime(&due); /* absolute */
    due.QuadPart += MS_TO_100NS(3600000);
    CHECK_EQ(NdisSetTimerObject(timer, due, 0, NULL), FALSE);
    sleep_ms(20);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE); /* an hour off: it was not at once */
    due.QuadPart -= MS_TO_100NS(3660000);         /* and what is past is at once */
    CHECK_EQ(NdisSetTimerObject(timer, due, 0, NULL), FALSE);
    SLEEP_UNTIL(ticks == 3);
    CHECK_EQ(set_ms(1, 10, NULL), FALSE); /* periodic: again and again */
    SLEEP_UNTIL(ticks >= 10);
    CHECK_EQ(set_ms(1, 0, NULL), TRUE); /* and no longer */
    sleep_ms(20);
    LONG now = ticks;
    sleep_ms(50);
    CHECK(ticks <= now + 1);
    NdisFreeTimerObject(timer);
}

/* Sets the timer for 50 ms, then for `later` or never (0), which tells whether it was still set. */
static void set_and_take_back(unsigned later)
{
    for (;;) {
        ULONGLONG begin = KeQueryInterruptTime();
        CHECK_EQ(set_ms(50, 0, NULL), FALSE);
        BOOLEAN was_set = later != 0 ? set_ms(later, 0, NULL) : NdisCancelTimerObject(timer);
        if (prompt_since(begin, 30)) {
            CHECK_EQ(was_set, TRUE);
            return;
        }
        NdisCancelTimerObject(timer);
        KeFlushQueuedDpcs();
        ticks = 0;
    }
}

static void setting_again_cancels(void *argument)
{
    (void)argument;
    run_on(0);
    timer_make(NULL);
    set_and_take_back(300000); /* the expiry in 50 ms is off */
    sleep_ms(150);
    CHECK_EQ(ticks, 0);
    KIRQL old = KeRaiseIrqlToDpcLevel(); /* the only processor: expiry is noticed, its DPC cannot run */
    set_ms(1, 0, NULL);
    spin_ms(60);
    set_ms(300000, 0, NULL); /* takes the pending DPC off, too */
    KeLowerIrql(old);
    sleep_ms(50);
    CHECK_EQ(ticks, 0);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
    NdisFreeTimerObject(timer);
}

static void coalescable(void *argument)
{
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(50)};
    (void)argument;
    timer_make(NULL);
    for (ULONG tolerance = 0; tolerance <= 20; tolerance += 20) {
        LONG before = ticks;
        ULONGLONG begin = KeQueryInterruptTime();
        CHECK_EQ(NdisSetCoalescableTimerObject(timer, due, 0, &own_context, tolerance), FALSE);
        SLEEP_UNTIL(ticks == before + 1);
        CHECK(KeQueryInterruptTime() - begin >= (ULONGLONG)MS_TO_100NS(50 - 16 - (LONGLONG)tolerance));
        CHECK_PTR(last_context, &own_context);
    }
    LONG before = ticks;
    CHECK_EQ(NdisSetCoalescableTimerObject(timer, due, 10, NULL, 5), FALSE);
    SLEEP_UNTIL(ticks >= before + 5);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
    NdisFreeTimerObject(timer);
}

/* ---- TI-5, TI-6: the callback ------------------------------------------------------------------- */

static void once_for_each_expiry(void *argument)
{
    (void)argument;
    timer_make(NULL);
    for (LONG n = 1; n <= 20; n++) { /* tick() looks at the level */
        set_ms(1, 0, NULL);
        SLEEP_UNTIL(ticks == n);
    }
    sleep_ms(20);
    CHECK_EQ(ticks, 20);
    NdisFreeTimerObject(timer);
}

static void wait_for_another_tick(void)
{
    ULONGLONG until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(100);
    while (most_inside < 2 && KeQueryInterruptTime() < until) {
        YieldProcessor();
    }
}

/* The callback stays; the next expiry finds another processor. */
static void beside_itself(void *argument)
{
    (void)argument;
    timer_make(NULL);
    in_tick = wait_for_another_tick;
    set_ms(1, 1, NULL);
    SLEEP_UNTIL(most_inside >= 2);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
    NdisFreeTimerObject(timer);
}

/* ---- TI-7, TI-8, TI-9: cancelled ---------------------------------------------------------------- */

static void cancel_answers(void *argument)
{
    LONG set = 0, cancelled = 0;
    (void)argument;
    timer_make(NULL);
    CHECK_EQ(NdisCancelTimerObject(timer), FALSE); /* never set */
    set_and_take_back(0);
    CHECK_EQ(NdisCancelTimerObject(timer), FALSE);
    sleep_ms(100);
    CHECK_EQ(ticks, 0); /* TRUE: the callback will not run */
    for (int n = 0; n < 200; n++) {
        LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(n % 20) * 1000};
        NdisSetTimerObject(timer, due, 0, NULL);
        set++;
        NdisStallExecution((UINT)(n % 50));
        cancelled += NdisCancelTimerObject(timer);
        KeFlushQueuedDpcs(); /* FALSE: it has run, or it will */
        CHECK_EQ(ticks + cancelled, set);
    }
    set_ms(1, 1, NULL);
    LONG now = ticks;
    SLEEP_UNTIL(ticks > now + 2);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE); /* periodic: always */
    NdisFreeTimerObject(timer);
}

static void spin_2_ms(void)
{
    spin_ms(2);
}

static void periodic_is_flushed(void *argument)
{
    (void)argument;
    timer_make(NULL);
    in_tick = spin_2_ms;
    for (int n = 0; n < 20; n++) {
        LONG before = ticks;
        set_ms(1, 1, NULL);
        SLEEP_UNTIL(ticks >= before + 3);
        CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
        CHECK_EQ(inside, 0);
        before = ticks;
        sleep_ms(5);
        CHECK_EQ(ticks, before);
    }
    in_tick = NULL;
    KIRQL old = KeRaiseIrqlToDpcLevel(); /* a one-shot timer may be cancelled here */
    set_ms(100000, 0, NULL);
    CHECK_EQ(NdisCancelTimerObject(timer), TRUE);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    NdisFreeTimerObject(timer);
}

static void periodic_at_dispatch(void *argument)
{
    (void)argument;
    judge_my_calls();
    timer_make(NULL);
    set_ms(100000, 100, NULL);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisCancelTimerObject(timer);
    KeLowerIrql(old);
    NdisFreeTimerObject(timer);
}

static volatile LONG tried;

static void cancel_myself(void)
{
    if (InterlockedIncrement(&tried) == 1) {
        NdisCancelTimerObject(timer);
    }
}

static void periodic_from_its_callback(void *argument)
{
    (void)argument;
    judge_my_calls();
    timer_make(NULL);
    in_tick = cancel_myself;
    set_ms(1, 10, NULL);
    SLEEP_UNTIL(ticks >= 1);
    NdisCancelTimerObject(timer);
    NdisFreeTimerObject(timer);
}

/* ---- TI-10, TI-11: freed, left ------------------------------------------------------------------ */

static void free_myself(void)
{
    NdisFreeTimerObject(timer);
}

static void freed_up_to_dispatch(void *argument)
{
    (void)argument;
    for (LONG n = 1; n <= 20; n++) {
        timer_make(NULL);
        in_tick = free_myself; /* at DISPATCH_LEVEL, in its own callback */
        set_ms(1, 0, NULL);
        SLEEP_UNTIL(ticks == n);
        KeFlushQueuedDpcs();
    }
    in_tick = NULL;
    timer_make(NULL);
    NdisFreeTimerObject(timer);
}

static NDIS_STATUS initialize_status;
static bool cancel_at_halt;

static NDIS_STATUS set_and_answer(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    timer_make(mini.adapter);
    set_ms(10, 10, NULL);
    return initialize_status;
}

static void cancel_and_free(void)
{
    if (cancel_at_halt) {
        NdisCancelTimerObject(timer);
        CHECK_EQ(inside, 0);
        NdisFreeTimerObject(timer);
    }
}

static void live_with_timer(bool cancel)
{
    mini_defaults();
    mini.on_initialize = set_and_answer;
    mini.on_halt = cancel_and_free;
    cancel_at_halt = cancel;
    mini_start(NULL);
    SLEEP_UNTIL(ticks > 0);
    mini_stop();
    LONG before = ticks;
    sleep_ms(50);
    CHECK_EQ(ticks, before);
}

static void cancelled_by_the_end_of_halt(void *argument)
{
    (void)argument;
    live_with_timer(true);
}

static void left_at_halt(void *argument)
{
    (void)argument;
    live_with_timer(false);
}

static void left_by_failed_initialize(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = set_and_answer;
    initialize_status = NDIS_STATUS_RESOURCES;
    mini_register();
    mini.instance = adapter_create(mini.driver, NULL, "mini");
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_RESOURCES);
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
    LONG before = ticks;
    sleep_ms(50);
    CHECK_EQ(ticks, before);
}

/* ---- TI-12: when -------------------------------------------------------------------------------- */

/* Not earlier than a tick before it is due, whatever was set in between. */
static void not_before_it_is_due(void *argument)
{
    (void)argument;
    timer_make(NULL);
    for (LONG n = 1; n <= 5; n++) {
        ULONGLONG begin = KeQueryInterruptTime();
        set_ms(40, 0, NULL);
        SLEEP_UNTIL(ticks == n);
        CHECK(KeQueryInterruptTime() - begin >= (ULONGLONG)MS_TO_100NS(24));
    }
    set_ms(0, 0, NULL); /* close to zero: maybe at once */
    SLEEP_UNTIL(ticks == 6);
    NdisFreeTimerObject(timer);
}

/* ---- TI-13: waiting for a callback that cancel was too late for --------------------------------- */

static NDIS_EVENT done;

static void signal_done(void)
{
    spin_ms(1);
    NdisSetEvent(&done);
}

static void event_tells_of_the_callback(void *argument)
{
    LONG late = 0;
    (void)argument;
    timer_make(NULL);
    NdisInitializeEvent(&done);
    in_tick = signal_done;
    for (int n = 0; n < 50 || late == 0; n++) {
        LARGE_INTEGER due = {.QuadPart = -1};
        LONG before = ticks;
        NdisResetEvent(&done);
        NdisSetTimerObject(timer, due, 0, NULL);
        NdisStallExecution((UINT)(n % 50));
        if (n % 10 == 9) {
            sleep_ms(1);
        }
        if (!NdisCancelTimerObject(timer)) {
            late++;
            CHECK_EQ(NdisWaitEvent(&done, CHECK_SECONDS * 1000), TRUE);
            SLEEP_UNTIL(ticks == before + 1);
        } else {
            CHECK_EQ(ticks, before);
        }
    }
    KeFlushQueuedDpcs();
    NdisFreeTimerObject(timer);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("TI-1", allocated_up_to_dispatch, "", 2, BOTH),
    CASE("TI-2", set_answers_whether_it_was_set, "", 2, BOTH),
    CASE("TI-3", setting_again_cancels, "", 1, BOTH),
    CASE("TI-4", coalescable, "", 2, BOTH),
    CASE("TI-5", once_for_each_expiry, "", 4, BOTH),
    CASE("TI-6", beside_itself, "", 4, BOTH),
    CASE("TI-7", cancel_answers, "", 2, BOTH),
    CASE("TI-8", periodic_is_flushed, "", 4, BOTH),
    CASE("TI-8-at-dispatch", periodic_at_dispatch, "IrqlTooHigh", 2, CHECKED),
    CASE("TI-9", periodic_from_its_callback, "IrqlTooHigh", 2, CHECKED),
    CASE("TI-10", freed_up_to_dispatch, "", 2, BOTH),
    CASE("TI-11", cancelled_by_the_end_of_halt, "", 2, BOTH),
    CASE("TI-11-left-at-halt", left_at_halt, "PoolLeak", 2, BOTH),
    CASE("TI-11-failed-initialize", left_by_failed_initialize, "PoolLeak", 2, BOTH),
    CASE("TI-12", not_before_it_is_due, "", 2, BOTH),
    CASE("TI-13", event_tells_of_the_callback, "", 4, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
