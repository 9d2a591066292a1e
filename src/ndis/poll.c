/*
 * poll.c - NDIS Poll mode (SE-11): a poll object is called in turns until its driver makes no more progress.
 *
 * A request starts a session: in the caller's own context, in a DPC, or at PASSIVE_LEVEL in a system thread;
 * NDIS chooses.  `state` lets one session exist at a time, so that no two callbacks of one object ever run
 * together; what is requested during a session makes it go on.  A session that has had its turns goes to the
 * end of the queue.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

#include "ke/observer.h"

#define TURNS 16
#define WAIT_100NS 1000

enum poll_state { POLL_IDLE, POLL_REQUESTED, POLL_RUNS, POLL_RUNS_ON /* requested again meanwhile */ };

struct _NDIS_POLL_OBJECT {
    uint32_t signature;
    struct _NDIS_POLL_OBJECT *next;
    struct ndis_adapter *adapter;
    void *context;
    NDIS_POLL_CHARACTERISTICS handlers;
    volatile uint32_t state; /* enum poll_state */
    volatile BOOLEAN stopping;
    volatile ULONG turns;    /* so far, begun and ended: odd in the middle of one */
    volatile LONG processor; /* -1: any */
    KDPC dpc;
    WORK_QUEUE_ITEM item;
};

static struct _NDIS_POLL_OBJECT *poll_of(NDIS_POLL_HANDLE handle)
{
    if (handle == NULL || handle->signature != NDIS_SIGNATURE_POLL) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)handle, 0);
    }
    return handle;
}

/* ---- the state ----------------------------------------------------------------------------------------- */

/* From one state to another, if it is in the first; returns the one that it was in. */
static enum poll_state change(NDIS_POLL_HANDLE poll, enum poll_state from, enum poll_state to)
{
    uint32_t was = from;
    KE_STEP(ke_step_memory(OP_UPDATE, OP_ATOMIC | OP_LIBRARY, &poll->state, sizeof poll->state, 0, 0));
    ke_releases(&poll->state);
    __atomic_compare_exchange_n(&poll->state, &was, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    ke_acquires(&poll->state);
    return (enum poll_state)was;
}

/* True: the caller has to see to a session. */
static bool request(NDIS_POLL_HANDLE poll)
{
    for (;;) {
        enum poll_state was = change(poll, POLL_IDLE, POLL_REQUESTED);
        if (was == POLL_IDLE) {
            return true;
        }
        if (was != POLL_RUNS || change(poll, POLL_RUNS, POLL_RUNS_ON) == POLL_RUNS) {
            return false;
        }
    }
}

/* ---- a session ----------------------------------------------------------------------------------------- */

static void notify(NDIS_POLL_HANDLE poll, BOOLEAN enabled)
{
    NDIS_POLL_NOTIFICATION notification = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                                                      .Revision = NDIS_POLL_NOTIFICATION_REVISION_1,
                                                      .Size = NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1},
                                           .Enabled = enabled};
    MINIPORT_ENTER(frame, "NdisSetPollNotification", poll->handlers.SetPollNotificationHandler);
    poll->handlers.SetPollNotificationHandler(poll->context, &notification);
    callback_leave(&frame);
}

/* How many lists NDIS takes at a time. */
static ULONG limit(void)
{
    static const ULONG limits[] = {64, NDIS_ANY_NUMBER_OF_NBLS, 16, 1};
    return limits[ke_engine->step != NULL ? 0 : ke_choose(CHOICE_CHAIN, 4)];
}

static void hand_over(NDIS_POLL_HANDLE poll, const NDIS_POLL_DATA *data)
{
    bool at_dispatch = ke_irql() == DISPATCH_LEVEL;
    if (data->Transmit.CompletedNblChain != NULL) {
        NdisMSendNetBufferListsComplete(poll->adapter, data->Transmit.CompletedNblChain,
                                        data->Transmit.SendCompleteFlags |
                                            (at_dispatch ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0));
    }
    if (data->Receive.IndicatedNblChain != NULL) {
        NdisMIndicateReceiveNetBufferLists(poll->adapter, data->Receive.IndicatedNblChain,
                                           NDIS_DEFAULT_PORT_NUMBER, data->Receive.NumberOfIndicatedNbls,
                                           data->Receive.Flags |
                                               (at_dispatch ? NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL : 0));
    }
}

/* One turn; false when the driver made no progress. */
static bool turn(NDIS_POLL_HANDLE poll)
{
    ULONG most = limit();
    NDIS_POLL_DATA data = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                                      .Revision = NDIS_POLL_DATA_REVISION_1,
                                      .Size = NDIS_SIZEOF_NDIS_POLL_DATA_REVISION_1},
                           .Transmit = {.MaxNblsToComplete = most},
                           .Receive = {.MaxNblsToIndicate = most}};
    __atomic_fetch_add(&poll->turns, 1, __ATOMIC_SEQ_CST);
    MINIPORT_ENTER(frame, "NdisPoll", poll->handlers.PollHandler);
    poll->handlers.PollHandler(poll->context, &data);
    callback_leave(&frame);
    if (data.Receive.NumberOfIndicatedNbls > most || data.Transmit.NumberOfCompletedNbls > most) {
        adapter_fault(poll->adapter, "a poll gave NDIS more NET_BUFFER_LISTs than it had asked for");
    }
    hand_over(poll, &data);
    __atomic_fetch_add(&poll->turns, 1, __ATOMIC_SEQ_CST);
    return data.Receive.NumberOfIndicatedNbls != 0 || data.Transmit.NumberOfCompletedNbls != 0;
}

static void queue(NDIS_POLL_HANDLE poll)
{
    if (poll->processor >= 0) {
        KeSetTargetProcessorDpc(&poll->dpc, (CCHAR)poll->processor);
    }
    KeInsertQueueDpc(&poll->dpc, NULL, NULL);
}

/*
 * From POLL_REQUESTED to POLL_IDLE, or to POLL_REQUESTED again when it has had its turns.  Touches nothing of
 * the object afterwards.  <= DISPATCH_LEVEL.
 */
static void session(NDIS_POLL_HANDLE poll)
{
    change(poll, POLL_REQUESTED, POLL_RUNS);
    for (unsigned turns = 0; !poll->stopping;) {
        bool more = turn(poll);
        if (more && ++turns < TURNS) {
            continue;
        }
        if (more) {
            change(poll, POLL_RUNS_ON, POLL_RUNS);
            change(poll, POLL_RUNS, POLL_REQUESTED);
            queue(poll);
            return;
        }
        notify(poll, TRUE);
        if (change(poll, POLL_RUNS, POLL_IDLE) == POLL_RUNS) {
            return;
        }
        change(poll, POLL_RUNS_ON, POLL_RUNS);
        notify(poll, FALSE);
    }
    change(poll, POLL_RUNS_ON, POLL_RUNS);
    while (change(poll, POLL_RUNS, POLL_IDLE) != POLL_RUNS) {
        change(poll, POLL_RUNS_ON, POLL_RUNS);
    }
}

static void session_at_passive(void *context)
{
    NDIS_POLL_HANDLE poll = context;
    bool placed = poll->processor >= 0;
    if (placed) {
        KeSetSystemAffinityThread((KAFFINITY)1 << poll->processor);
    }
    session(poll);
    if (placed) {
        KeRevertToUserAffinityThread();
    }
}

static void session_dpc(KDPC *dpc, void *deferred, void *a, void *b)
{
    NDIS_POLL_HANDLE poll = deferred;
    (void)dpc, (void)a, (void)b;
    if (ndis_seldom(CHOICE_IRQL, 4)) {
        ExQueueWorkItem(&poll->item, CriticalWorkQueue);
    } else {
        session(poll);
    }
}

/* ---- the DDI ------------------------------------------------------------------------------------------- */

static void link_poll(NDIS_POLL_HANDLE poll)
{
    KIRQL old = ke_guard_enter(&poll->adapter->guard);
    poll->next = poll->adapter->polls;
    poll->adapter->polls = poll;
    ke_guard_leave(&poll->adapter->guard, old);
}

static void unlink_poll(NDIS_POLL_HANDLE poll)
{
    KIRQL old = ke_guard_enter(&poll->adapter->guard);
    struct _NDIS_POLL_OBJECT **at = &poll->adapter->polls;
    while (*at != NULL && *at != poll) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = poll->next;
    }
    ke_guard_leave(&poll->adapter->guard, old);
}

/*
 * Makes a poll object for an adapter; from MiniportInitializeEx.  PASSIVE_LEVEL.  STATUS_INVALID_PARAMETER
 * for a wrong header, no adapter or a missing handler, STATUS_INSUFFICIENT_RESOURCES.
 * nf-poll-ndisregisterpoll.
 */
NTSTATUS NdisRegisterPoll(NDIS_HANDLE NdisHandle, PVOID Context,
                          const NDIS_POLL_CHARACTERISTICS *Characteristics, NDIS_POLL_HANDLE *PollHandle)
{
    ddi_enter(NdisRegisterPoll);
    if (ddi_fails(NdisRegisterPoll)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct ndis_adapter *adapter = adapter_of(NdisHandle);
    if (adapter == NULL || Characteristics->Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
        Characteristics->PollHandler == NULL || Characteristics->SetPollNotificationHandler == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NDIS_POLL_HANDLE poll = ke_allocate(sizeof *poll);
    if (poll == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    poll->signature = NDIS_SIGNATURE_POLL;
    poll->adapter = adapter;
    poll->context = Context;
    poll->handlers = *Characteristics;
    poll->processor = -1;
    KeInitializeDpc(&poll->dpc, session_dpc, poll);
    ExInitializeWorkItem(&poll->item, session_at_passive, poll);
    link_poll(poll);
    event_send(EVENT_OBJECT_CREATE, poll, OBJECT_HANDLE, sizeof *poll, 0, (uintptr_t)adapter);
    *PollHandle = poll;
    return STATUS_SUCCESS;
}

/* No callback of it runs, or will, when it returns.  PASSIVE_LEVEL. */
static void stop(NDIS_POLL_HANDLE poll)
{
    LARGE_INTEGER moment = {.QuadPart = -WAIT_100NS};
    ke_about_to_change((const void *)&poll->stopping);
    poll->stopping = TRUE;
    if (ke_engine->await != NULL) {
        ke_engine->await(&poll->state, POLL_IDLE);
    } else {
        while (__atomic_load_n(&poll->state, __ATOMIC_SEQ_CST) != POLL_IDLE) {
            KeDelayExecutionThread(KernelMode, FALSE, &moment);
        }
        KeFlushQueuedDpcs(); /* the one that ended the session has still to return */
    }
    ke_acquires(&poll->state);
}

/* Ends a poll object: waits for its callbacks, afterwards none is made.  PASSIVE_LEVEL.
 * nf-poll-ndisderegisterpoll.
 */
VOID NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle)
{
    ddi_enter(NdisDeregisterPoll);
    NDIS_POLL_HANDLE poll = poll_of(PollHandle);
    stop(poll);
    unlink_poll(poll);
    event_send(EVENT_OBJECT_DESTROY, poll, OBJECT_HANDLE, 0, 0, 0);
    poll->signature = NDIS_SIGNATURE_DEAD;
    ke_free(poll);
}

/* The turn that is under way, if one is, has ended.  PASSIVE_LEVEL. */
static void settle(NDIS_POLL_HANDLE poll)
{
    LARGE_INTEGER moment = {.QuadPart = -WAIT_100NS};
    ULONG before = __atomic_load_n(&poll->turns, __ATOMIC_SEQ_CST);
    if (ke_engine->await != NULL) {
        ke_engine->await(&poll->state, POLL_IDLE); /* the small lives of that engine come to rest */
        ke_acquires(&poll->state);
        return;
    }
    while (before % 2 != 0 && __atomic_load_n(&poll->turns, __ATOMIC_SEQ_CST) == before) {
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
}

void adapter_polls_settle(struct ndis_adapter *adapter)
{
    for (NDIS_POLL_HANDLE poll = adapter->polls; poll != NULL; poll = poll->next) {
        settle(poll);
    }
}

void adapter_polls_stop(struct ndis_adapter *adapter)
{
    for (NDIS_POLL_HANDLE poll = adapter->polls; poll != NULL; poll = poll->next) {
        stop(poll); /* the memory stays: the driver still has the handle */
    }
    adapter->polls = NULL;
}

/* From now on its sessions are queued to that processor.  <= DISPATCH_LEVEL.  nf-poll-ndissetpollaffinity. */
VOID NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, const PROCESSOR_NUMBER *PollAffinity)
{
    ddi_enter(NdisSetPollAffinity);
    NDIS_POLL_HANDLE poll = poll_of(PollHandle);
    if (PollAffinity->Group == 0 && PollAffinity->Number < ke_processor_count) {
        poll->processor = PollAffinity->Number;
    }
}

/* May a session be in the caller's own context? */
static bool may_run_here(NDIS_POLL_HANDLE poll)
{
    return ke_irql() <= DISPATCH_LEVEL &&
           (poll->processor < 0 || (unsigned)poll->processor == ke_processor()->number);
}

/*
 * Asks for NdisPoll to be called: now, before this returns, or later.  Any IRQL, the object's own callbacks
 * and those of others included.  nf-poll-ndisrequestpoll.
 */
VOID NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, PVOID Reserved)
{
    ddi_enter(NdisRequestPoll);
    NDIS_POLL_HANDLE poll = poll_of(PollHandle);
    (void)Reserved;
    if (poll->stopping || !request(poll)) {
        return;
    }
    if (may_run_here(poll) && ndis_seldom(CHOICE_TIMING, 3)) {
        session(poll);
    } else {
        queue(poll);
    }
}
