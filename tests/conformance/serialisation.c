/*
 * serialisation.c - spec section 10: what NDIS promises never to do at once, and what it may.
 */
#include <ndis.h>

#include "../ndis/miniport.h"

#include "ndis/crash.h"

#define DIRQL 6

/* ---- a driver above ----------------------------------------------------------------------------- */

static struct {
    struct ndis_binding binding;
    NDIS_HANDLE pool;
    volatile LONG completed, received, oids;
    volatile NDIS_STATUS last_status;
    void (*on_receive)(void);
    bool keep; /* receives are returned by return_kept */
    NET_BUFFER_LIST *volatile kept[4];
    volatile LONG kept_count;
} above;

static void free_all(NET_BUFFER_LIST *lists)
{
    for (NET_BUFFER_LIST *next; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        NdisFreeNetBufferList(lists);
    }
}

static void above_complete(void *context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)flags;
    above.last_status = NET_BUFFER_LIST_STATUS(lists);
    InterlockedExchangeAdd(&above.completed, (LONG)nbl_count(lists));
    free_all(lists);
}

static void above_receive(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count,
                          ULONG flags)
{
    (void)context, (void)port, (void)flags;
    InterlockedExchangeAdd(&above.received, (LONG)count);
    if (above.on_receive != NULL) {
        above.on_receive();
    }
    if (above.keep) {
        above.kept[InterlockedIncrement(&above.kept_count) - 1] = lists;
    } else {
        NdisReturnNetBufferLists(&above.binding, lists, 0);
    }
}

static void above_oid(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    (void)context, (void)request, (void)status;
    InterlockedIncrement(&above.oids);
}

static void above_status(void *context, const NDIS_STATUS_INDICATION *indication)
{
    (void)context, (void)indication;
}

static const struct ndis_binding_handlers above_handlers = {above_complete, above_receive, above_oid,
                                                            above_status};

static void begin(struct device *device)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    mini_start(device);
    binding_open(&above.binding, mini.instance, &above_handlers, NULL);
    above.pool = NdisAllocateNetBufferListPool(&above.binding, &parameters);
}

static void end(void)
{
    NdisFreeNetBufferListPool(above.pool);
    binding_close(&above.binding);
    mini_stop();
}

static void send_one(void)
{
    NdisSendNetBufferLists(&above.binding, NdisAllocateNetBufferList(above.pool, 0, 0), 0, 0);
}

static void indicate_one(void)
{
    NdisMIndicateReceiveNetBufferLists(mini.adapter, NdisAllocateNetBufferList(above.pool, 0, 0), 0, 1, 0);
}

static void give_back(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)flags;
    free_all(lists);
}

/* ---- one at a time ------------------------------------------------------------------------------ */

static volatile LONG inside, most_inside;

static void enter(void)
{
    LONG now = InterlockedIncrement(&inside);
    if (now > most_inside) {
        most_inside = now;
    }
}

static void leave(void)
{
    InterlockedDecrement(&inside);
}

/* Stays until another comes. */
static void meet(void)
{
    enter();
    ULONGLONG until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(CHECK_SECONDS * 1000);
    while (most_inside < 2 && KeQueryInterruptTime() < until) {
        YieldProcessor();
    }
    leave();
}

/* ---- SE-1, SE-2: OID requests ------------------------------------------------------------------- */

#define ASKERS 4
#define REQUESTS 25

static NDIS_OID_REQUEST requests[ASKERS][REQUESTS];
static struct dpc completer;
static NDIS_OID_REQUEST *volatile pended;
static volatile LONG handled;

static void complete_pended(void *argument)
{
    NDIS_OID_REQUEST *request = pended;
    (void)argument;
    spin_ms(1); /* a second one would come in here */
    leave();
    NdisMOidRequestComplete(mini.adapter, request, NDIS_STATUS_SUCCESS);
}

/* Every other request is pended. */
static NDIS_STATUS oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    enter();
    if (InterlockedIncrement(&handled) % 2 == 0) {
        pended = request;
        dpc_init(&completer, complete_pended, NULL, (int)(handled / 2 % ASKERS));
        dpc_queue(&completer);
        return NDIS_STATUS_PENDING;
    }
    leave();
    return NDIS_STATUS_NOT_SUPPORTED;
}

static void fill(NDIS_OID_REQUEST *request)
{
    memset(request, 0, sizeof *request);
    request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request->RequestType = NdisRequestQueryInformation;
    request->DATA.QUERY_INFORMATION.Oid = OID_GEN_XMIT_OK;
}

static void ask(void *argument)
{
    NDIS_OID_REQUEST *own = argument;
    for (int n = 0; n < REQUESTS; n++) {
        KIRQL old = PASSIVE_LEVEL;
        fill(&own[n]);
        if (n % 3 == 0) {
            old = KeRaiseIrqlToDpcLevel();
        }
        CHECK_EQ(NdisOidRequest(&above.binding, &own[n]), NDIS_STATUS_PENDING);
        if (n % 3 == 0) {
            KeLowerIrql(old);
        }
    }
}

static void oids_one_at_a_time(void *argument)
{
    struct thread threads[ASKERS];
    (void)argument;
    mini_defaults();
    mini.handlers.OidRequestHandler = oid;
    begin(NULL);
    for (int i = 0; i < ASKERS; i++) {
        thread_start(&threads[i], ask, requests[i], i);
    }
    for (int i = 0; i < ASKERS; i++) {
        thread_join(&threads[i]);
    }
    SLEEP_UNTIL(above.oids == ASKERS * REQUESTS);
    CHECK_EQ(handled, ASKERS * REQUESTS);
    CHECK_EQ(most_inside, 1);
    end();
}

/* What OID requests end with. */
static NDIS_STATUS answer;

static NDIS_STATUS answer_oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    if (request->DATA.SET_INFORMATION.Oid == OID_PM_REMOVE_WOL_PATTERN) {
        NdisMOidRequestComplete(mini.adapter, request, answer);
        return NDIS_STATUS_PENDING;
    }
    return answer;
}

static void set_oid(NDIS_OID oid, NDIS_STATUS status)
{
    static NDIS_OID_REQUEST request;
    LONG before = above.oids;
    fill(&request);
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = oid;
    answer = status;
    NdisOidRequest(&above.binding, &request);
    SLEEP_UNTIL(above.oids == before + 1);
}

/* The verifier objects to those that end badly and may not: one of each way to end them. */
static void some_may_not_fail(void *refused)
{
    mini_defaults();
    mini.handlers.OidRequestHandler = answer_oid;
    begin(NULL);
    set_oid(OID_GEN_CURRENT_PACKET_FILTER, NDIS_STATUS_FAILURE);
    set_oid(OID_PNP_SET_POWER, NDIS_STATUS_SUCCESS);
    set_oid(OID_PM_REMOVE_WOL_PATTERN, NDIS_STATUS_REQUEST_ABORTED);
    set_oid(OID_RECEIVE_FILTER_FREE_QUEUE, NDIS_STATUS_NOT_ACCEPTED);
    set_oid(*(NDIS_OID *)refused, NDIS_STATUS_RESOURCES);
    end();
}

static void set_power_may_not_fail(void *argument)
{
    NDIS_OID refused = OID_PNP_SET_POWER;
    (void)argument;
    some_may_not_fail(&refused);
}

static void taking_back_may_not_fail(void *argument)
{
    NDIS_OID refused = OID_PM_REMOVE_WOL_PATTERN;
    (void)argument;
    some_may_not_fail(&refused);
}

static void others_may_fail(void *argument)
{
    NDIS_OID refused = OID_PM_ADD_WOL_PATTERN;
    (void)argument;
    some_may_not_fail(&refused);
}

static NDIS_STATUS pend_oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    pended = request;
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS direct(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context, (void)request;
    CHECK(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    InterlockedIncrement(&handled);
    meet();
    return NDIS_STATUS_SUCCESS;
}

static void ask_directly(void *argument)
{
    CHECK_EQ(NdisDirectOidRequest(&above.binding, argument), NDIS_STATUS_PENDING);
}

/* Beside a request that is pending, beside each other, at PASSIVE_LEVEL and at DISPATCH_LEVEL. */
static void direct_oids_with_anything(void *argument)
{
    static NDIS_OID_REQUEST plain, own[3];
    struct thread thread;
    (void)argument;
    mini_defaults();
    mini.handlers.OidRequestHandler = pend_oid;
    mini.handlers.DirectOidRequestHandler = direct;
    mini.handlers.MinorNdisVersion = 1;
    mini.handlers.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    mini.handlers.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    begin(NULL);
    run_on(0);
    fill(&plain);
    for (int i = 0; i < 3; i++) {
        fill(&own[i]);
    }
    NdisOidRequest(&above.binding, &plain);
    SLEEP_UNTIL(pended == &plain);
    thread_start(&thread, ask_directly, &own[0], 1);
    ask_directly(&own[1]);
    thread_join(&thread);
    CHECK_EQ(most_inside, 2);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    ask_directly(&own[2]);
    KeLowerIrql(old);
    CHECK_EQ(above.oids, 3);
    CHECK_EQ(handled, 3);
    NdisMOidRequestComplete(mini.adapter, pended, NDIS_STATUS_SUCCESS);
    CHECK_EQ(above.oids, 4);
    end();
}

/* ---- SE-4, SE-5: halt and pause ----------------------------------------------------------------- */

static NET_BUFFER_LIST *volatile sent;
static volatile LONG halted, interrupted, dpcs, ticks, pausing;
static NDIS_HANDLE interrupt, timer;

static void keep_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    (void)context, (void)port, (void)flags;
    sent = lists;
}

static void note_halt(void)
{
    CHECK_EQ(above.completed, 1);
    CHECK_PTR(pended, NULL);
    halted = 1;
}

static NDIS_STATUS pause_pending(NDIS_HANDLE context, NDIS_MINIPORT_PAUSE_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    pausing = 1;
    return NDIS_STATUS_PENDING;
}

static void pause_and_halt(void *argument)
{
    (void)argument;
    adapter_pause(mini.instance);
    binding_close(&above.binding);
    adapter_halt(mini.instance, NdisHaltDeviceDisabled);
}

/* The halt comes after the send and the OID request that were outstanding when it was wanted. */
static void halt_after_what_is_outstanding(void *argument)
{
    static NDIS_OID_REQUEST request;
    struct thread thread;
    (void)argument;
    mini_defaults();
    mini.handlers.SendNetBufferListsHandler = keep_send;
    mini.handlers.OidRequestHandler = pend_oid;
    mini.handlers.PauseHandler = pause_pending;
    mini.on_halt = note_halt;
    begin(NULL);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    send_one();
    CHECK(sent != NULL);
    fill(&request);
    NdisOidRequest(&above.binding, &request);
    SLEEP_UNTIL(pended == &request);
    thread_start(&thread, pause_and_halt, NULL, -1);
    SLEEP_UNTIL(pausing == 1);
    sleep_ms(20);
    CHECK_EQ(halted, 0);
    NET_BUFFER_LIST_STATUS(sent) = NDIS_STATUS_PAUSED;
    NdisMSendNetBufferListsComplete(mini.adapter, sent, 0);
    NdisMPauseComplete(mini.adapter);
    sleep_ms(20);
    CHECK_EQ(halted, 0); /* the OID request is still pending */
    pended = NULL;
    NdisMOidRequestComplete(mini.adapter, &request, NDIS_STATUS_SUCCESS);
    thread_join(&thread);
    CHECK_EQ(halted, 1);
    CHECK_EQ(above.oids, 1);
    NdisFreeNetBufferListPool(above.pool);
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
}

static BOOLEAN isr(NDIS_HANDLE context, PBOOLEAN queue_default, PULONG targets)
{
    (void)context;
    *targets = 0;
    *queue_default = tiny_acknowledge();
    interrupted += *queue_default;
    return *queue_default;
}

static void interrupt_dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID reserved)
{
    (void)context, (void)dpc_context, (void)throttle, (void)reserved;
    InterlockedIncrement(&dpcs);
}

static void change(NDIS_HANDLE context)
{
    (void)context;
}

static VOID tick(PVOID a, PVOID context, PVOID b, PVOID c)
{
    (void)a, (void)context, (void)b, (void)c;
    InterlockedIncrement(&ticks);
}

static NDIS_STATUS connect(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_TIMER_CHARACTERISTICS all = {.Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
                                                 .Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1,
                                                 .Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
                                      .TimerFunction = tick};
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS line = {
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
                   .Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
        .InterruptHandler = isr,
        .InterruptDpcHandler = (MINIPORT_INTERRUPT_DPC_HANDLER)interrupt_dpc,
        .DisableInterruptHandler = change,
        .EnableInterruptHandler = change,
    };
    (void)parameters;
    CHECK_EQ(NdisAllocateTimerObject(mini.adapter, &all, &timer), NDIS_STATUS_SUCCESS);
    return NdisMRegisterInterruptEx(mini.adapter, &mini, &line, &interrupt);
}

static void disconnect(void)
{
    NdisMDeregisterInterruptEx(interrupt);
    NdisFreeTimerObject(timer);
}

static void complete_pause_later(void *argument)
{
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(1)};
    (void)argument;
    SLEEP_UNTIL(pausing == 1);
    tiny_raise(); /* interrupts, DPCs and timers go on while it pauses */
    NdisSetTimerObject(timer, due, 0, NULL);
    SLEEP_UNTIL(interrupted == 1 && dpcs == 1 && ticks == 1);
    send_one(); /* but NDIS lets no new send through */
    CHECK_EQ(above.last_status, NDIS_STATUS_PAUSED);
    CHECK_EQ(above.completed, 1);
    CHECK_PTR(sent, NULL);
    CHECK_EQ(mini.instance->state, ADAPTER_PAUSING);
    NdisReturnNetBufferLists(&above.binding, above.kept[0], 0);
    NdisMPauseComplete(mini.adapter);
}

static void machine_runs_while_pausing(void *argument)
{
    struct thread thread;
    (void)argument;
    tiny_attach(DIRQL);
    mini_defaults();
    mini.handlers.SendNetBufferListsHandler = keep_send;
    mini.handlers.ReturnNetBufferListsHandler = give_back;
    mini.handlers.PauseHandler = pause_pending;
    mini.on_initialize = connect;
    mini.on_halt = disconnect;
    begin(&tiny.device);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    above.keep = true;
    indicate_one(); /* returned while it pauses */
    thread_start(&thread, complete_pause_later, NULL, -1);
    adapter_pause(mini.instance); /* returns when the miniport has completed it */
    CHECK_EQ(mini.instance->state, ADAPTER_PAUSED);
    thread_join(&thread);
    end();
    tiny_detach();
}

/* ---- SE-6: the data path is on every processor -------------------------------------------------- */

static void meet_in_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    meet();
    mini_send(context, lists, port, flags);
}

static void meet_in_return(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    meet();
    give_back(context, lists, flags);
}

static void send_thread(void *argument)
{
    (void)argument;
    send_one();
}

static void indicate_thread(void *argument)
{
    (void)argument;
    indicate_one();
}

static void return_thread(void *argument)
{
    NdisReturnNetBufferLists(&above.binding, argument, 0);
}

static void on_two_processors(void (*body)(void *), void *first, void *second)
{
    struct thread thread;
    most_inside = 0;
    thread_start(&thread, body, first, 1);
    body(second);
    thread_join(&thread);
    CHECK_EQ(most_inside, 2);
}

static void data_on_several_processors(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.handlers.SendNetBufferListsHandler = meet_in_send;
    mini.handlers.ReturnNetBufferListsHandler = meet_in_return;
    begin(NULL);
    run_on(0);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    on_two_processors(send_thread, NULL, NULL);
    above.keep = true;
    above.on_receive = meet;
    on_two_processors(indicate_thread, NULL, NULL);
    CHECK_EQ(above.kept_count, 2);
    on_two_processors(return_thread, above.kept[0], above.kept[1]);
    adapter_pause(mini.instance);
    end();
}

/* ---- SE-7: reset and the check for a hang ------------------------------------------------------- */

static volatile LONG resets, reset_levels, hang_checks;
static bool hung, leaves_oid;

static NDIS_STATUS reset(NDIS_HANDLE context, PBOOLEAN addressing)
{
    (void)context;
    *addressing = FALSE;
    CHECK(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    __atomic_fetch_or(&reset_levels, 1 << KeGetCurrentIrql(), __ATOMIC_SEQ_CST);
    InterlockedIncrement(&resets);
    LONG before = interrupted; /* an ISR comes in */
    tiny_raise();
    CHECK_SOON(interrupted == before + 1);
    if (pended != NULL && !leaves_oid) {
        NDIS_OID_REQUEST *request = pended;
        pended = NULL;
        NdisMOidRequestComplete(mini.adapter, request, NDIS_STATUS_REQUEST_ABORTED);
    }
    return NDIS_STATUS_SUCCESS;
}

static BOOLEAN check_for_hang(NDIS_HANDLE context)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    hang_checks++;
    return hung;
}

static void begin_with_reset(void)
{
    tiny_attach(DIRQL);
    mini_defaults();
    mini.handlers.MinorNdisVersion = 30;
    mini.handlers.OidRequestHandler = pend_oid;
    mini.handlers.ResetHandlerEx = reset;
    mini.handlers.CheckForHangHandlerEx = check_for_hang;
    mini.on_initialize = connect;
    mini.on_halt = disconnect;
    begin(&tiny.device);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
}

static void end_with_reset(void)
{
    adapter_pause(mini.instance);
    end();
    tiny_detach();
}

static void reset_up_to_dispatch(void *argument)
{
    static NDIS_OID_REQUEST request;
    (void)argument;
    begin_with_reset();
    CHECK_EQ(adapter_check_for_hang(mini.instance), false);
    CHECK_EQ(resets, 0);
    hung = true;
    CHECK_EQ(adapter_check_for_hang(mini.instance), true);
    CHECK_EQ(resets, 1);
    CHECK_EQ(hang_checks, 2);
    for (int n = 0; n < 40; n++) {
        adapter_reset(mini.instance);
    }
    CHECK_EQ(reset_levels, 1 << PASSIVE_LEVEL | 1 << DISPATCH_LEVEL); /* both, as it pleases NDIS */
    fill(&request);
    NdisOidRequest(&above.binding, &request);
    SLEEP_UNTIL(pended == &request);
    adapter_reset(mini.instance); /* completes it */
    CHECK_EQ(above.oids, 1);
    CHECK(mini.instance->fault == NULL);
    end_with_reset();
}

static void reset_leaves_an_oid(void *argument)
{
    static NDIS_OID_REQUEST request;
    (void)argument;
    leaves_oid = true;
    begin_with_reset();
    fill(&request);
    NdisOidRequest(&above.binding, &request);
    SLEEP_UNTIL(pended == &request);
    adapter_reset(mini.instance);
    CHECK(mini.instance->fault != NULL && strstr(mini.instance->fault, "a reset was completed") != NULL);
    NdisMOidRequestComplete(mini.adapter, pended, NDIS_STATUS_SUCCESS);
    end_with_reset();
}

/* ---- SE-8: shutdown in a bug check -------------------------------------------------------------- */

static volatile LONG shutdowns;

static void note_shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
    (void)context;
    CHECK_EQ(action, NdisShutdownBugCheck);
    CHECK_EQ(KeGetCurrentIrql(), HIGH_LEVEL);
    shutdowns++;
}

static ULONG attribute_flags;

static NDIS_STATUS set_flags(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    (void)parameters;
    memset(&attributes, 0, sizeof attributes);
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.MiniportAdapterContext = &mini;
    attributes.RegistrationAttributes.AttributeFlags = attribute_flags;
    return NdisMSetMiniportAttributes(mini.adapter, &attributes);
}

static LONG crash(UCHAR minor, ULONG flags)
{
    LONG before = shutdowns;
    attribute_flags = flags;
    mini_defaults();
    mini.handlers.MinorNdisVersion = minor;
    mini.handlers.ShutdownHandlerEx = note_shutdown;
    mini.on_initialize = set_flags;
    mini_start(NULL);
    bool told = adapter_crash(mini.instance);
    CHECK_EQ(told, shutdowns != before);
    return shutdowns - before;
}

static void told_of_bug_checks_always(void *argument)
{
    (void)argument;
    CHECK_EQ(crash(20, 0), 1); /* before 6.30 always */
}

static void told_of_bug_checks_when_asked(void *argument)
{
    (void)argument;
    CHECK_EQ(crash(30, NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK), 1);
}

static void not_told_of_bug_checks(void *argument)
{
    (void)argument;
    CHECK_EQ(crash(30, 0), 0);
}

/* ---- SE-11: Poll mode --------------------------------------------------------------------------- */

static NDIS_POLL_HANDLE poll;
static volatile LONG polls, poll_levels, notifications;

static void in_poll(void)
{
    enter();
    __atomic_fetch_or(&poll_levels, 1 << KeGetCurrentIrql(), __ATOMIC_SEQ_CST);
    KeStallExecutionProcessor(20); /* another would come in here */
    leave();
}

static VOID poll_once(PVOID context, NDIS_POLL_DATA *data)
{
    CHECK_PTR(context, &polls);
    CHECK(data->Receive.MaxNblsToIndicate > 0 && data->Transmit.MaxNblsToComplete > 0);
    in_poll();
    InterlockedIncrement(&polls);
}

static VOID set_notification(PVOID context, NDIS_POLL_NOTIFICATION *notification)
{
    (void)context, (void)notification;
    in_poll();
    InterlockedIncrement(&notifications);
}

static NDIS_STATUS register_poll(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_POLL_CHARACTERISTICS all = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                                                .Revision = NDIS_POLL_CHARACTERISTICS_REVISION_1,
                                                .Size = NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1},
                                     .SetPollNotificationHandler = set_notification,
                                     .PollHandler = poll_once};
    (void)parameters;
    CHECK_EQ(NdisRegisterPoll(mini.adapter, (PVOID)&polls, &all, &poll), STATUS_SUCCESS);
    return NDIS_STATUS_SUCCESS;
}

static void deregister_poll(void)
{
    NdisDeregisterPoll(poll);
    LONG before = polls;
    sleep_ms(5);
    CHECK_EQ(polls, before);
}

static void request_poll(void *argument)
{
    (void)argument;
    NdisRequestPoll(poll, NULL);
}

static void request_polls(void *argument)
{
    (void)argument;
    for (int n = 0; n < 200; n++) {
        NdisRequestPoll(poll, NULL);
        KeStallExecutionProcessor(10);
    }
}

static void poll_and_wait(void (*request)(void))
{
    LONG before = polls;
    request();
    SLEEP_UNTIL(polls > before); /* no request is lost */
}

static void request_from_isr(void)
{
    run_as_isr(request_poll, NULL, 1);
}

static void request_from_dpc(void)
{
    run_as_dpc(request_poll, NULL, 1);
}

static void request_here(void)
{
    request_poll(NULL);
}

static void polls_one_at_a_time(void *argument)
{
    struct thread threads[ASKERS];
    (void)argument;
    mini_defaults();
    mini.on_initialize = register_poll;
    mini.on_halt = deregister_poll;
    begin(NULL);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    for (int n = 0; n < 30; n++) {
        poll_and_wait(request_here);
        poll_and_wait(request_from_dpc);
        poll_and_wait(request_from_isr);
    }
    CHECK_EQ(poll_levels, 1 << PASSIVE_LEVEL | 1 << DISPATCH_LEVEL);
    for (int i = 0; i < ASKERS; i++) {
        thread_start(&threads[i], request_polls, NULL, i);
    }
    for (int i = 0; i < ASKERS; i++) {
        thread_join(&threads[i]);
    }
    poll_and_wait(request_here);
    CHECK(notifications > 0);
    CHECK_EQ(most_inside, 1);
    adapter_pause(mini.instance);
    end();
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("SE-1", oids_one_at_a_time, "", ASKERS, BOTH),
    CASE("SE-1-may-fail", others_may_fail, "", 2, BOTH),
    CASE("SE-1-set-power-fails", set_power_may_not_fail, "NdisOidComplete", 2, CHECKED),
    CASE("SE-1-taking-back-fails", taking_back_may_not_fail, "NdisOidComplete", 2, CHECKED),
    CASE("SE-2", direct_oids_with_anything, "", 2, BOTH),
    CASE("SE-4", halt_after_what_is_outstanding, "", 2, BOTH),
    CASE("SE-5", machine_runs_while_pausing, "", 2, BOTH),
    CASE("SE-6", data_on_several_processors, "", 2, BOTH),
    CASE("SE-7", reset_up_to_dispatch, "", 2, BOTH),
    CASE("SE-7-leaves-oid", reset_leaves_an_oid, "", 2, BOTH),
    CASE("SE-8", told_of_bug_checks_when_asked, "", 1, BOTH),
    CASE("SE-8-not-asked", not_told_of_bug_checks, "", 1, BOTH),
    CASE("SE-8-before-6.30", told_of_bug_checks_always, "", 1, BOTH),
    CASE("SE-11", polls_one_at_a_time, "", ASKERS, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
