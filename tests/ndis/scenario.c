/*
 * scenario.c - the scenario `life` itself: it passes a miniport without hardware that does everything right,
 * and says what is wrong with one that does not.
 */
#include <ndis.h>

#include "miniport.h"

#include "scenario/life.h"

static struct life life;

static void live(void)
{
    life = (struct life){.frames = 500, .driver = &mini.object, .driver_name = "mini"};
    life_run(&life);
    mini.object.DriverUnload(&mini.object);
}

/* ---- a miniport that is its own wire: what is sent on an adapter comes in on the same adapter
 * -------------------- */

static NDIS_HANDLE loop_pool, loop_buffers;
static volatile LONG looped, loop_sends, loop_returns;

static NDIS_STATUS accept_filter(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    return request->RequestType == NdisRequestSetInformation ? NDIS_STATUS_SUCCESS
                                                             : NDIS_STATUS_NOT_SUPPORTED;
}

static void loop_return(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)flags;
    for (NET_BUFFER_LIST *next; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        NdisFreeCloneNetBufferList(lists, 0);
        InterlockedIncrement(&loop_returns);
    }
}

/* Indicates a clone of each list with NDIS_RECEIVE_FLAGS_RESOURCES, then completes the original. */
static void loop_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    NDIS_HANDLE adapter = context;
    (void)port, (void)flags;
    for (NET_BUFFER_LIST *next; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        NET_BUFFER_LIST_NEXT_NBL(lists) = NULL;
        InterlockedIncrement(&loop_sends);
        NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(lists, loop_pool, loop_buffers, 0);
        NdisMIndicateReceiveNetBufferLists(adapter, clone, 0, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
        NdisFreeCloneNetBufferList(clone, 0);
        InterlockedIncrement(&looped);
        NET_BUFFER_LIST_STATUS(lists) = NDIS_STATUS_SUCCESS;
        NdisMSendNetBufferListsComplete(adapter, lists, 0);
    }
}

static NDIS_STATUS loop_initialize(NDIS_HANDLE adapter, NDIS_HANDLE context,
                                   NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    (void)context, (void)parameters;
    memset(&attributes, 0, sizeof attributes);
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.MiniportAdapterContext = adapter;
    NdisMSetMiniportAttributes(adapter, &attributes);
    memset(&attributes, 0, sizeof attributes);
    attributes.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    return NdisMSetMiniportAttributes(adapter, &attributes);
}

static void loop_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    (void)context, (void)action;
    mini_note('H');
}

static void loop_defaults(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS lists = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    NET_BUFFER_POOL_PARAMETERS buffers = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    mini_defaults();
    mini.handlers.InitializeHandlerEx = loop_initialize;
    mini.handlers.HaltHandlerEx = loop_halt;
    mini.handlers.OidRequestHandler = accept_filter;
    mini.handlers.SendNetBufferListsHandler = loop_send;
    mini.handlers.ReturnNetBufferListsHandler = loop_return;
    loop_pool = NdisAllocateNetBufferListPool(NULL, &lists);
    loop_buffers = NdisAllocateNetBufferPool(NULL, &buffers);
    mini_register();
}

static void loop_end(void)
{
    NdisFreeNetBufferListPool(loop_pool);
    NdisFreeNetBufferPool(loop_buffers);
}

static void passes(void *argument)
{
    (void)argument;
    loop_defaults();
    CHECK(life_applies(&mini.object));
    live();
    CHECK(life.ran);
    CHECK_EQ(life.error[0], 0);
    CHECK(life.frames_sent >= 500);
    CHECK_EQ(life.frames_sent, life.frames_received);
    CHECK_EQ(life.frames_dropped, 0);
    CHECK(looped > 0);
    CHECK(strchr(mini.log, 'S') != NULL); /* removed by surprise, too */
    CHECK_EQ(mini.log[strlen(mini.log) - 1], 'U');
    loop_end();
}

/* ---- miniports that do something wrong
 * ---------------------------------------------------------------------------- */

static void damage_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
        unsigned char *byte = NdisGetDataBuffer(buffer, 1, NULL, 1, 0);
        *byte ^= 0x55;
    }
    loop_send(context, lists, port, flags);
}

static void tells_of_damage(void *argument)
{
    (void)argument;
    loop_defaults();
    miniport_of(&mini.object)->handlers.SendNetBufferListsHandler = damage_send;
    live();
    CHECK(!life.ran);
    CHECK(strstr(life.error, "contents that were never on the wire") != NULL);
    loop_end();
}

static NDIS_STATUS fail_restart(NDIS_HANDLE context, NDIS_MINIPORT_RESTART_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    return NDIS_STATUS_RESOURCES;
}

static void tells_of_failed_restart(void *argument)
{
    (void)argument;
    loop_defaults();
    miniport_of(&mini.object)->handlers.RestartHandler = fail_restart;
    live();
    CHECK(!life.ran);
    CHECK(strlen(life.error) > 0);
    CHECK_EQ(mini.log[strlen(mini.log) - 1], 'U'); /* wound down all the same */
    loop_end();
}

static void ends_in_shutdown(void *argument)
{
    (void)argument;
    loop_defaults();
    life = (struct life){.frames = 500, .driver = &mini.object, .driver_name = "mini"};
    life_run_to_shutdown(&life);
    CHECK(life.ran);
    CHECK(strstr(mini.log, "RD") != NULL);         /* Running, then Shutdown */
    CHECK_EQ(mini.log[strlen(mini.log) - 1], 'H'); /* the second adapter's */
    loop_end();
}

static const struct test_case cases[] = {
    CASE("passes_a_good_miniport", passes, "", 4, BOTH),
    CASE("ends_in_shutdown", ends_in_shutdown, "", 4, BOTH),
    CASE("tells_of_damaged_frames", tells_of_damage, "AssertionFailed", 4, BOTH),
    CASE("tells_of_failed_restart", tells_of_failed_restart, "", 2, BOTH),
};

TEST_MAIN(cases)
