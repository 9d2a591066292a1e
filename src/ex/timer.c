/*
 * timer.c - EX_TIMER: timers that the system allocates, with a routine of their own.
 *
 * An EX_TIMER begins with the KTIMER, so that it can be waited for.  Deleting is its own work: the memory
 * goes when the timer is not set and its routine neither runs nor is about to.
 */
#include "ex/work.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/memory.h"
#include "ke/run.h"
#include "ke/step.h"

#define TIMER_OR_DPC_INVALID 0xC7
#define TICKS_PER_MS 10000 /* of 100 ns */

struct _EX_TIMER {
    KTIMER timer; /* first */
    KDPC dpc;
    WORK_QUEUE_ITEM end;
    PEXT_CALLBACK callback;
    PVOID context;
    ULONG attributes;
    volatile LONG deleted; /* by the driver: goes after its next expiry, if it is still set */
    volatile LONG ending;  /* somebody sees to that */
    PEXT_DELETE_CALLBACK delete_callback;
    PVOID delete_context;
};

static void finish(PEX_TIMER timer)
{
    if (timer->delete_callback != NULL) {
        struct callback_frame frame;
        callback_enter(&frame, CALLBACK_WORK_ITEM, "ExTimerDeleteCallback",
                       (const void *)(uintptr_t)timer->delete_callback);
        timer->delete_callback(timer->delete_context);
        callback_leave(&frame);
    }
    ke_free(timer);
}

/* In a worker thread: its DPC was queued before this, if ever. */
static VOID NTAPI end_later(PVOID parameter)
{
    KeFlushQueuedDpcs();
    finish(parameter);
}

static void begin_end(PEX_TIMER timer)
{
    if (InterlockedExchange(&timer->ending, 1) == 0) {
        ExInitializeWorkItem(&timer->end, end_later, timer);
        ex_work_queue(&timer->end, DelayedWorkQueue, EX_WORK_LIBRARY);
    }
}

static VOID NTAPI expire(PKDPC dpc, PVOID parameter, PVOID argument1, PVOID argument2)
{
    PEX_TIMER timer = parameter;
    (void)dpc, (void)argument1, (void)argument2;
    if (timer->callback != NULL) {
        struct callback_frame frame;
        callback_enter(&frame, CALLBACK_TIMER, "ExTimerCallback", (const void *)(uintptr_t)timer->callback);
        timer->callback(timer, timer->context);
        callback_leave(&frame);
    }
    ke_about_to_look(&timer->deleted);
    if (timer->deleted) {
        begin_end(timer);
    }
}

/*
 * Makes a timer that is not set.  Callback may be NULL.  Both of no-wake and high resolution: bug check. NULL
 * when memory is short.  <= DISPATCH_LEVEL.  nf-wdm-exallocatetimer.
 */
PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
    ddi_enter(ExAllocateTimer);
    if (ddi_fails(ExAllocateTimer)) {
        return NULL;
    }
    const ULONG exclusive = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE;
    if ((Attributes & exclusive) == exclusive) {
        ke_bugcheck(TIMER_OR_DPC_INVALID, 0, 0, Attributes, 0);
    }
    PEX_TIMER timer = ke_allocate(sizeof(*timer));
    if (timer == NULL) {
        return NULL;
    }
    KeInitializeTimerEx(&timer->timer,
                        (Attributes & EX_TIMER_NOTIFICATION) != 0 ? NotificationTimer : SynchronizationTimer);
    KeInitializeDpc(&timer->dpc, expire, timer);
    timer->callback = Callback;
    timer->context = CallbackContext;
    timer->attributes = Attributes;
    event_send(EVENT_OBJECT_CREATE, timer, OBJECT_TIMER, sizeof(*timer), 0, 0);
    return timer;
}

/*
 * Sets it to expire at DueTime (negative: from now) and then every Period, both in units of 100 ns; a setting
 * before is cancelled, and TRUE says so.  A high-resolution timer with an absolute time: bug check.
 * <= DISPATCH_LEVEL.  nf-wdm-exsettimer.
 */
BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters)
{
    ddi_enter(ExSetTimer);
    bool fine = (Timer->attributes & EX_TIMER_HIGH_RESOLUTION) != 0;
    if ((fine && DueTime >= 0) || Timer->deleted ||
        (Parameters != NULL && Parameters->NoWakeTolerance < 0 &&
         Parameters->NoWakeTolerance != EX_TIMER_UNLIMITED_TOLERANCE)) {
        ke_bugcheck(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, (ULONG_PTR)DueTime, 0);
    }
    LARGE_INTEGER due = {.QuadPart = DueTime};
    return ke_timer_set(&Timer->timer, due, (LONG)((Period + TICKS_PER_MS - 1) / TICKS_PER_MS), &Timer->dpc,
                        true);
}

/* TRUE: it was set, and its routine will not be called for it.  FALSE: it was not, or has expired; the
 * routine may be about to run.  <= DISPATCH_LEVEL.  nf-wdm-excanceltimer. */
BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
    ddi_enter(ExCancelTimer);
    (void)Parameters;
    return KeCancelTimer(&Timer->timer);
}

/*
 * Deletes it.  Cancel: cancels it, and TRUE says that it was set; else it still expires once.  Wait, only
 * with Cancel: returns when its routine does not run any more, <= APC_LEVEL; else <= DISPATCH_LEVEL.
 * nf-wdm-exdeletetimer.
 */
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters)
{
    ddi_enter(ExDeleteTimer);
    ddi_enter_when(ExDeleteTimer, wait, Wait);
    ddi_enter_when(ExDeleteTimer, otherwise, !Wait);
    if (Wait && !Cancel) {
        ke_bugcheck(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, Cancel, Wait);
    }
    if (Parameters != NULL) {
        Timer->delete_callback = Parameters->DeleteCallback;
        Timer->delete_context = Parameters->DeleteContext;
    }
    event_send(EVENT_OBJECT_DESTROY, Timer, OBJECT_TIMER, sizeof(*Timer), 0, 0);
    if (Wait) {
        BOOLEAN cancelled = KeCancelTimer(&Timer->timer);
        KeFlushQueuedDpcs();
        finish(Timer);
        return cancelled;
    }
    ke_about_to_change(&Timer->deleted);
    Timer->deleted = 1;
    bool cancelled = Cancel && KeCancelTimer(&Timer->timer);
    if (Cancel || !ke_timer_is_set(&Timer->timer)) {
        begin_end(Timer);
    }
    return cancelled;
}
