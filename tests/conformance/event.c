/*
 * event.c - spec section 7: NDIS_EVENT, NDIS_MUTEX, stalling and sleeping.
 */
#include <ndis.h>

#include "../ndis/miniport.h"
#include "judged.h"

static NDIS_EVENT event;
static volatile LONG woken;

static void set_event(void *argument)
{
    (void)argument;
    NdisSetEvent(&event);
}

/* ---- EV-1: initialised -------------------------------------------------------------------------- */

static void initialized_at_any_irql(void *argument)
{
    KIRQL old;
    (void)argument;
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        memset(&event, 0x5a, sizeof event);
        KeRaiseIrql(irql, &old);
        NdisInitializeEvent(&event);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
        CHECK_EQ(NdisWaitEvent(&event, 1), FALSE); /* not signalled */
        NdisSetEvent(&event);
        CHECK_EQ(NdisWaitEvent(&event, 1), TRUE);
        CHECK_EQ(NdisWaitEvent(&event, 1), TRUE); /* a wait does not take the signal away */
    }
}

/* ---- EV-2, EV-3: set, reset, wait --------------------------------------------------------------- */

#define WAITERS 5

static void wait_for_ever(void *argument)
{
    (void)argument;
    CHECK_EQ(NdisWaitEvent(&event, 0), TRUE);
    InterlockedIncrement(&woken);
}

static void set_and_reset_at(KIRQL irql)
{
    struct thread threads[WAITERS];
    KIRQL old;
    woken = 0;
    for (int i = 0; i < WAITERS; i++) {
        thread_start(&threads[i], wait_for_ever, NULL, -1);
    }
    sleep_ms(10);
    CHECK_EQ(woken, 0);
    KeRaiseIrql(irql, &old);
    NdisSetEvent(&event); /* all of them */
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeLowerIrql(old);
    for (int i = 0; i < WAITERS; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(woken, WAITERS);
    CHECK_EQ(NdisWaitEvent(&event, 1), TRUE); /* and it stays signalled */
    KeRaiseIrql(irql, &old);
    NdisResetEvent(&event);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeLowerIrql(old);
    CHECK_EQ(NdisWaitEvent(&event, 1), FALSE);
}

static void set_releases_all(void *argument)
{
    (void)argument;
    NdisInitializeEvent(&event);
    set_and_reset_at(PASSIVE_LEVEL);
    set_and_reset_at(APC_LEVEL);
    set_and_reset_at(DISPATCH_LEVEL);
}

static void wait_returns(void *argument)
{
    struct thread thread;
    (void)argument;
    NdisInitializeEvent(&event);
    ULONGLONG begin = KeQueryInterruptTime();
    CHECK_EQ(NdisWaitEvent(&event, 50), FALSE);
    CHECK(KeQueryInterruptTime() - begin >= (ULONGLONG)MS_TO_100NS(34)); /* a tick early at most */
    thread_start(&thread, wait_for_ever, NULL, -1);
    sleep_ms(100);
    CHECK_EQ(woken, 0); /* 0 is for ever, not at once */
    NdisSetEvent(&event);
    thread_join(&thread);
    CHECK_EQ(NdisWaitEvent(&event, 0), TRUE);
    CHECK_EQ(NdisWaitEvent(&event, 60000), TRUE);
}

/* ---- EV-4: above PASSIVE_LEVEL ------------------------------------------------------------------ */

static void wait_at(KIRQL irql)
{
    KIRQL old;
    NdisInitializeEvent(&event);
    NdisSetEvent(&event); /* it would return at once */
    KeRaiseIrql(irql, &old);
    NdisWaitEvent(&event, 1);
    KeLowerIrql(old);
}

static void wait_at_dispatch(void *argument)
{
    (void)argument;
    wait_at(DISPATCH_LEVEL);
}

static void wait_at_apc(void *argument)
{
    (void)argument;
    judge_my_calls();
    wait_at(APC_LEVEL);
}

static void bug_check_at(KIRQL irql)
{
    check_expected_end = UNDIS_STOPPED;
    wait_at(irql);
    CHECK(false);
}

static void bug_check_at_apc(void *argument)
{
    (void)argument;
    bug_check_at(APC_LEVEL);
}

static void bug_check_at_dispatch(void *argument)
{
    (void)argument;
    bug_check_at(DISPATCH_LEVEL);
}

/* ---- EV-5, EV-6: who waits, who signals --------------------------------------------------------- */

static struct dpc signaller;
static volatile LONG waits;

static void wait_for_dpc(void)
{
    NdisInitializeEvent(&event);
    dpc_init(&signaller, set_event, NULL, 0);
    dpc_queue(&signaller);
    CHECK_EQ(NdisWaitEvent(&event, CHECK_SECONDS * 1000), TRUE);
    waits++;
}

static NDIS_STATUS wait_in_initialize(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    wait_for_dpc();
    return NDIS_STATUS_SUCCESS;
}

static void waits_of_a_miniport(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = wait_in_initialize;
    mini.on_halt = wait_for_dpc;
    mini_start(NULL);
    mini_stop();
    CHECK_EQ(waits, 2);
}

/* One processor: who waits lets the signaller have it. */
static void signaller_on_the_same_processor(void *argument)
{
    struct thread thread;
    (void)argument;
    NdisInitializeEvent(&event);
    thread_start(&thread, set_event, NULL, 0);
    CHECK_EQ(NdisWaitEvent(&event, CHECK_SECONDS * 1000), TRUE);
    thread_join(&thread);
    NdisResetEvent(&event);
    wait_for_dpc();
}

static void wait_under_a_spin_lock(void *argument)
{
    NDIS_SPIN_LOCK lock;
    (void)argument;
    NdisInitializeEvent(&event);
    NdisSetEvent(&event);
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisWaitEvent(&event, 1);
    NdisReleaseSpinLock(&lock);
    NdisFreeSpinLock(&lock);
}

/* ---- MU-1: NDIS_MUTEX --------------------------------------------------------------------------- */

static NDIS_MUTEX mutex;
static LONG counter; /* not atomic: the mutex is what protects it */

static void take_turns(void *argument)
{
    (void)argument;
    for (int i = 0; i < 2000; i++) {
        CHECK_EQ(NDIS_WAIT_FOR_MUTEX(&mutex), STATUS_SUCCESS);
        counter++;
        CHECK_EQ(NDIS_RELEASE_MUTEX(&mutex), 0);
    }
}

static void own_it(void *argument)
{
    (void)argument;
    CHECK_EQ(NDIS_WAIT_FOR_MUTEX(&mutex), STATUS_SUCCESS);
    woken = 1;
    CHECK_EQ(NDIS_RELEASE_MUTEX(&mutex), 0);
}

static void mutex_starts_free_at(KIRQL irql)
{
    KIRQL old;
    memset(&mutex, 0x5a, sizeof mutex);
    KeRaiseIrql(irql, &old);
    NDIS_INIT_MUTEX(&mutex);
    KeLowerIrql(old);
    CHECK_EQ(KeReadStateMutex(&mutex), 1);
}

static void mutex_is_recursive(void *argument)
{
    struct thread threads[4], other;
    (void)argument;
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        mutex_starts_free_at(irql);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(NDIS_WAIT_FOR_MUTEX(&mutex), STATUS_SUCCESS);
    }
    thread_start(&other, own_it, NULL, -1);
    CHECK(NDIS_RELEASE_MUTEX(&mutex) != 0);
    CHECK(NDIS_RELEASE_MUTEX(&mutex) != 0);
    sleep_ms(10);
    CHECK_EQ(woken, 0); /* as often as acquired */
    CHECK_EQ(NDIS_RELEASE_MUTEX(&mutex), 0);
    thread_join(&other);
    CHECK_EQ(woken, 1);
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], take_turns, NULL, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(counter, 8000);
}

static void hold_and_wait(void *argument)
{
    (void)argument;
    CHECK_EQ(NDIS_WAIT_FOR_MUTEX(&mutex), STATUS_SUCCESS);
    woken = 1;
    NdisWaitEvent(&event, 0);
    NDIS_RELEASE_MUTEX(&mutex);
}

static void release_anothers(void *argument)
{
    struct thread thread;
    (void)argument;
    check_expected_end = undis_is_checked() ? UNDIS_ENDED : UNDIS_STOPPED;
    NdisInitializeEvent(&event);
    NDIS_INIT_MUTEX(&mutex);
    thread_start(&thread, hold_and_wait, NULL, -1);
    SLEEP_UNTIL(woken == 1);
    NDIS_RELEASE_MUTEX(&mutex);
    NdisSetEvent(&event);
    thread_join(&thread);
}

static void release_free(void *argument)
{
    (void)argument;
    check_expected_end = undis_is_checked() ? UNDIS_ENDED : UNDIS_STOPPED;
    NDIS_INIT_MUTEX(&mutex);
    NDIS_RELEASE_MUTEX(&mutex);
}

/* ---- DL-1, DL-2 --------------------------------------------------------------------------------- */

static volatile LONG others;

static void count_others(void *argument)
{
    while (*(volatile LONG *)argument) {
        others++;
        sleep_ms(1);
    }
}

static void stalls_at_any_irql(void *argument)
{
    static volatile LONG going = 1;
    struct thread thread;
    KIRQL old;
    (void)argument;
    thread_start(&thread, count_others, (void *)(uintptr_t)&going, 0);
    for (KIRQL irql = DISPATCH_LEVEL; irql <= HIGH_LEVEL; irql++) {
        LARGE_INTEGER frequency, begin, end;
        KeRaiseIrql(irql, &old);
        LONG before = others;
        begin = KeQueryPerformanceCounter(&frequency);
        NdisStallExecution(50);
        end = KeQueryPerformanceCounter(NULL);
        CHECK_EQ(others, before); /* the processor is busy */
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
        CHECK((end.QuadPart - begin.QuadPart) * 1000000 >= 50 * frequency.QuadPart);
    }
    going = 0;
    thread_join(&thread);
}

static void sleeps_below_dispatch(void *argument)
{
    static volatile LONG going = 1;
    struct thread thread;
    KIRQL old;
    (void)argument;
    thread_start(&thread, count_others, (void *)(uintptr_t)&going, 0);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= APC_LEVEL; irql++) {
        KeRaiseIrql(irql, &old);
        LONG before = others;
        ULONGLONG begin = KeQueryInterruptTime();
        NdisMSleep(200000);
        CHECK(KeQueryInterruptTime() - begin >= (ULONGLONG)MS_TO_100NS(184)); /* a tick early at most */
        while (others ==
               before) { /* it gets on, on the only processor: at once, unless the host stood still */
            NdisMSleep(200000);
        }
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    going = 0;
    thread_join(&thread);
}

static void sleep_in_dpc(void *argument)
{
    (void)argument;
    NdisMSleep(10);
}

static void slept_at_dispatch(void *argument)
{
    (void)argument;
    check_expected_end = undis_is_checked() ? UNDIS_ENDED : UNDIS_STOPPED;
    run_as_dpc(sleep_in_dpc, NULL, 1);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("EV-1", initialized_at_any_irql, "", 1, BOTH),
    CASE("EV-2", set_releases_all, "", 4, BOTH),
    CASE("EV-3", wait_returns, "", 2, BOTH),
    CASE("EV-4", wait_at_dispatch, "WaitAtDispatch", 1, CHECKED),
    CASE("EV-4-apc", wait_at_apc, "IrqlTooHigh", 1, CHECKED),
    CASE("EV-4-bug-check", bug_check_at_dispatch, "", 1, FREE),
    CASE("EV-4-bug-check-apc", bug_check_at_apc, "", 1, FREE),
    CASE("EV-5", waits_of_a_miniport, "", 2, BOTH),
    CASE("EV-6", signaller_on_the_same_processor, "", 1, BOTH),
    CASE("EV-6-spin-lock", wait_under_a_spin_lock, "WaitAtDispatch", 1, CHECKED),
    CASE("MU-1", mutex_is_recursive, "", 4, BOTH),
    CASE("MU-1-not-owner", release_anothers, "MutexNotOwned", 2, BOTH),
    CASE("MU-1-free", release_free, "MutexNotOwned", 1, BOTH),
    CASE("DL-1", stalls_at_any_irql, "", 1, BOTH),
    CASE("DL-2", sleeps_below_dispatch, "", 1, BOTH),
    CASE("DL-2-in-dpc", slept_at_dispatch, "WaitAtDispatch", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
