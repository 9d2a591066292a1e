/*
 * wait.c - dispatcher objects: events, semaphores, mutexes, threads; waits for one and for several.
 */
#include <ntddk.h>

#include "machine.h"

static KEVENT event, events[3];
static KSEMAPHORE semaphore;
static KMUTEX mutex;
static volatile LONG woken, entered;

static NTSTATUS wait_for_ms(PVOID object, LONGLONG ms)
{
    LARGE_INTEGER timeout = {.QuadPart = -MS_TO_100NS(ms)};
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &timeout);
}

static void wait_and_count(void *argument)
{
    InterlockedIncrement(&entered);
    CHECK_EQ(KeWaitForSingleObject(argument, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    InterlockedIncrement(&woken);
}

static struct thread waiters[3];

static void start_waiters(void *object)
{
    for (int i = 0; i < 3; i++) {
        thread_start(&waiters[i], wait_and_count, object, -1);
    }
    SLEEP_UNTIL(entered == 3);
    sleep_ms(20);
    CHECK_EQ(woken, 0);
}

static void join_waiters(void)
{
    for (int i = 0; i < 3; i++) {
        thread_join(&waiters[i]);
    }
    CHECK_EQ(woken, 3);
}

static void notification_event_wakes_all(void *argument)
{
    (void)argument;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    start_waiters(&event);
    CHECK_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    join_waiters();
    CHECK_EQ(KeReadStateEvent(&event), 1);
    CHECK_EQ(wait_for_ms(&event, 0), STATUS_SUCCESS); /* stays set */
    CHECK(KeSetEvent(&event, IO_NO_INCREMENT, FALSE) != 0);
    CHECK(KeResetEvent(&event) != 0);
    CHECK_EQ(KeResetEvent(&event), 0);
    CHECK_EQ(wait_for_ms(&event, 0), STATUS_TIMEOUT);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&event);
    CHECK_EQ(KeReadStateEvent(&event), 0);
}

static void synchronization_event_wakes_one(void *argument)
{
    (void)argument;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    start_waiters(&event);
    for (LONG i = 1; i <= 3; i++) {
        KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        SLEEP_UNTIL(woken == i);
        sleep_ms(20);
        CHECK_EQ(woken, i);
    }
    join_waiters();
    CHECK_EQ(KeReadStateEvent(&event), 0);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    CHECK_EQ(wait_for_ms(&event, 0), STATUS_SUCCESS);
    CHECK_EQ(wait_for_ms(&event, 0), STATUS_TIMEOUT); /* the wait took it */
}

static void semaphore_counts(void *argument)
{
    (void)argument;
    KeInitializeSemaphore(&semaphore, 0, 5);
    start_waiters(&semaphore);
    CHECK_EQ(KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 2, FALSE), 0);
    SLEEP_UNTIL(woken == 2);
    sleep_ms(20);
    CHECK_EQ(woken, 2);
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 3, FALSE);
    join_waiters();
    CHECK_EQ(KeReadStateSemaphore(&semaphore), 2);
    CHECK_EQ(wait_for_ms(&semaphore, 0), STATUS_SUCCESS);
    CHECK_EQ(wait_for_ms(&semaphore, 0), STATUS_SUCCESS);
    CHECK_EQ(wait_for_ms(&semaphore, 1), STATUS_TIMEOUT);
}

static void own_mutex_for_a_while(void *argument)
{
    (void)argument;
    for (int i = 0; i < 200; i++) {
        KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
        LONG before = woken;
        if (i % 16 == 0) {
            sleep_ms(1);
        }
        woken = before + 1;
        KeReleaseMutex(&mutex, FALSE);
    }
}

static void mutex_excludes_and_recurses(void *argument)
{
    (void)argument;
    KeInitializeMutex(&mutex, 0);
    CHECK_EQ(KeReadStateMutex(&mutex), 1);
    CHECK_EQ(wait_for_ms(&mutex, 0), STATUS_SUCCESS);
    CHECK_EQ(wait_for_ms(&mutex, 0), STATUS_SUCCESS); /* the owner may */
    CHECK(KeReadStateMutex(&mutex) < 0);
    CHECK(KeReleaseMutex(&mutex, FALSE) != 0);
    CHECK_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    CHECK_EQ(KeReadStateMutex(&mutex), 1);
    for (int i = 0; i < 3; i++) {
        thread_start(&waiters[i], own_mutex_for_a_while, NULL, -1);
    }
    for (int i = 0; i < 3; i++) {
        thread_join(&waiters[i]);
    }
    CHECK_EQ(woken, 600);
}

static void timeouts(void *argument)
{
    LARGE_INTEGER now, due;
    (void)argument;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ULONGLONG before = KeQueryInterruptTime();
    CHECK_EQ(wait_for_ms(&event, 100), STATUS_TIMEOUT);
    ULONGLONG took = KeQueryInterruptTime() - before;
    CHECK(took >= (ULONGLONG)MS_TO_100NS(80) && took < (ULONGLONG)MS_TO_100NS(CHECK_SECONDS * 1000));
    KeQuerySystemTime(&now);
    due.QuadPart = now.QuadPart + MS_TO_100NS(100); /* absolute */
    before = KeQueryInterruptTime();
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &due), STATUS_TIMEOUT);
    took = KeQueryInterruptTime() - before;
    CHECK(took >= (ULONGLONG)MS_TO_100NS(80) && took < (ULONGLONG)MS_TO_100NS(CHECK_SECONDS * 1000));
    due.QuadPart = now.QuadPart; /* in the past */
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &due), STATUS_TIMEOUT);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    CHECK_EQ(wait_for_ms(&event, CHECK_SECONDS * 1000), STATUS_SUCCESS);
}

static NTSTATUS wait_three(WAIT_TYPE type, LONGLONG ms)
{
    PVOID objects[] = {&events[0], &events[1], &events[2]};
    LARGE_INTEGER timeout = {.QuadPart = -MS_TO_100NS(ms)};
    return KeWaitForMultipleObjects(3, objects, type, Executive, KernelMode, FALSE, &timeout, NULL);
}

static void set_second_later(void *argument)
{
    (void)argument;
    sleep_ms(30);
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
}

static void wait_any(void *argument)
{
    struct thread thread;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    }
    CHECK_EQ(wait_three(WaitAny, 10), STATUS_TIMEOUT);
    KeSetEvent(&events[2], IO_NO_INCREMENT, FALSE);
    CHECK_EQ(wait_three(WaitAny, CHECK_SECONDS * 1000), STATUS_WAIT_0 + 2);
    CHECK_EQ(KeReadStateEvent(&events[2]), 0);
    thread_start(&thread, set_second_later, NULL, -1);
    CHECK_EQ(wait_three(WaitAny, CHECK_SECONDS * 1000), STATUS_WAIT_0 + 1);
    thread_join(&thread);
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
    CHECK_EQ(wait_three(WaitAny, CHECK_SECONDS * 1000),
             STATUS_WAIT_0); /* the first in order; the other stays set */
    CHECK_EQ(KeReadStateEvent(&events[1]), 1);
}

static void set_all_later(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++) {
        sleep_ms(10);
        KeSetEvent(&events[i], IO_NO_INCREMENT, FALSE);
    }
}

static void wait_all(void *argument)
{
    struct thread thread;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    }
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
    KeSetEvent(&events[2], IO_NO_INCREMENT, FALSE);
    CHECK_EQ(wait_three(WaitAll, 20), STATUS_TIMEOUT);
    CHECK_EQ(KeReadStateEvent(&events[0]), 1); /* all or nothing */
    CHECK_EQ(KeReadStateEvent(&events[2]), 1);
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
    CHECK_EQ(wait_three(WaitAll, CHECK_SECONDS * 1000), STATUS_SUCCESS);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(KeReadStateEvent(&events[i]), 0);
    }
    thread_start(&thread, set_all_later, NULL, -1);
    CHECK_EQ(wait_three(WaitAll, CHECK_SECONDS * 1000), STATUS_SUCCESS);
    thread_join(&thread);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(KeReadStateEvent(&events[i]), 0);
    }
}

/* More objects than the thread's built-in wait blocks hold. */
static void wait_many(void *argument)
{
    static KEVENT many[40];
    static KWAIT_BLOCK blocks[40];
    PVOID objects[40];
    LARGE_INTEGER timeout = {.QuadPart = -MS_TO_100NS(10)};
    (void)argument;
    for (int i = 0; i < 40; i++) {
        KeInitializeEvent(&many[i], SynchronizationEvent, FALSE);
        objects[i] = &many[i];
    }
    CHECK_EQ(KeWaitForMultipleObjects(40, objects, WaitAny, Executive, KernelMode, FALSE, &timeout, blocks),
             STATUS_TIMEOUT);
    KeSetEvent(&many[33], IO_NO_INCREMENT, FALSE);
    CHECK_EQ(KeWaitForMultipleObjects(40, objects, WaitAny, Executive, KernelMode, FALSE, NULL, blocks),
             STATUS_WAIT_0 + 33);
}

/* Two threads hand a token back and forth: a lost wake-up would hang. */
#define PINGS 5000
static void pong(void *argument)
{
    (void)argument;
    for (int i = 0; i < PINGS; i++) {
        KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
    }
}

static void ping_pong(void *argument)
{
    struct thread thread;
    (void)argument;
    KeInitializeEvent(&events[0], SynchronizationEvent, FALSE);
    KeInitializeEvent(&events[1], SynchronizationEvent, FALSE);
    thread_start(&thread, pong, NULL, -1);
    for (int i = 0; i < PINGS; i++) {
        KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
        if (wait_for_ms(&events[1], CHECK_SECONDS * 1000) != STATUS_SUCCESS) {
            check_fail(__FILE__, __LINE__, "no answer in round %d", i);
            break;
        }
    }
    thread_join(&thread);
}

/* A DPC and an ISR-queued DPC signal; the waiter counts exactly. */
static struct isr signalling_isr;
static struct dpc signalling_dpc;
static volatile LONG signals;

static void release_one(void *argument)
{
    (void)argument;
    signals++;
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE);
}

static void queue_signal(void *argument)
{
    (void)argument;
    dpc_queue(&signalling_dpc);
}

static void signals_from_dpcs(void *argument)
{
    struct outside outside = {.line_count = 1};
    (void)argument;
    KeInitializeSemaphore(&semaphore, 0, 1000000);
    dpc_init(&signalling_dpc, release_one, NULL, 1);
    isr_connect(&signalling_isr, 5, 3, queue_signal, NULL);
    outside.lines[0] = signalling_isr.line;
    outside_start(&outside, 100000);
    for (int i = 0; i < 500; i++) {
        if (wait_for_ms(&semaphore, CHECK_SECONDS * 1000) != STATUS_SUCCESS) {
            check_fail(__FILE__, __LINE__, "no signal in round %d", i);
            break;
        }
    }
    outside_stop(&outside);
    isr_disconnect(&signalling_isr);
    KeFlushQueuedDpcs();
    LONG left = KeReadStateSemaphore(&semaphore);
    CHECK_EQ(left + 500, signals);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("wait-notification-event", notification_event_wakes_all, "", 4, BOTH),
    CASE("wait-synchronization-event", synchronization_event_wakes_one, "", 4, BOTH),
    CASE("wait-semaphore", semaphore_counts, "", 4, BOTH),
    CASE("wait-mutex", mutex_excludes_and_recurses, "", 4, BOTH),
    CASE("wait-timeout", timeouts, "", 2, BOTH),
    CASE("wait-any", wait_any, "", 2, BOTH),
    CASE("wait-all", wait_all, "", 2, BOTH),
    CASE("wait-many", wait_many, "", 2, BOTH),
    CASE("wait-ping-pong", ping_pong, "", 2, BOTH),
    CASE("wait-ping-pong-one-processor", ping_pong, "", 1, BOTH),
    CASE("wait-signals-from-dpcs", signals_from_dpcs, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
