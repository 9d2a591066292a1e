/*
 * life.c - the state table of a miniport adapter (lifecycle.md section 1): the order of calls, what NDIS does
 * with sends and receives in each state, asynchronous completions, and the bug checks of wrong ones.
 */
#include <ndis.h>

#include "miniport.h"

/* ---- a driver above
 * ------------------------------------------------------------------------------------------ */

static struct {
    struct ndis_binding binding;
    NDIS_HANDLE list_pool;
    volatile LONG completed, received, oids;
    volatile NDIS_STATUS last_status, oid_status;
    NET_BUFFER_LIST *volatile kept;
    bool keep;
    volatile LONG reset_starts, reset_ends;
} above;

static void above_complete(void *context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)flags;
    for (NET_BUFFER_LIST *list = lists, *next; list != NULL; list = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(list);
        above.last_status = NET_BUFFER_LIST_STATUS(list);
        InterlockedIncrement(&above.completed);
        NdisFreeNetBufferList(list);
    }
}

static void above_receive(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count,
                          ULONG flags)
{
    (void)context, (void)port;
    InterlockedExchangeAdd(&above.received, (LONG)count);
    if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0) {
        return;
    }
    if (above.keep) {
        above.kept = lists;
    } else {
        NdisReturnNetBufferLists(&above.binding, lists, 0);
    }
}

static void above_oid(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    (void)context, (void)request;
    above.oid_status = status;
    InterlockedIncrement(&above.oids);
}

static void above_status(void *context, const NDIS_STATUS_INDICATION *indication)
{
    (void)context;
    above.reset_starts += indication->StatusCode == NDIS_STATUS_RESET_START;
    above.reset_ends += indication->StatusCode == NDIS_STATUS_RESET_END;
}

static const struct ndis_binding_handlers above_handlers = {above_complete, above_receive, above_oid,
                                                            above_status};

static void above_bind(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
    };
    binding_open(&above.binding, mini.instance, &above_handlers, NULL);
    above.list_pool = NdisAllocateNetBufferListPool(&above.binding, &parameters);
}

static void above_unbind(void)
{
    binding_close(&above.binding);
    NdisFreeNetBufferListPool(above.list_pool);
}

static void above_send(void)
{
    NdisSendNetBufferLists(&above.binding, NdisAllocateNetBufferList(above.list_pool, 0, 0), 0, 0);
}

static void begin(void)
{
    mini_start(NULL);
    above_bind();
}

static void end(void)
{
    above_unbind();
    mini_stop();
}

/* ---- the order of calls
 * ---------------------------------------------------------------------------------------- */

static void whole_life(void *argument)
{
    (void)argument;
    mini_defaults();
    begin();
    CHECK_EQ(mini.instance->state, ADAPTER_PAUSED);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    CHECK_EQ(mini.instance->state, ADAPTER_RUNNING);
    adapter_pause(mini.instance);
    CHECK_EQ(mini.instance->state, ADAPTER_PAUSED);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    adapter_surprise_remove(mini.instance);
    CHECK_EQ(mini.instance->state, ADAPTER_RUNNING);
    adapter_pause(mini.instance);
    end();
    CHECK_EQ(strcmp(mini.log, "IRPRSPHU"), 0);
    CHECK(miniport_of(&mini.object) == NULL);
}

static void two_lives(void *argument)
{
    (void)argument;
    mini_defaults();
    begin();
    above_unbind();
    adapter_halt(mini.instance, NdisHaltDeviceDisabled);
    CHECK_EQ(mini.instance->state, ADAPTER_HALTED);
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_SUCCESS);
    mini_stop();
    CHECK_EQ(strcmp(mini.log, "IHIHU"), 0);
}

static NDIS_STATUS refuse_initialize(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    return NDIS_STATUS_ADAPTER_NOT_FOUND;
}

/* A failed MiniportInitializeEx is not followed by MiniportHaltEx. */
static void failed_initialize(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = refuse_initialize;
    mini_register();
    mini.instance = adapter_create(mini.driver, NULL, "mini");
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_ADAPTER_NOT_FOUND);
    CHECK_EQ(mini.instance->state, ADAPTER_HALTED);
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
    CHECK_EQ(strcmp(mini.log, "IU"), 0);
}

static NDIS_STATUS refuse_restart(NDIS_HANDLE context, NDIS_MINIPORT_RESTART_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    mini_note('R');
    return NDIS_STATUS_RESOURCES;
}

static void failed_restart(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.handlers.RestartHandler = refuse_restart;
    begin();
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_RESOURCES);
    CHECK_EQ(mini.instance->state, ADAPTER_PAUSED);
    above_send();
    CHECK_EQ(above.last_status, NDIS_STATUS_PAUSED);
    end();
    CHECK_EQ(strcmp(mini.log, "IRHU"), 0);
}

static NDIS_STATUS options(NDIS_HANDLE driver, NDIS_HANDLE context)
{
    CHECK(driver != NULL);
    CHECK_PTR(context, &mini.object);
    CHECK_PTR(mini.driver, driver); /* the handle is written before MiniportSetOptions runs */
    mini_note('O');
    return NDIS_STATUS_SUCCESS;
}

static void registration(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.handlers.SetOptionsHandler = options;
    mini_register();
    CHECK_EQ(strcmp(mini.log, "O"), 0);
    mini.object.DriverUnload(&mini.object);
    mini.handlers.HaltHandlerEx = NULL;
    CHECK_EQ(NdisMRegisterMiniportDriver(&mini.object, NULL, NULL, &mini.handlers, &mini.driver),
             NDIS_STATUS_BAD_CHARACTERISTICS);
    mini_defaults();
    mini.handlers.MajorNdisVersion = 5;
    CHECK_EQ(NdisMRegisterMiniportDriver(&mini.object, NULL, NULL, &mini.handlers, &mini.driver),
             NDIS_STATUS_BAD_VERSION);
    CHECK(miniport_of(&mini.object) == NULL);
}

static void shutdown_is_final(void *argument)
{
    (void)argument;
    mini_defaults();
    begin();
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    adapter_shutdown(mini.instance, NdisShutdownPowerOff);
    CHECK_EQ(mini.instance->state, ADAPTER_SHUTDOWN);
    CHECK_EQ(strcmp(mini.log, "IRD"), 0);
    NdisFreeNetBufferListPool(above.list_pool);
}

/* ---- pending restart and pause
 * ----------------------------------------------------------------------------------- */

static struct dpc later;

static void complete_restart(void *argument)
{
    (void)argument;
    NdisMRestartComplete(mini.adapter, NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS restart_later(NDIS_HANDLE context, NDIS_MINIPORT_RESTART_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    dpc_init(&later, complete_restart, NULL, 1);
    dpc_queue(&later);
    return NDIS_STATUS_PENDING;
}

static void complete_pause(void *argument)
{
    (void)argument;
    CHECK_EQ(mini.instance->state, ADAPTER_PAUSING);
    NdisMPauseComplete(mini.adapter);
}

static NDIS_STATUS pause_later(NDIS_HANDLE context, NDIS_MINIPORT_PAUSE_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    above_send(); /* NDIS lets no new send through */
    CHECK_EQ(above.last_status, NDIS_STATUS_PAUSED);
    dpc_init(&later, complete_pause, NULL, 1);
    dpc_queue(&later);
    return NDIS_STATUS_PENDING;
}

static void pending(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.handlers.RestartHandler = restart_later;
    mini.handlers.PauseHandler = pause_later;
    begin();
    for (int n = 0; n < 20; n++) {
        CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
        CHECK_EQ(mini.instance->state, ADAPTER_RUNNING);
        adapter_pause(mini.instance);
        CHECK_EQ(mini.instance->state, ADAPTER_PAUSED);
    }
    end();
}

/* ---- data in each state
 * --------------------------------------------------------------------------------------------- */

static void sends(void *argument)
{
    (void)argument;
    mini_defaults();
    begin();
    above_send();
    CHECK_EQ(above.completed, 1);
    CHECK_EQ(above.last_status, NDIS_STATUS_PAUSED);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    above_send();
    CHECK_EQ(above.completed, 2);
    CHECK_EQ(above.last_status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(mini.instance->sends, 0);
    adapter_pause(mini.instance);
    above_send();
    CHECK_EQ(above.last_status, NDIS_STATUS_PAUSED);
    CHECK(mini.instance->fault == NULL);
    end();
}

static volatile LONG returned;
static NDIS_HANDLE receive_pool;

static void count_return(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)flags;
    for (NET_BUFFER_LIST *next; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        NdisFreeNetBufferList(lists);
        InterlockedIncrement(&returned);
    }
}

static NET_BUFFER_LIST *chain(int count)
{
    NET_BUFFER_LIST *head = NULL;
    while (count-- > 0) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(receive_pool, 0, 0);
        NET_BUFFER_LIST_NEXT_NBL(list) = head;
        head = list;
    }
    return head;
}

static NDIS_STATUS indicate_while_restarting(NDIS_HANDLE context,
                                             NDIS_MINIPORT_RESTART_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    NdisMIndicateReceiveNetBufferLists(mini.adapter, chain(2), 0, 2, 0);
    CHECK_EQ(above.received, 2);
    return NDIS_STATUS_SUCCESS;
}

static void receives(void *argument)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    (void)argument;
    mini_defaults();
    mini.handlers.RestartHandler = indicate_while_restarting;
    mini.handlers.ReturnNetBufferListsHandler = count_return;
    begin();
    receive_pool = NdisAllocateNetBufferListPool(mini.adapter, &parameters);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    CHECK_EQ(returned, 2);
    /* Kept by the driver above, then returned. */
    above.keep = true;
    NdisMIndicateReceiveNetBufferLists(mini.adapter, chain(3), 0, 3, 0);
    CHECK_EQ(mini.instance->receives, 3);
    CHECK_EQ(returned, 2);
    NdisReturnNetBufferLists(&above.binding, above.kept, 0);
    CHECK_EQ(returned, 5);
    CHECK_EQ(mini.instance->receives, 0);
    /* With RESOURCES it is the miniport's again at once and is not returned. */
    NET_BUFFER_LIST *mine = chain(1);
    NdisMIndicateReceiveNetBufferLists(mini.adapter, mine, 0, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
    CHECK_EQ(above.received, 6);
    CHECK_EQ(mini.instance->receives, 0);
    NdisFreeNetBufferList(mine);
    CHECK_EQ(returned, 5);
    adapter_pause(mini.instance);
    CHECK(mini.instance->fault == NULL);
    /* Paused: nobody above sees it, it comes back at once, and the promise is noted as broken. */
    NdisMIndicateReceiveNetBufferLists(mini.adapter, chain(1), 0, 1, 0);
    CHECK_EQ(above.received, 6);
    CHECK_EQ(returned, 6);
    CHECK_EQ(mini.instance->fault != NULL, !undis_is_checked()); /* the checked build has a finding of it */
    NdisFreeNetBufferListPool(receive_pool);
    end();
}

/* ---- OID requests
 * ---------------------------------------------------------------------------------------------------- */

static NDIS_OID_REQUEST *volatile pended;
static volatile LONG in_handler, most_in_handler, handled;

static void fill_query(NDIS_OID_REQUEST *request, NDIS_OID oid)
{
    memset(request, 0, sizeof *request);
    request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request->RequestType = NdisRequestQueryInformation;
    request->DATA.QUERY_INFORMATION.Oid = oid;
}

static void complete_oid(void *argument)
{
    (void)argument;
    NDIS_OID_REQUEST *request = pended;
    pended = NULL;
    InterlockedDecrement(&in_handler);
    NdisMOidRequestComplete(mini.adapter, request, NDIS_STATUS_SUCCESS);
}

/* Pends every other one; counts how many are with the miniport at a time. */
static NDIS_STATUS oid_handler(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    LONG now = InterlockedIncrement(&in_handler);
    most_in_handler = now > most_in_handler ? now : most_in_handler;
    if (InterlockedIncrement(&handled) % 2 == 0) {
        pended = request;
        dpc_init(&later, complete_oid, NULL, 1);
        dpc_queue(&later);
        return NDIS_STATUS_PENDING;
    }
    InterlockedDecrement(&in_handler);
    return NDIS_STATUS_NOT_SUPPORTED;
}

/* SE-1: at PASSIVE_LEVEL, one at a time, whoever asks at whatever level. */
static void oids_are_serialised(void *argument)
{
    static NDIS_OID_REQUEST requests[40];
    (void)argument;
    mini_defaults();
    mini.handlers.OidRequestHandler = oid_handler;
    begin();
    for (int n = 0; n < 40; n++) {
        fill_query(&requests[n], OID_GEN_XMIT_OK);
        KIRQL old = PASSIVE_LEVEL;
        if (n % 3 == 0) {
            old = KeRaiseIrqlToDpcLevel();
        }
        CHECK_EQ(NdisOidRequest(&above.binding, &requests[n]), NDIS_STATUS_PENDING);
        if (n % 3 == 0) {
            KeLowerIrql(old);
        }
    }
    SLEEP_UNTIL(above.oids == 40);
    CHECK_EQ(handled, 40);
    CHECK_EQ(most_in_handler, 1);
    end();
}

static NDIS_STATUS pend_oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    pended = request;
    return NDIS_STATUS_PENDING;
}

static void cancel_pended(NDIS_HANDLE context, PVOID id)
{
    (void)context;
    CHECK_PTR(id, &pended);
    NDIS_OID_REQUEST *request = pended;
    NdisMOidRequestComplete(mini.adapter, request, NDIS_STATUS_REQUEST_ABORTED);
}

static void oids_are_cancelled(void *argument)
{
    static NDIS_OID_REQUEST first, second;
    (void)argument;
    mini_defaults();
    mini.handlers.OidRequestHandler = pend_oid;
    mini.handlers.CancelOidRequestHandler = cancel_pended;
    begin();
    fill_query(&first, OID_GEN_XMIT_OK);
    fill_query(&second, OID_GEN_XMIT_OK);
    first.RequestId = second.RequestId = (PVOID)&pended;
    NdisOidRequest(&above.binding, &first);
    SLEEP_UNTIL(pended == &first);
    NdisOidRequest(&above.binding, &second); /* waits in NDIS */
    NdisCancelOidRequest(&above.binding, (PVOID)&pended);
    SLEEP_UNTIL(above.oids == 2);
    CHECK_EQ(above.oid_status, NDIS_STATUS_REQUEST_ABORTED);
    CHECK_EQ(pended == &first, 1); /* the second never reached the miniport */
    end();
}

static volatile LONG told, let_go, had_returned;

static void above_oid_slowly(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    (void)context, (void)request, (void)status;
    told = 1;
    SLEEP_UNTIL(let_go != 0);
    for (int n = 0; n < 20; n++) {
        sleep_ms(1);
    }
    had_returned = 1;
}

static void complete_in_thread(void *argument)
{
    (void)argument;
    NdisMOidRequestComplete(mini.adapter, pended, NDIS_STATUS_SUCCESS);
}

/* Who waits for OID requests to end waits for the binding's completion handler too. */
static void oids_end_with_their_handler(void *argument)
{
    static struct ndis_binding_handlers slow;
    static NDIS_OID_REQUEST request;
    (void)argument;
    slow = above_handlers;
    slow.oid_complete = above_oid_slowly;
    mini_defaults();
    mini.handlers.OidRequestHandler = pend_oid;
    mini_start(NULL);
    binding_open(&above.binding, mini.instance, &slow, NULL);
    fill_query(&request, OID_GEN_XMIT_OK);
    NdisOidRequest(&above.binding, &request);
    SLEEP_UNTIL(pended == &request);
    struct _KTHREAD *thread = ke_thread_create(complete_in_thread, NULL, "completes", false);
    SLEEP_UNTIL(told != 0);
    let_go = 1;
    binding_close(&above.binding);
    CHECK_EQ(had_returned, 1);
    ke_thread_join(thread);
    mini_stop();
}

static NDIS_STATUS direct(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context, (void)request;
    InterlockedIncrement(&handled);
    return NDIS_STATUS_SUCCESS;
}

static void direct_oids(void *argument)
{
    static NDIS_OID_REQUEST request;
    (void)argument;
    mini_defaults();
    mini.handlers.DirectOidRequestHandler = direct;
    mini.handlers.MinorNdisVersion = 1;
    mini.handlers.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    mini.handlers.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    begin();
    fill_query(&request, OID_GEN_XMIT_OK);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(NdisDirectOidRequest(&above.binding, &request), NDIS_STATUS_PENDING);
    KeLowerIrql(old);
    CHECK_EQ(above.oids, 1);
    CHECK_EQ(handled, 1);
    end();
}

/* ---- hang check and reset
 * ---------------------------------------------------------------------------------------------- */

static volatile bool hung;
static volatile LONG resets;

static BOOLEAN check_for_hang(NDIS_HANDLE context)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    bool now = hung;
    hung = false;
    return now;
}

static void complete_reset(void *argument)
{
    (void)argument;
    NdisMResetComplete(mini.adapter, NDIS_STATUS_SUCCESS, TRUE);
}

static NDIS_STATUS reset(NDIS_HANDLE context, PBOOLEAN addressing)
{
    (void)context;
    CHECK(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    if (InterlockedIncrement(&resets) % 2 == 0) {
        *addressing = FALSE;
        return NDIS_STATUS_SUCCESS;
    }
    dpc_init(&later, complete_reset, NULL, 1);
    dpc_queue(&later);
    return NDIS_STATUS_PENDING;
}

static volatile LONG filters;

static NDIS_STATUS take_filter(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    if (request->DATA.SET_INFORMATION.Oid != OID_GEN_CURRENT_PACKET_FILTER) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    CHECK_EQ(*(ULONG *)request->DATA.SET_INFORMATION.InformationBuffer, NDIS_PACKET_TYPE_DIRECTED);
    InterlockedIncrement(&filters);
    return NDIS_STATUS_SUCCESS;
}

static void hang_and_reset(void *argument)
{
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED;
    (void)argument;
    mini_defaults();
    mini.handlers.CheckForHangHandlerEx = check_for_hang;
    mini.handlers.ResetHandlerEx = reset;
    mini.handlers.OidRequestHandler = take_filter;
    begin();
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    CHECK_EQ(adapter_oid(mini.instance, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter,
                         sizeof filter, NULL),
             NDIS_STATUS_SUCCESS);
    CHECK_EQ(adapter_check_for_hang(mini.instance), false);
    CHECK_EQ(resets, 0);
    hung = true;
    CHECK_EQ(adapter_check_for_hang(mini.instance), true);
    CHECK_EQ(resets, 1);
    CHECK_EQ(filters, 2); /* AddressingReset: the filter was set again */
    CHECK_EQ(adapter_reset(mini.instance), NDIS_STATUS_SUCCESS);
    CHECK_EQ(filters, 2);
    CHECK_EQ(above.reset_starts, 2);
    CHECK_EQ(above.reset_ends, 2);
    CHECK_EQ(mini.instance->state, ADAPTER_RUNNING);
    adapter_pause(mini.instance);
    end();
}

/* ---- bug checks
 * -----------------------------------------------------------------------------------------------------------
 */

static void oid_not_pending(void *argument)
{
    static NDIS_OID_REQUEST request;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    mini_defaults();
    begin();
    NdisMOidRequestComplete(mini.adapter, &request, NDIS_STATUS_SUCCESS);
    CHECK(false);
}

static void reset_not_pending(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    mini_defaults();
    begin();
    NdisMResetComplete(mini.adapter, NDIS_STATUS_SUCCESS, FALSE);
    CHECK(false);
}

static void pause_not_pending(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    mini_defaults();
    begin();
    NdisMPauseComplete(mini.adapter);
    CHECK(false);
}

static NDIS_STATUS synchronous_answer;

static NDIS_STATUS synchronous(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    request->DATA.QUERY_INFORMATION.BytesWritten = 4;
    return synchronous_answer;
}

static void synchronous_start(NDIS_OID_REQUEST *request)
{
    mini_defaults();
    mini.handlers.SynchronousOidRequestHandler = synchronous;
    mini.handlers.MajorNdisVersion = 6;
    mini.handlers.MinorNdisVersion = 81;
    mini.handlers.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
    mini.handlers.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
    begin();
    fill_query(request, OID_GEN_XMIT_OK);
}

static NDIS_STATUS ask_synchronously(NDIS_OID_REQUEST *request)
{
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NDIS_STATUS status = NdisSynchronousOidRequest(&above.binding, request);
    KeLowerIrql(old);
    return status;
}

static void synchronous_oids(void *argument)
{
    static NDIS_OID_REQUEST request;
    (void)argument;
    synchronous_start(&request);
    synchronous_answer = NDIS_STATUS_SUCCESS;
    CHECK_EQ(ask_synchronously(&request), NDIS_STATUS_SUCCESS);
    CHECK_EQ(request.DATA.QUERY_INFORMATION.BytesWritten, 4);
    synchronous_answer = NDIS_STATUS_INVALID_OID;
    CHECK_EQ(ask_synchronously(&request), NDIS_STATUS_INVALID_OID);
    CHECK_EQ(above.oids, 0); /* no handler is told */
    end();
    mini_defaults();
    begin();
    CHECK_EQ(ask_synchronously(&request), NDIS_STATUS_NOT_SUPPORTED);
    end();
}

static void synchronous_pending(void *argument)
{
    static NDIS_OID_REQUEST request;
    (void)argument;
    synchronous_start(&request);
    synchronous_answer = NDIS_STATUS_PENDING;
    CHECK_EQ(ask_synchronously(&request), NDIS_STATUS_FAILURE);
    end();
}

/* There are no I/O ports, so what is given back was never got. */
static void ports_never_registered(void *argument)
{
    PVOID offset = &above;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    mini_defaults();
    begin();
    NdisMDeregisterIoPortRange(mini.adapter, 0x300, 16, offset);
    CHECK(false);
}

static const struct test_case cases[] = {
    CASE("whole_life", whole_life, "", 2, BOTH),
    CASE("two_lives", two_lives, "", 2, BOTH),
    CASE("failed_initialize", failed_initialize, "", 2, BOTH),
    CASE("failed_restart", failed_restart, "", 2, BOTH),
    CASE("registration", registration, "", 2, BOTH),
    CASE("shutdown_is_final", shutdown_is_final, "", 2, BOTH),
    CASE("pending_restart_and_pause", pending, "", 2, BOTH),
    CASE("sends_in_each_state", sends, "", 2, BOTH),
    CASE("receives_in_each_state", receives, "CallbackAfterEnd", 2, BOTH),
    CASE("SE-1_oids_are_serialised", oids_are_serialised, "", 4, BOTH),
    CASE("oids_are_cancelled", oids_are_cancelled, "", 4, BOTH),
    CASE("oids_end_with_their_handler", oids_end_with_their_handler, "", 4, BOTH),
    CASE("direct_oids", direct_oids, "", 2, BOTH),
    CASE("synchronous_oids", synchronous_oids, "", 2, BOTH),
    CASE("synchronous_oid_pends", synchronous_pending, "NdisOidComplete", 2, CHECKED),
    CASE("hang_and_reset", hang_and_reset, "", 2, BOTH),
    CASE("0x7C_26_oid_not_pending", oid_not_pending, "DoubleComplete", 2, BOTH),
    CASE("0x7C_21_ports_never_registered", ports_never_registered, "DriverBugCheck", 2, BOTH),
    CASE("0x7C_0F_reset_not_pending", reset_not_pending, "DriverBugCheck", 2, BOTH),
    CASE("0x7C_1F_pause_not_pending", pause_not_pending, "DriverBugCheck", 2, BOTH),
};

TEST_MAIN(cases)
