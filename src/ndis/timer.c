/*
 * timer.c - timer objects (spec section 8): a KTIMER with its DPC.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

struct ndis_timer {
    uint32_t signature;
    struct ndis_timer *next; /* of the adapter's timers */
    struct ndis_adapter *adapter;
    NDIS_TIMER_CHARACTERISTICS characteristics;
    void *volatile context;
    volatile BOOLEAN periodic;
    KTIMER timer;
    KDPC dpc;
};

static struct ndis_timer *timer_of(NDIS_HANDLE handle)
{
    struct ndis_timer *timer = handle;
    if (timer == NULL || timer->signature != NDIS_SIGNATURE_TIMER) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)timer, 0);
    }
    return timer;
}

/* The callback may free its timer, so nothing of it is touched afterwards. */
static void expired(KDPC *dpc, void *deferred, void *a, void *b)
{
    struct ndis_timer *timer = deferred;
    (void)dpc, (void)a, (void)b;
    PNDIS_TIMER_FUNCTION function = timer->characteristics.TimerFunction;
    void *context = timer->context;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_TIMER, "NetTimerCallback", (const void *)(uintptr_t)function);
    function(NULL, context, NULL, NULL);
    callback_leave(&frame);
}

static void link_timer(struct ndis_timer *timer, struct ndis_adapter *adapter)
{
    if (adapter != NULL) {
        KIRQL old = ke_guard_enter(&adapter->guard);
        timer->adapter = adapter;
        timer->next = adapter->timers;
        adapter->timers = timer;
        ke_guard_leave(&adapter->guard, old);
    }
}

static void unlink_timer(struct ndis_timer *timer)
{
    struct ndis_adapter *adapter = timer->adapter;
    if (adapter == NULL) {
        return;
    }
    KIRQL old = ke_guard_enter(&adapter->guard);
    struct ndis_timer **at = &adapter->timers;
    while (*at != NULL && *at != timer) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = timer->next;
    }
    ke_guard_leave(&adapter->guard, old);
}

/*
 * Makes a timer object.  <= DISPATCH_LEVEL.  NDIS_STATUS_BAD_CHARACTERISTICS for a wrong header or no
 * function, NDIS_STATUS_RESOURCES.  TI-1, nf-ndis-ndisallocatetimerobject.
 */
NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
                                    PNDIS_HANDLE pTimerObject)
{
    ddi_enter(NdisAllocateTimerObject);
    if (ddi_fails(NdisAllocateTimerObject)) {
        return NDIS_STATUS_RESOURCES;
    }
    if (TimerCharacteristics->Header.Type != NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS ||
        TimerCharacteristics->TimerFunction == NULL) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    struct ndis_timer *timer = ke_allocate(sizeof *timer);
    if (timer == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    timer->signature = NDIS_SIGNATURE_TIMER;
    timer->characteristics = *TimerCharacteristics;
    KeInitializeTimerEx(&timer->timer, NotificationTimer);
    KeInitializeDpc(&timer->dpc, expired, timer);
    link_timer(timer, adapter_of(NdisHandle));
    event_send(EVENT_OBJECT_CREATE, timer, OBJECT_TIMER, sizeof *timer, TimerCharacteristics->AllocationTag,
               (uintptr_t)NdisHandle);
    *pTimerObject = timer;
    return NDIS_STATUS_SUCCESS;
}

/*
 * Frees a timer object that is not set.  <= DISPATCH_LEVEL, its own callback included.  No page says what
 * comes of one that is set: it is cancelled here.  One whose callback is queued is PoolUseAfterFree.  TI-10,
 * nf-ndis-ndisfreetimerobject.
 */
VOID NdisFreeTimerObject(NDIS_HANDLE TimerObject)
{
    ddi_enter(NdisFreeTimerObject);
    struct ndis_timer *timer = timer_of(TimerObject);
    KeCancelTimer(&timer->timer);
    unlink_timer(timer);
    if (KeRemoveQueueDpc(&timer->dpc)) {
        event_misuse("PoolUseAfterFree", "a timer object is freed while its callback is queued", timer, 0xC7,
                     1);
    }
    event_send(EVENT_OBJECT_DESTROY, timer, OBJECT_TIMER, 0, 0, 0);
    timer->signature = NDIS_SIGNATURE_DEAD;
    ke_free(timer);
}

/*
 * Sets a timer; TRUE when it was set already (that expiry is cancelled).  A FunctionContext of NULL means the
 * one of the characteristics.  <= DISPATCH_LEVEL.  TI-2, TI-3, nf-ndis-ndissettimerobject.
 */
BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
                           PVOID FunctionContext)
{
    ddi_enter(NdisSetTimerObject);
    return NdisSetCoalescableTimerObject(TimerObject, DueTime, MillisecondsPeriod, FunctionContext, 0);
}

/* The same with a tolerance, which only widens what a tick allows anyway.  <= DISPATCH_LEVEL.  TI-4. */
BOOLEAN NdisSetCoalescableTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
                                      PVOID FunctionContext, ULONG Tolerance)
{
    ddi_enter(NdisSetCoalescableTimerObject);
    struct ndis_timer *timer = timer_of(TimerObject);
    timer->context = FunctionContext != NULL ? FunctionContext : timer->characteristics.FunctionContext;
    timer->periodic = MillisecondsPeriod != 0;
    return KeSetCoalescableTimer(&timer->timer, DueTime, (ULONG)MillisecondsPeriod, Tolerance, &timer->dpc);
}

/*
 * Cancels a timer; TRUE when it was set: then a one-shot timer's callback does not run.  A periodic timer's
 * callback has finished on return.  Periodic: PASSIVE_LEVEL; one-shot: <= DISPATCH_LEVEL.  TI-7, TI-8,
 * nf-ndis-ndiscanceltimerobject.
 */
BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerObject)
{
    ddi_enter(NdisCancelTimerObject);
    struct ndis_timer *timer = timer_of(TimerObject);
    ddi_enter_when(NdisCancelTimerObject, periodic, timer->periodic);
    BOOLEAN periodic = timer->periodic;
    BOOLEAN cancelled = KeCancelTimer(&timer->timer);
    if (periodic && ke_irql() == PASSIVE_LEVEL) {
        KeFlushQueuedDpcs();
    }
    return cancelled;
}

void adapter_timers_stop(struct ndis_adapter *adapter)
{
    bool any = adapter->timers != NULL;
    for (struct ndis_timer *timer = adapter->timers; timer != NULL; timer = timer->next) {
        KeCancelTimer(&timer->timer);
        timer->adapter = NULL; /* the memory stays: the driver still has the handle */
    }
    adapter->timers = NULL;
    if (any) {
        KeFlushQueuedDpcs();
    }
}
