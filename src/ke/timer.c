/*
 * timer.c - KTIMER (spec section 8): one list of armed timers, ordered by due time.
 *
 * DueTime holds the engine's clock in nanoseconds.  A timer is armed while TimerListEntry.Flink is not
 * NULL.  Expiry happens at DISPATCH_LEVEL on whichever processor the clock interrupted.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/object.h"
#include "ke/run.h"
#include "ke/observer.h"
#include "ke/step.h"
#include "host/memory.h"

#include <string.h>

static HOST_HOT LIST_ENTRY timers = {&timers, &timers};

static PKTIMER timer_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, KTIMER, TimerListEntry);
}

static uint64_t timer_due(PKTIMER timer)
{
    return (uint64_t)timer->DueTime.QuadPart;
}

/* Relative (negative, in 100 ns) or absolute system time, as the engine's clock. */
uint64_t ke_timer_deadline(const LARGE_INTEGER *due)
{
    uint64_t now = ke_engine->now();
    if (due->QuadPart <= 0) {
        return now + (uint64_t)-due->QuadPart * 100u;
    }
    LARGE_INTEGER system_time;
    KeQuerySystemTimePrecise(&system_time);
    return due->QuadPart <= system_time.QuadPart
               ? now
               : now + (uint64_t)(due->QuadPart - system_time.QuadPart) * 100u;
}

/* Returns true when it is now the first of all. */
bool ke_timer_insert(PKTIMER timer, uint64_t due)
{
    LIST_ENTRY *before = timers.Blink;
    while (before != &timers && timer_due(timer_of(before)) > due) {
        before = before->Blink;
    }
    timer->DueTime.QuadPart = due;
    InsertHeadList(before, &timer->TimerListEntry);
    bool first = timers.Flink == &timer->TimerListEntry;
    if (first) {
        ke_engine->timer_due(due);
    }
    return first;
}

bool ke_timer_remove(PKTIMER timer)
{
    if (timer->TimerListEntry.Flink == NULL) {
        return false;
    }
    RemoveEntryList(&timer->TimerListEntry);
    timer->TimerListEntry.Flink = NULL;
    return true;
}

bool ke_timers_one_shot_armed(void)
{
    for (LIST_ENTRY *link = timers.Flink; link != &timers; link = link->Flink) {
        if (timer_of(link)->Period == 0 && !ke_timer_is_timeout(timer_of(link))) {
            return true;
        }
    }
    return false;
}

bool ke_timers_are_periodic(void)
{
    for (LIST_ENTRY *link = timers.Flink; link != &timers; link = link->Flink) {
        if (timer_of(link)->Period == 0) {
            return false;
        }
    }
    return true;
}

bool ke_timers_any_armed(void)
{
    return !IsListEmpty(&timers);
}

/* Does the timer, its DPC or the DPC's routine lie in [low, high)? */
static bool lies_in(const KTIMER *timer, uintptr_t low, uintptr_t high)
{
    const uintptr_t places[] = {(uintptr_t)timer, (uintptr_t)timer->Dpc,
                                timer->Dpc != NULL ? (uintptr_t)timer->Dpc->DeferredRoutine : 0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i] >= low && places[i] < high) {
            return true;
        }
    }
    return false;
}

void ke_timers_disarm(uintptr_t low, uintptr_t high, void (*visit)(const KTIMER *timer, void *argument),
                      void *argument)
{
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    for (LIST_ENTRY *link = timers.Flink; link != &timers;) {
        PKTIMER timer = timer_of(link);
        link = link->Flink;
        if (!ke_timer_is_timeout(timer) && lies_in(timer, low, high)) {
            ke_timer_remove(timer);
            visit(timer, argument);
        }
    }
    ke_guard_leave(&ke_dispatcher, old);
}

/* A periodic timer goes on from when it should have expired; periods that were missed are skipped. */
static void rearm(PKTIMER timer, uint64_t now)
{
    uint64_t period = (uint64_t)timer->Period * 1000000u;
    uint64_t due = timer_due(timer) + period;
    ke_timer_insert(timer, due > now ? due : now + period);
}

static void expire(PKTIMER timer, uint64_t now)
{
    PKDPC dpc = timer->Dpc;
    LARGE_INTEGER system_time;
    ke_timer_remove(timer);
    ke_is_fresh();
    ke_acquires(timer);
    if (ke_timer_is_timeout(timer)) {
        ke_wait_timed_out(timer);
        return;
    }
    if (timer->Period != 0) {
        rearm(timer, now);
    }
    timer->Header.SignalState = 1;
    ke_releases(timer);
    ke_wait_test(&timer->Header);
    if (dpc != NULL) {
        KeQuerySystemTimePrecise(&system_time);
        KeInsertQueueDpc(dpc, (PVOID)(uintptr_t)system_time.LowPart, (PVOID)(intptr_t)system_time.HighPart);
    }
}

void ke_timers_expire(void)
{
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    uint64_t now = ke_engine->now();
    while (!IsListEmpty(&timers) && timer_due(timer_of(timers.Flink)) <= now) {
        expire(timer_of(timers.Flink), now);
    }
    ke_engine->timer_due(IsListEmpty(&timers) ? UINT64_MAX : timer_due(timer_of(timers.Flink)));
    ke_guard_leave(&ke_dispatcher, old);
}

/* KeInitializeTimerEx: any IRQL.  nf-wdm-keinitializetimerex. */
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    ddi_enter(KeInitializeTimerEx);
    ke_uses(Timer);
    memset(Timer, 0, sizeof *Timer);
    Timer->Header.Type = Type == NotificationTimer ? KE_NOTIFICATION_TIMER : KE_SYNCHRONIZATION_TIMER;
    InitializeListHead(&Timer->Header.WaitListHead);
}

/* KeInitializeTimer: any IRQL; a notification timer. */
VOID KeInitializeTimer(PKTIMER Timer)
{
    ddi_enter(KeInitializeTimer);
    KeInitializeTimerEx(Timer, NotificationTimer);
}

bool ke_timer_set(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc, bool keep_dpc)
{
    ke_about_to_change_always(timer, dpc);
    ke_uses(timer);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    bool was_armed = ke_timer_remove(timer);
    ke_releases(timer);
    if (timer->Dpc != NULL && !keep_dpc) {
        KeRemoveQueueDpc(timer->Dpc);
    }
    timer->Header.SignalState = 0;
    timer->Dpc = dpc;
    timer->Period = (ULONG)period;
    ke_timer_insert(timer, ke_timer_deadline(&due));
    ke_guard_leave(&ke_dispatcher, old);
    return was_armed;
}

bool ke_timer_is_set(PKTIMER timer)
{
    ke_about_to_change_always(timer, NULL);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    bool set = timer->TimerListEntry.Flink != NULL;
    ke_guard_leave(&ke_dispatcher, old);
    return set;
}

/*
 * KeSetTimerEx: <= DISPATCH_LEVEL.  Arms the timer, cancelling an earlier setting and a DPC of it that is
 * still queued (TI-3); Period in milliseconds, 0 for one expiry.  TRUE when it was armed already.
 */
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    ddi_enter(KeSetTimerEx);
    return ke_timer_set(Timer, DueTime, Period, Dpc, false);
}

/* KeSetTimer: <= DISPATCH_LEVEL; one expiry. */
BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    ddi_enter(KeSetTimer);
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

/* KeSetCoalescableTimer: <= DISPATCH_LEVEL; the tolerance is a freedom that is not used (TI-4). */
BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay,
                              PKDPC Dpc)
{
    ddi_enter(KeSetCoalescableTimer);
    (void)TolerableDelay;
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

/*
 * KeCancelTimer: <= DISPATCH_LEVEL; TRUE when it was armed, which a periodic timer always is (TI-7).  A DPC
 * that is queued already stays queued.
 */
BOOLEAN KeCancelTimer(PKTIMER Timer)
{
    ddi_enter(KeCancelTimer);
    ke_about_to_change_always(Timer, NULL);
    ke_uses(Timer);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    bool was_armed = ke_timer_remove(Timer);
    ke_guard_leave(&ke_dispatcher, old);
    return was_armed;
}

/* KeReadStateTimer: any IRQL; TRUE when it has expired since it was set. */
BOOLEAN KeReadStateTimer(PKTIMER Timer)
{
    ddi_enter(KeReadStateTimer);
    ke_about_to_change_always(Timer, NULL);
    return *(volatile LONG *)&Timer->Header.SignalState != 0;
}
