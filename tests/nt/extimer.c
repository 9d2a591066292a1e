/*
 * extimer.c - EX timers, the wider forms of run-down protection, threaded DPCs, device queues with keys, what
 * a driver can ask about processors.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"

#define MS 10000LL

static volatile LONG fired, deleted, entered, hold, errors;
static PEX_TIMER shared;

static VOID on_expiry(PEX_TIMER timer, PVOID context)
{
    if (KeGetCurrentIrql() != DISPATCH_LEVEL || context != (PVOID)&fired || timer == NULL) {
        InterlockedIncrement(&errors);
    }
    InterlockedIncrement(&entered);
    while (hold) {
        YieldProcessor();
    }
    InterlockedIncrement(&fired);
}

static VOID on_delete(PVOID context)
{
    if (context != (PVOID)&deleted) {
        InterlockedIncrement(&errors);
    }
    InterlockedIncrement(&deleted);
}

static void timer_expires(void *argument)
{
    (void)argument;
    PEX_TIMER timer = ExAllocateTimer(on_expiry, (PVOID)&fired, 0);
    CHECK(timer != NULL);
    CHECK(!ExCancelTimer(timer, NULL));
    CHECK(!ExSetTimer(timer, -1 * MS, 0, NULL));
    SLEEP_UNTIL(fired == 1);
    CHECK(!ExCancelTimer(timer, NULL)); /* it has expired */
    CHECK(!ExSetTimer(timer, -100000 * MS, 0, NULL));
    CHECK(ExSetTimer(timer, -100000 * MS, 0, NULL)); /* it was set */
    CHECK(ExCancelTimer(timer, NULL));
    CHECK(!ExCancelTimer(timer, NULL));
    CHECK(!ExSetTimer(timer, -1 * MS, 2 * MS, NULL));
    SLEEP_UNTIL(fired >= 4);
    CHECK(ExDeleteTimer(timer, TRUE, TRUE, NULL)); /* a periodic one is always set */
    LONG after = fired;
    sleep_ms(10);
    CHECK_EQ(fired, after);
    CHECK_EQ(errors, 0);
}

static void timer_is_waited_for(void *argument)
{
    static const ULONG kinds[] = {0, EX_TIMER_NOTIFICATION, EX_TIMER_HIGH_RESOLUTION, EX_TIMER_NO_WAKE};
    (void)argument;
    for (unsigned i = 0; i < 4; i++) {
        LARGE_INTEGER now = {.QuadPart = 0};
        EXT_SET_PARAMETERS parameters;
        PEX_TIMER timer = ExAllocateTimer(NULL, NULL, kinds[i]);
        ExInitializeSetTimerParameters(&parameters);
        parameters.NoWakeTolerance = EX_TIMER_UNLIMITED_TOLERANCE;
        CHECK(!ExSetTimer(timer, -1 * MS, 0, &parameters));
        CHECK_EQ(KeWaitForSingleObject(timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
        CHECK_EQ(KeWaitForSingleObject(timer, Executive, KernelMode, FALSE, &now),
                 kinds[i] == EX_TIMER_NOTIFICATION ? STATUS_SUCCESS : STATUS_TIMEOUT);
        CHECK(!ExDeleteTimer(timer, TRUE, TRUE, NULL));
    }
}

static void cancel_shared(void *argument)
{
    (void)argument;
    SLEEP_UNTIL(entered == 1);
    sleep_ms(5);
    CHECK_EQ(fired, 0);
    hold = 0;
}

/* Wait: the routine has ended when the call returns, and the timer's deletion routine has run. */
static void timer_deletion_waits(void *argument)
{
    struct thread thread;
    EXT_DELETE_PARAMETERS parameters;
    (void)argument;
    ExInitializeDeleteTimerParameters(&parameters);
    parameters.DeleteCallback = on_delete;
    parameters.DeleteContext = (PVOID)&deleted;
    hold = 1;
    shared = ExAllocateTimer(on_expiry, (PVOID)&fired, 0);
    thread_start(&thread, cancel_shared, NULL, -1);
    ExSetTimer(shared, -1 * MS, 0, NULL);
    SLEEP_UNTIL(entered == 1);
    CHECK(!ExDeleteTimer(shared, TRUE, TRUE, &parameters));
    CHECK_EQ(fired, 1);
    CHECK_EQ(deleted, 1);
    thread_join(&thread);
    CHECK_EQ(errors, 0);
}

static VOID delete_itself(PEX_TIMER timer, PVOID context)
{
    EXT_DELETE_PARAMETERS *parameters = context;
    InterlockedIncrement(&fired);
    if (ExDeleteTimer(timer, TRUE, FALSE, parameters)) {
        InterlockedIncrement(&errors);
    }
}

/* No wait: from its own routine, at DISPATCH_LEVEL, and without cancelling, after one more expiry. */
static void timer_deletion_is_deferred(void *argument)
{
    EXT_DELETE_PARAMETERS parameters;
    (void)argument;
    ExInitializeDeleteTimerParameters(&parameters);
    parameters.DeleteCallback = on_delete;
    parameters.DeleteContext = (PVOID)&deleted;
    PEX_TIMER timer = ExAllocateTimer(delete_itself, &parameters, 0);
    ExSetTimer(timer, -1 * MS, 0, NULL);
    SLEEP_UNTIL(deleted == 1);
    CHECK_EQ(fired, 1);

    timer = ExAllocateTimer(on_expiry, (PVOID)&fired, 0);
    ExSetTimer(timer, -100000 * MS, 0, NULL);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK(ExDeleteTimer(timer, TRUE, FALSE, &parameters));
    KeLowerIrql(old);
    SLEEP_UNTIL(deleted == 2);
    CHECK_EQ(fired, 1);

    timer = ExAllocateTimer(on_expiry, (PVOID)&fired, 0);
    ExSetTimer(timer, -1 * MS, 0, NULL);
    CHECK(!ExDeleteTimer(timer, FALSE, FALSE, &parameters));
    SLEEP_UNTIL(deleted == 3);
    CHECK_EQ(fired, 2);
    CHECK_EQ(errors, 0);
}

static void timer_with_absolute_time(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    PEX_TIMER timer = ExAllocateTimer(NULL, NULL, EX_TIMER_HIGH_RESOLUTION);
    ExSetTimer(timer, 1, 0, NULL);
    CHECK(false);
}

/* ---- run-down protection ------------------------------------------------------------------------- */

static EX_RUNDOWN_REF reference;
static PEX_RUNDOWN_REF_CACHE_AWARE aware;
static volatile LONG waited;

static void wait_for_users(void *argument)
{
    if (argument != NULL) {
        ExWaitForRundownProtectionReleaseCacheAware(aware);
    } else {
        ExWaitForRundownProtectionRelease(&reference);
    }
    InterlockedIncrement(&waited);
}

static void rundown_counts(void *argument)
{
    struct thread thread;
    (void)argument;
    ExInitializeRundownProtection(&reference);
    CHECK(ExAcquireRundownProtectionEx(&reference, 3));
    CHECK(ExAcquireRundownProtection(&reference));
    ExReleaseRundownProtectionEx(&reference, 2);
    thread_start(&thread, wait_for_users, NULL, -1);
    SLEEP_UNTIL(!ExAcquireRundownProtectionEx(&reference, 1) ||
                (ExReleaseRundownProtectionEx(&reference, 1), false));
    ExReleaseRundownProtection(&reference);
    sleep_ms(5);
    CHECK_EQ(waited, 0);
    ExReleaseRundownProtectionEx(&reference, 1);
    thread_join(&thread);
    CHECK_EQ(waited, 1);
}

static void cache_aware(PEX_RUNDOWN_REF_CACHE_AWARE object)
{
    struct thread thread;
    aware = object;
    waited = 0;
    CHECK(ExAcquireRundownProtectionCacheAware(aware));
    CHECK(ExAcquireRundownProtectionCacheAwareEx(aware, 2));
    ExReleaseRundownProtectionCacheAware(aware);
    thread_start(&thread, wait_for_users, aware, -1);
    SLEEP_UNTIL(!ExAcquireRundownProtectionCacheAware(aware) ||
                (ExReleaseRundownProtectionCacheAware(aware), false));
    CHECK_EQ(waited, 0);
    ExReleaseRundownProtectionCacheAwareEx(aware, 2);
    thread_join(&thread);
    ExRundownCompletedCacheAware(aware);
    CHECK(!ExAcquireRundownProtectionCacheAware(aware));
    ExReInitializeRundownProtectionCacheAware(aware);
    CHECK(ExAcquireRundownProtectionCacheAware(aware));
    ExReleaseRundownProtectionCacheAware(aware);
}

static void rundown_cache_aware(void *argument)
{
    (void)argument;
    PEX_RUNDOWN_REF_CACHE_AWARE made = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'tset');
    cache_aware(made);
    ExFreeCacheAwareRundownProtection(made);
    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    made = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'tset');
    ExInitializeRundownProtectionCacheAware(made, size);
    cache_aware(made);
    ExFreePoolWithTag(made, 'tset');
}

/* ---- threaded DPCs ------------------------------------------------------------------------------- */

static KDPC threaded;
static KSPIN_LOCK lock;
static volatile LONG at_passive, at_dispatch, target = -1;

static VOID threaded_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    KIRQL irql = KeGetCurrentIrql(), old = KeAcquireSpinLockForDpc(&lock);
    if (dpc != &threaded || context != &lock || argument1 != &fired || argument2 != &errors || old != irql) {
        InterlockedIncrement(&errors);
    }
    if (target >= 0 && KeGetCurrentProcessorNumber() != (ULONG)target) {
        InterlockedIncrement(&errors);
    }
    KeReleaseSpinLockForDpc(&lock, old);
    InterlockedIncrement(irql == PASSIVE_LEVEL ? &at_passive : &at_dispatch);
}

static LONG threaded_runs(void)
{
    return at_passive + at_dispatch;
}

static void threaded_dpcs(void *argument)
{
    (void)argument;
    KeInitializeSpinLock(&lock);
    KeInitializeThreadedDpc(&threaded, threaded_routine, &lock);
    for (LONG i = 0; i < 200; i++) {
        if (i >= 100) {
            KeSetTargetProcessorDpc(&threaded, (CCHAR)(i % 2));
            KeSetImportanceDpc(&threaded, HighImportance);
            target = i % 2;
        }
        CHECK(KeInsertQueueDpc(&threaded, (PVOID)&fired, (PVOID)&errors));
        KeFlushQueuedDpcs();
        CHECK_EQ(threaded_runs(), i + 1);
    }
    CHECK(at_passive > 0);
    CHECK(at_dispatch > 0);
    CHECK_EQ(errors, 0);
    /* Queued once only, whichever way; and what is removed does not run. */
    run_on(0);
    KeSetTargetProcessorDpc(&threaded, 0);
    target = 0;
    for (LONG i = 0; i < 50; i++) {
        KIRQL old = KeRaiseIrqlToDpcLevel();
        CHECK(KeInsertQueueDpc(&threaded, (PVOID)&fired, (PVOID)&errors));
        CHECK(!KeInsertQueueDpc(&threaded, NULL, NULL));
        CHECK(KeRemoveQueueDpc(&threaded));
        CHECK(!KeRemoveQueueDpc(&threaded));
        KeLowerIrql(old);
    }
    KeFlushQueuedDpcs();
    CHECK_EQ(threaded_runs(), 200);
}

static volatile LONG executing = -1, should_yield = -1;

static void look_at_dpc(void *argument)
{
    (void)argument;
    executing = (LONG)KeIsExecutingDpc();
    should_yield = (LONG)KeShouldYieldProcessor();
}

static void dpc_questions(void *argument)
{
    (void)argument;
    run_as_dpc(look_at_dpc, NULL, 0);
    CHECK(executing != 0 && executing != -1);
    CHECK_EQ(should_yield, 0);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK(!KeIsExecutingDpc());
    KeLowerIrql(old);
}

/* ---- device queues ------------------------------------------------------------------------------- */

static void device_queue_keys(void *argument)
{
    static const ULONG keys[] = {5, 1, 9, 5, 3};
    static const unsigned in_order[] = {1, 4, 0, 3, 2};
    KDEVICE_QUEUE queue;
    KDEVICE_QUEUE_ENTRY busy, entries[5];
    (void)argument;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    KeInitializeDeviceQueue(&queue);
    CHECK(!KeInsertByKeyDeviceQueue(&queue, &busy, 7)); /* idle: not queued */
    for (unsigned i = 0; i < 5; i++) {
        CHECK(KeInsertByKeyDeviceQueue(&queue, &entries[i], keys[i]));
    }
    CHECK_PTR(KeRemoveByKeyDeviceQueue(&queue, 4), &entries[0]); /* the first that is at least that */
    CHECK(KeInsertByKeyDeviceQueue(&queue, &entries[0], 5));
    CHECK_PTR(KeRemoveByKeyDeviceQueue(&queue, 10), &entries[1]); /* none: the first */
    CHECK(KeInsertByKeyDeviceQueue(&queue, &entries[1], 1));
    CHECK(KeRemoveEntryDeviceQueue(&queue, &entries[0]));
    CHECK(!KeRemoveEntryDeviceQueue(&queue, &entries[0]));
    for (unsigned i = 0; i < 5; i++) {
        if (in_order[i] != 0) {
            CHECK_PTR(KeRemoveDeviceQueue(&queue), &entries[in_order[i]]);
        }
    }
    CHECK_PTR(KeRemoveByKeyDeviceQueue(&queue, 0), NULL);
    CHECK(!KeInsertDeviceQueue(&queue, &busy));
    KeLowerIrql(old);
}

/* ---- processors ---------------------------------------------------------------------------------- */

static void processors(void *argument)
{
    GROUP_AFFINITY affinity = {.Group = 0, .Mask = 4}, previous;
    PROCESSOR_NUMBER number;
    USHORT count;
    (void)argument;
    ULONG most, least, present;
    ExQueryTimerResolution(&most, &least, &present);
    CHECK(most >= present && present >= least && least > 0);
    CHECK_EQ(KeQueryHighestNodeNumber(), 0);
    CHECK_EQ(KeGetCurrentNodeNumber(), 0);
    CHECK_EQ(KeQueryNodeMaximumProcessorCount(0), 3);
    CHECK_EQ(KeQueryNodeMaximumProcessorCount(1), 0);
    KeQueryNodeActiveAffinity(0, &previous, &count);
    CHECK_EQ(previous.Mask, 7);
    CHECK_EQ(count, 3);
    KeQueryNodeActiveAffinity(1, &previous, &count);
    CHECK_EQ(previous.Mask, 0);
    CHECK_EQ(count, 0);
    CHECK_EQ(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 3);
    CHECK_EQ(KeQueryMaximumProcessorCountEx(1), 0);
    for (ULONG i = 0; i < 3; i++) {
        CHECK_EQ(KeGetProcessorNumberFromIndex(i, &number), STATUS_SUCCESS);
        CHECK_EQ(KeGetProcessorIndexFromNumber(&number), i);
    }
    CHECK_EQ(KeGetProcessorNumberFromIndex(3, &number), STATUS_INVALID_PARAMETER);
    KeSetSystemGroupAffinityThread(&affinity, &previous);
    CHECK_EQ(KeGetCurrentProcessorNumberEx(&number), 2);
    CHECK_EQ(number.Number, 2);
    KeRevertToUserGroupAffinityThread(&previous);
    CHECK_EQ(KeSetSystemAffinityThreadEx(1), 0);
    CHECK_EQ(KeGetCurrentProcessorNumber(), 0);
    CHECK_EQ(KeSetSystemAffinityThreadEx(2), 1);
    CHECK_EQ(KeGetCurrentProcessorNumber(), 1);
    KeRevertToUserAffinityThreadEx(0);
}

static volatile LONG runs[3], wrong_level;

static ULONG_PTR everywhere(ULONG_PTR argument)
{
    ULONG here = KeGetCurrentProcessorNumber();
    InterlockedIncrement(&runs[here]);
    if (KeGetCurrentIrql() != IPI_LEVEL) {
        InterlockedIncrement(&wrong_level);
    }
    return argument + here;
}

static void call_everywhere(void *argument)
{
    (void)argument;
    for (int i = 0; i < 50; i++) {
        KIRQL old = PASSIVE_LEVEL;
        if (i % 2 != 0) {
            KeRaiseIrql(DISPATCH_LEVEL, &old);
        }
        ULONG_PTR result = KeIpiGenericCall(everywhere, 100);
        CHECK(result >= 100 && result < 103);
        if (i % 2 != 0) {
            CHECK_EQ(result, 100 + KeGetCurrentProcessorNumber());
            KeLowerIrql(old);
        }
    }
}

/* Two callers at a time: each call runs once on every processor. */
static void ipi(void *argument)
{
    struct thread threads[2];
    (void)argument;
    for (int i = 0; i < 2; i++) {
        thread_start(&threads[i], call_everywhere, NULL, i);
    }
    for (int i = 0; i < 2; i++) {
        thread_join(&threads[i]);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(runs[i], 100);
    }
    CHECK_EQ(wrong_level, 0);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("extimer.expires", timer_expires, "", 2, BOTH),
    CASE("extimer.is-waited-for", timer_is_waited_for, "", 2, BOTH),
    CASE("extimer.deletion-waits", timer_deletion_waits, "", 3, BOTH),
    CASE("extimer.deletion-is-deferred", timer_deletion_is_deferred, "", 2, BOTH),
    CASE("extimer.absolute-high-resolution", timer_with_absolute_time, "DriverBugCheck", 1, BOTH),
    CASE("extimer.rundown-counts", rundown_counts, "", 2, BOTH),
    CASE("extimer.rundown-cache-aware", rundown_cache_aware, "", 2, BOTH),
    CASE("extimer.threaded-dpcs", threaded_dpcs, "", 2, BOTH),
    CASE("extimer.dpc-questions", dpc_questions, "", 1, BOTH),
    CASE("extimer.device-queue-keys", device_queue_keys, "", 1, BOTH),
    CASE("extimer.ipi", ipi, "", 3, BOTH),
    CASE("extimer.processors", processors, "", 3, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
