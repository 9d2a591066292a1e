/*
 * work.c - spec section 9: NDIS work items, DPCs, the dispatch-level flags.
 */
#include <ndis.h>

#include "../ndis/miniport.h"
#include "judged.h"

#include "scenario/life.h"

static NDIS_HANDLE item;
static volatile LONG worked, inside, most_inside;
static PKTHREAD starter;

static void enter(void)
{
    LONG now = InterlockedIncrement(&inside);
    if (now > most_inside) {
        most_inside = now;
    }
}

/* ---- WI-1, WI-2: allocated, queued -------------------------------------------------------------- */

static VOID work(PVOID context, NDIS_HANDLE handle)
{
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(KeGetCurrentThread() != starter);
    CHECK_PTR(context, (const volatile void *)&worked);
    CHECK_PTR(handle, item);
    InterlockedIncrement(&worked);
}

static void use_item_of(NDIS_HANDLE owner, KIRQL irql)
{
    LONG before = worked;
    KIRQL old;
    KeRaiseIrql(irql, &old);
    item = NdisAllocateIoWorkItem(owner);
    CHECK(item != NULL);
    NdisQueueIoWorkItem(item, work, (PVOID)&worked);
    CHECK_EQ(KeGetCurrentIrql(), irql);
    KeLowerIrql(old);
    SLEEP_UNTIL(worked == before + 1);
    KeRaiseIrql(irql, &old);
    NdisFreeIoWorkItem(item);
    KeLowerIrql(old);
}

static NDIS_STATUS use_items(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    starter = KeGetCurrentThread();
    for (KIRQL irql = PASSIVE_LEVEL; irql <= DISPATCH_LEVEL; irql++) {
        use_item_of(mini.adapter, irql);
        use_item_of(mini.driver, irql);
    }
    return NDIS_STATUS_SUCCESS;
}

static void of_driver_and_adapter(void *argument)
{
    (void)argument;
    mini_defaults();
    mini.on_initialize = use_items;
    mini_start(NULL);
    mini_stop();
    CHECK_EQ(worked, 6);
}

/* ---- WI-3: again from the callback's start ------------------------------------------------------ */

static VOID work_beside_itself(PVOID context, NDIS_HANDLE handle)
{
    enter();
    if (InterlockedIncrement(&worked) == 1) {
        NdisQueueIoWorkItem(handle, work_beside_itself, context);
        SLEEP_UNTIL(worked == 2); /* the second instance, while this one is still here */
    }
    InterlockedDecrement(&inside);
}

static VOID work_and_free(PVOID context, NDIS_HANDLE handle)
{
    if (InterlockedIncrement(&worked) < 10) {
        NdisQueueIoWorkItem(handle, work_and_free, context);
    } else {
        NdisFreeIoWorkItem(handle);
        worked = 100;
    }
}

static void queued_and_freed_in_the_callback(void *argument)
{
    (void)argument;
    item = NdisAllocateIoWorkItem(NULL);
    NdisQueueIoWorkItem(item, work_beside_itself, NULL);
    SLEEP_UNTIL(worked == 2 && inside == 0);
    CHECK_EQ(most_inside, 2);
    worked = 0;
    NdisQueueIoWorkItem(item, work_and_free, NULL);
    SLEEP_UNTIL(worked == 100);
}

/* On the only processor, at DISPATCH_LEVEL: no thread can take the item off the queue. */
static void queued_twice(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    item = NdisAllocateIoWorkItem(NULL);
    KeRaiseIrqlToDpcLevel();
    NdisQueueIoWorkItem(item, work, (PVOID)&worked);
    NdisQueueIoWorkItem(item, work, (PVOID)&worked);
    CHECK(false);
}

/* ---- WI-4: the level at return ------------------------------------------------------------------ */

static VOID raise_and_return(PVOID context, NDIS_HANDLE handle)
{
    KIRQL old;
    (void)context, (void)handle;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    InterlockedIncrement(&worked);
}

static void returns_raised(void *argument)
{
    (void)argument;
    item = NdisAllocateIoWorkItem(NULL);
    NdisQueueIoWorkItem(item, raise_and_return, NULL);
    SLEEP_UNTIL(worked == 1);
    sleep_ms(5);
    NdisFreeIoWorkItem(item);
}

/* ---- WI-5: how long it may live ----------------------------------------------------------------- */

static NDIS_STATUS allocate_item(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    item = NdisAllocateIoWorkItem(mini.adapter);
    return NDIS_STATUS_SUCCESS;
}

static void free_item(void)
{
    NdisFreeIoWorkItem(item);
}

static void live_with_item(void (*on_halt)(void))
{
    mini_defaults();
    mini.on_initialize = allocate_item;
    mini.on_halt = on_halt;
    mini_start(NULL);
    mini_stop();
}

static void freed_in_halt(void *argument)
{
    (void)argument;
    live_with_item(free_item);
}

static void left_at_halt(void *argument)
{
    (void)argument;
    live_with_item(NULL);
}

/* ---- WI-6: a limited pool of threads ------------------------------------------------------------ */

#define MANY 64

static NDIS_EVENT go_on;

static VOID wait_long(PVOID context, NDIS_HANDLE handle)
{
    (void)context, (void)handle;
    enter();
    NdisWaitEvent(&go_on, 0);
    InterlockedDecrement(&inside);
    InterlockedIncrement(&worked);
}

/* Items that wait keep others from running: were it one of those that signals, all would stand. */
static void waiting_items_use_up_the_pool(void *argument)
{
    static NDIS_HANDLE items[MANY];
    (void)argument;
    NdisInitializeEvent(&go_on);
    for (int i = 0; i < MANY; i++) {
        items[i] = NdisAllocateIoWorkItem(NULL);
        NdisQueueIoWorkItem(items[i], wait_long, NULL);
    }
    SLEEP_UNTIL(inside > 0);
    sleep_ms(50);
    CHECK(most_inside < MANY);
    CHECK_EQ(worked, 0);
    NdisSetEvent(&go_on);
    SLEEP_UNTIL(worked == MANY);
    for (int i = 0; i < MANY; i++) {
        NdisFreeIoWorkItem(items[i]);
    }
}

/* ---- DP-1 to DP-4: DPCs ------------------------------------------------------------------------- */

static char trail[16];
static volatile LONG trail_length;
static struct dpc dpcs[4];

static void leave_mark(void *argument)
{
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    trail[InterlockedIncrement(&trail_length) - 1] = (char)(uintptr_t)argument;
}

static void make_dpcs(int processor)
{
    memset(trail, 0, sizeof trail);
    trail_length = 0;
    for (int i = 0; i < 4; i++) {
        dpc_init(&dpcs[i], leave_mark, (void *)(uintptr_t)('a' + i), processor);
    }
}

static void one_entry_for_each(void *argument)
{
    (void)argument;
    run_on(0);
    make_dpcs(0);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(dpc_queue(&dpcs[0]), TRUE);
    CHECK_EQ(dpc_queue(&dpcs[0]), FALSE);
    CHECK_EQ(trail_length, 0); /* DISPATCH_LEVEL keeps it off */
    KeLowerIrql(old);
    CHECK_EQ(trail_length, 1);
    CHECK_EQ(dpc_queue(&dpcs[0]), TRUE); /* at once: the level is below */
    CHECK_EQ(trail_length, 2);
}

static void wait_in_dpc(void *argument)
{
    (void)argument;
    NdisWaitEvent(&go_on, 1);
}

static void waits_in_a_dpc(void *argument)
{
    (void)argument;
    NdisInitializeEvent(&go_on);
    run_as_dpc(wait_in_dpc, NULL, 1);
}

static void in_order_of_importance(void *argument)
{
    (void)argument;
    run_on(0);
    for (int important = 0; important < 2; important++) {
        make_dpcs(0);
        KeSetImportanceDpc(&dpcs[2].object, important ? HighImportance : MediumImportance);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        for (int i = 0; i < 4; i++) {
            dpc_queue(&dpcs[i]);
        }
        KeLowerIrql(old);
        CHECK_EQ(strcmp(trail, important ? "cabd" : "abcd"), 0);
    }
    make_dpcs(1); /* another processor's queue */
    KIRQL old = KeRaiseIrqlToDpcLevel();
    dpc_queue(&dpcs[0]);
    CHECK_SOON(trail_length == 1);
    KeLowerIrql(old);
}

static struct dpc twice;

static void queue_on_the_other(void *argument)
{
    (void)argument;
    enter();
    if (KeGetCurrentProcessorNumber() == 0) {
        KeSetTargetProcessorDpc(&twice.object, 1);
        CHECK_EQ(dpc_queue(&twice), TRUE);
        CHECK_SOON(most_inside == 2);
    } else {
        CHECK_SOON(most_inside == 2);
    }
    InterlockedDecrement(&inside);
}

static void on_two_processors_at_once(void *argument)
{
    (void)argument;
    dpc_init(&twice, queue_on_the_other, NULL, 0);
    CHECK_EQ(dpc_queue(&twice), TRUE);
    SLEEP_UNTIL(twice.runs == 2);
    CHECK_EQ(most_inside, 2);
}

static volatile LONG stop_requeueing;

static void queue_again(void *argument)
{
    (void)argument;
    if (!stop_requeueing) {
        dpc_queue(&twice);
    }
}

static void spin_20_ms(void *argument)
{
    (void)argument;
    spin_ms(20);
}

static void flush_waits_for_those_before(void *argument)
{
    struct dpc slow[4];
    (void)argument;
    for (int i = 0; i < 4; i++) {
        dpc_init(&slow[i], spin_20_ms, NULL, i);
        dpc_queue(&slow[i]);
    }
    KeFlushQueuedDpcs();
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(slow[i].runs, 1);
    }
    run_on(0); /* whoever is on the processor of an endless queue never gets on */
    dpc_init(&twice, queue_again, NULL, 1);
    dpc_queue(&twice);
    KeFlushQueuedDpcs(); /* returns although one is always queued again */
    LONG before = twice.runs;
    CHECK(before > 0);
    SLEEP_UNTIL(twice.runs > before);
    stop_requeueing = 1;
    KeFlushQueuedDpcs();
}

/* ---- FL-1 to FL-5: the flags -------------------------------------------------------------------- */

enum { SEND, COMPLETE, RECEIVE, RETURN, WAYS };

/* Each way with NDIS as the caller: how often with the flag, without it at DISPATCH_LEVEL and below. */
static volatile LONG with_flag[WAYS], clear_at_dispatch[WAYS], clear_below[WAYS];

static void note_flags(int way, bool flag)
{
    KIRQL irql = ke_irql(); /* a driver that is told may not ask: FL-4 */
    CHECK(irql <= DISPATCH_LEVEL);
    if (flag) {
        CHECK_EQ(irql, DISPATCH_LEVEL); /* NDIS's promise */
        InterlockedIncrement(&with_flag[way]);
    } else {
        InterlockedIncrement(irql == DISPATCH_LEVEL ? &clear_at_dispatch[way] : &clear_below[way]);
    }
}

static void note_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    note_flags(SEND, (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0);
    mini_send(context, lists, port, flags);
}

static struct {
    struct ndis_binding binding;
    NDIS_HANDLE pool;
    ULONG expected; /* of the next indication or completion */
    volatile LONG completed, received;
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
    (void)context;
    CHECK_EQ(flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL, above.expected);
    free_all(lists);
    InterlockedIncrement(&above.completed);
}

static void above_receive(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count,
                          ULONG flags)
{
    (void)context, (void)port, (void)count;
    CHECK_EQ(flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL, above.expected);
    InterlockedIncrement(&above.received);
    NdisReturnNetBufferLists(&above.binding, lists,
                             above.expected != 0 ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

static void above_oid(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    (void)context, (void)request, (void)status;
}

static void above_status(void *context, const NDIS_STATUS_INDICATION *indication)
{
    (void)context, (void)indication;
}

static const struct ndis_binding_handlers above_handlers = {above_complete, above_receive, above_oid,
                                                            above_status};

static void note_return(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context;
    note_flags(RETURN, (flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0);
    CHECK_EQ((flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0, above.expected != 0);
    free_all(lists);
}

static void bound(MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER send, void (*body)(void))
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    mini_defaults();
    mini.handlers.SendNetBufferListsHandler = send;
    mini.handlers.ReturnNetBufferListsHandler = note_return;
    mini_start(NULL);
    binding_open(&above.binding, mini.instance, &above_handlers, NULL);
    above.pool = NdisAllocateNetBufferListPool(&above.binding, &parameters);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    body();
    adapter_pause(mini.instance);
    NdisFreeNetBufferListPool(above.pool);
    binding_close(&above.binding);
    mini_stop();
}

/* ---- FL-4 --------------------------------------------------------------------------------------- */

static bool asks_always;

static void ask_for_level(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    bool told = (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0;
    if (asks_always || !told) {
        CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    }
    mini_send(context, lists, port, flags);
}

static void send_both_ways(void)
{
    KIRQL old = KeRaiseIrqlToDpcLevel();
    for (ULONG flag = 0; flag <= NDIS_SEND_FLAGS_DISPATCH_LEVEL; flag++) {
        above.expected = flag;
        NdisSendNetBufferLists(&above.binding, NdisAllocateNetBufferList(above.pool, 0, 0), 0, flag);
    }
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL); /* who sends may ask */
    KeLowerIrql(old);
}

static void asks_when_not_told(void *argument)
{
    (void)argument;
    bound(ask_for_level, send_both_ways);
}

static void asks_though_told(void *argument)
{
    asks_always = true;
    asks_when_not_told(argument);
}

static void values(void *argument)
{
    (void)argument;
    /* The least significant bit of each word: every driver that passes one on to another relies on it. */
    CHECK_EQ(NDIS_SEND_FLAGS_DISPATCH_LEVEL, 1);
    CHECK_EQ(NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL, 1);
    CHECK_EQ(NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL, 1);
    CHECK_EQ(NDIS_RETURN_FLAGS_DISPATCH_LEVEL, 1);
    CHECK_EQ(NDIS_RWL_AT_DISPATCH_LEVEL, 1);
}

static void send_and_receive(ULONG flag)
{
    above.expected = flag;
    NdisSendNetBufferLists(&above.binding, NdisAllocateNetBufferList(above.pool, 0, 0), 0, flag);
    NdisMIndicateReceiveNetBufferLists(mini.adapter, NdisAllocateNetBufferList(above.pool, 0, 0), 0, 1, flag);
}

/* What is said arrives, down and up and back; without the flag any level up to DISPATCH_LEVEL is right. */
static void all_ways(void)
{
    send_and_receive(0);
    CHECK_EQ(clear_below[SEND], 1);
    CHECK_EQ(clear_below[RETURN], 1);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    send_and_receive(0); /* clear at DISPATCH_LEVEL is right */
    send_and_receive(1);
    KeLowerIrql(old);
    CHECK_EQ(with_flag[SEND], 1);
    CHECK_EQ(with_flag[RETURN], 1);
    CHECK_EQ(clear_at_dispatch[SEND], 1);
    CHECK_EQ(clear_at_dispatch[RETURN], 1);
    CHECK_EQ(above.completed, 3);
    CHECK_EQ(above.received, 3);
}

static void flags_are_carried(void *argument)
{
    (void)argument;
    judge_my_calls();
    bound(note_send, all_ways);
}

static void lie(void)
{
    above.expected = 1;
    NdisMIndicateReceiveNetBufferLists(mini.adapter, NdisAllocateNetBufferList(above.pool, 0, 0), 0, 1,
                                       NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}

static void return_and_forget(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)flags;
    free_all(lists);
}

static void flag_below_dispatch(void *argument)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    (void)argument;
    judge_my_calls();
    mini_defaults();
    mini.handlers.ReturnNetBufferListsHandler = return_and_forget;
    mini_start(NULL);
    above.pool = NdisAllocateNetBufferListPool(mini.adapter, &parameters);
    CHECK_EQ(adapter_restart(mini.instance), NDIS_STATUS_SUCCESS);
    lie();
    adapter_pause(mini.instance);
    NdisFreeNetBufferListPool(above.pool);
    mini_stop();
}

/* NDIS as the caller, over a whole life: the flag is a promise, its absence promises nothing. */
static NDIS_HANDLE life_adapters[2];

static NDIS_STATUS life_initialize(NDIS_HANDLE adapter, NDIS_HANDLE context,
                                   NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    (void)context, (void)parameters;
    NDIS_HANDLE *slot = life_adapters[0] == NULL ? &life_adapters[0] : &life_adapters[1];
    *slot = adapter;
    memset(&attributes, 0, sizeof attributes);
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.MiniportAdapterContext = slot;
    NdisMSetMiniportAttributes(adapter, &attributes);
    memset(&attributes, 0, sizeof attributes);
    attributes.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    return NdisMSetMiniportAttributes(adapter, &attributes);
}

static void life_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    (void)action;
    *(NDIS_HANDLE *)context = NULL;
}

static NDIS_STATUS life_oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    return request->RequestType == NdisRequestSetInformation ? NDIS_STATUS_SUCCESS
                                                             : NDIS_STATUS_NOT_SUPPORTED;
}

static void life_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    bool flag = (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0;
    (void)port;
    note_flags(SEND, flag);
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
    }
    NdisMSendNetBufferListsComplete(*(NDIS_HANDLE *)context, lists,
                                    flag ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static void ndis_keeps_its_promise(void *argument)
{
    static struct life life;
    (void)argument;
    mini_defaults();
    mini.handlers.InitializeHandlerEx = life_initialize;
    mini.handlers.HaltHandlerEx = life_halt;
    mini.handlers.OidRequestHandler = life_oid;
    mini.handlers.SendNetBufferListsHandler = life_send;
    mini_register();
    life = (struct life){.frames = 2000, .driver = &mini.object, .driver_name = "mini"};
    life_run(&life);
    CHECK(life.ran);
    CHECK(with_flag[SEND] > 0);
    CHECK(clear_at_dispatch[SEND] > 0);
    CHECK(clear_below[SEND] > 0);
    mini.object.DriverUnload(&mini.object);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("WI-1", of_driver_and_adapter, "", 2, BOTH),
    CASE("WI-2", of_driver_and_adapter, "", 2, BOTH),
    CASE("WI-3", queued_and_freed_in_the_callback, "", 2, BOTH),
    CASE("WI-3-twice", queued_twice, "DriverBugCheck", 1, BOTH),
    CASE("WI-4", returns_raised, "IrqlNotRestored", 2, BOTH),
    CASE("WI-5", freed_in_halt, "", 2, BOTH),
    CASE("WI-5-left", left_at_halt, "PoolLeak", 2, BOTH),
    CASE("WI-6", waiting_items_use_up_the_pool, "", 4, BOTH),
    CASE("DP-1", one_entry_for_each, "", 2, BOTH),
    CASE("DP-1-waits", waits_in_a_dpc, "WaitAtDispatch", 2, CHECKED),
    CASE("DP-2", in_order_of_importance, "", 2, BOTH),
    CASE("DP-3", on_two_processors_at_once, "", 2, BOTH),
    CASE("DP-4", flush_waits_for_those_before, "", 4, BOTH),
    CASE("FL-1", values, "", 1, BOTH),
    CASE("FL-2", flags_are_carried, "", 2, BOTH),
    CASE("FL-2-below", flag_below_dispatch, "IrqlTooLow", 2, CHECKED),
    CASE("FL-3", ndis_keeps_its_promise, "", 4, BOTH),
    CASE("FL-4", asks_when_not_told, "", 2, BOTH),
    CASE("FL-4-asked", asks_though_told, "Flags_Irql", 2, CHECKED),
    CASE("FL-5", flags_are_carried, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
