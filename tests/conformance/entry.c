/*
 * entry.c - IR-10 and IR-11: at which IRQL NDIS enters a miniport, seen by a miniport that goes
 * through the scenario `life` with an interrupt.
 */
#include <ndis.h>

#include "ndis/adapter.h"
#include "scenario/life.h"

#include "../ndis/miniport.h"

#define DIRQL 6
#define BIT(irql) (1U << (irql))

/* The levels, as bits, at which each entry point was entered. */
static struct {
    volatile LONG initialize, halt, pause, restart, oid, unload, send, give_back, cancel, pnp, shutdown, hang,
        reset;
    volatile LONG isr, dpc, synchronized;
} seen;

static void note(volatile LONG *entry)
{
    __atomic_fetch_or(entry, (LONG)BIT(ke_irql()), __ATOMIC_SEQ_CST);
}

/* ---- the interrupt ----------------------------------------------------------------------------- */

static NDIS_HANDLE interrupt;
static volatile LONG isr_runs;

static BOOLEAN isr(NDIS_HANDLE context, PBOOLEAN queue_default, PULONG targets)
{
    (void)context;
    note(&seen.isr);
    bool mine = tiny_acknowledge();
    *queue_default = mine;
    *targets = 0;
    InterlockedIncrement(&isr_runs);
    return mine;
}

static void dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID reserved)
{
    (void)context, (void)dpc_context, (void)throttle, (void)reserved;
    note(&seen.dpc);
}

static void switch_interrupt(NDIS_HANDLE context)
{
    (void)context;
    CHECK(KeGetCurrentIrql() > DISPATCH_LEVEL);
}

static BOOLEAN synchronized(NDIS_HANDLE context)
{
    (void)context;
    note(&seen.synchronized);
    return TRUE;
}

static NDIS_STATUS connect(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)parameters;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
                   .Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
        .InterruptHandler = isr,
        .InterruptDpcHandler = (MINIPORT_INTERRUPT_DPC_HANDLER)dpc,
        .DisableInterruptHandler = switch_interrupt,
        .EnableInterruptHandler = switch_interrupt,
    };
    return NdisMRegisterInterruptEx(mini.adapter, &mini, &characteristics, &interrupt);
}

static void disconnect(void)
{
    NdisMDeregisterInterruptEx(interrupt);
}

/* ---- two adapters, because `life` gives a miniport without hardware a peer ----------------------- */

static struct instance {
    NDIS_HANDLE adapter;
} instances[2];

static NDIS_STATUS set_attributes(struct instance *instance)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.Header.Revision =
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.MiniportAdapterContext = instance;
    attributes.RegistrationAttributes.CheckForHangTimeInSeconds = 1;
    CHECK_EQ(NdisMSetMiniportAttributes(instance->adapter, &attributes), NDIS_STATUS_SUCCESS);
    memset(&attributes, 0, sizeof attributes);
    attributes.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    attributes.GeneralAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.MacAddressLength = 6;
    attributes.GeneralAttributes.MtuSize = 1500;
    return NdisMSetMiniportAttributes(instance->adapter, &attributes);
}

/* ---- handlers that note their level and do what the plain ones do -------------------------------- */

static NDIS_STATUS note_initialize(NDIS_HANDLE adapter, NDIS_HANDLE context,
                                   NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    note(&seen.initialize);
    for (struct instance *instance = instances; instance < instances + 2; instance++) {
        if (instance->adapter == NULL) {
            instance->adapter = adapter;
            return set_attributes(instance);
        }
    }
    return NDIS_STATUS_RESOURCES;
}

static void note_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    (void)action;
    note(&seen.halt);
    ((struct instance *)context)->adapter = NULL;
}

static NDIS_STATUS note_pause(NDIS_HANDLE context, NDIS_MINIPORT_PAUSE_PARAMETERS *parameters)
{
    note(&seen.pause);
    return mini_pause(context, parameters);
}

static NDIS_STATUS note_restart(NDIS_HANDLE context, NDIS_MINIPORT_RESTART_PARAMETERS *parameters)
{
    note(&seen.restart);
    return mini_restart(context, parameters);
}

/* Takes every setting, answers no query. */
static NDIS_STATUS note_oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context;
    note(&seen.oid);
    if (request->RequestType != NdisRequestSetInformation) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    request->DATA.SET_INFORMATION.BytesRead = request->DATA.SET_INFORMATION.InformationBufferLength;
    return NDIS_STATUS_SUCCESS;
}

/* FL-2: the flag promises DISPATCH_LEVEL; without it nothing is promised. */
static void note_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    note(&seen.send);
    if ((flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0) {
        CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
    }
    (void)port;
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
    }
    NdisMSendNetBufferListsComplete(
        ((struct instance *)context)->adapter, lists,
        (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0 ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static void note_return(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    note(&seen.give_back);
    mini_return(context, lists, flags);
}

static void note_cancel(NDIS_HANDLE context, PVOID id)
{
    note(&seen.cancel);
    mini_cancel_send(context, id);
}

static void note_pnp(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
    note(&seen.pnp);
    mini_pnp(context, event);
}

static BOOLEAN note_check_for_hang(NDIS_HANDLE context)
{
    (void)context;
    note(&seen.hang);
    return FALSE;
}

static NDIS_STATUS note_reset(NDIS_HANDLE context, PBOOLEAN addressing_reset)
{
    (void)context;
    note(&seen.reset);
    *addressing_reset = FALSE;
    return NDIS_STATUS_SUCCESS;
}

static void note_unload(DRIVER_OBJECT *object)
{
    note(&seen.unload);
    mini_unload(object);
}

static void noting_handlers(void)
{
    mini_defaults();
    mini.handlers.InitializeHandlerEx = note_initialize;
    mini.handlers.HaltHandlerEx = note_halt;
    mini.handlers.PauseHandler = note_pause;
    mini.handlers.RestartHandler = note_restart;
    mini.handlers.OidRequestHandler = note_oid;
    mini.handlers.SendNetBufferListsHandler = note_send;
    mini.handlers.ReturnNetBufferListsHandler = note_return;
    mini.handlers.CancelSendHandler = note_cancel;
    mini.handlers.DevicePnPEventNotifyHandler = note_pnp;
    mini.handlers.UnloadHandler = note_unload;
    mini.handlers.CheckForHangHandlerEx = note_check_for_hang;
    mini.handlers.ResetHandlerEx = note_reset;
}

static void live(uint64_t frames)
{
    static struct life life;
    life.frames = frames;
    life.driver = &mini.object;
    life.driver_name = "mini";
    life_run(&life);
    if (!life.ran) {
        check_fail(__FILE__, __LINE__, "the life ended early: %s", life.error);
    }
}

/* ---- IR-10 ------------------------------------------------------------------------------------- */

static void only_at(const char *entry, LONG levels, LONG allowed)
{
    if (levels == 0 || (levels & ~allowed) != 0) {
        check_fail(__FILE__, __LINE__, "%s was entered at the levels %#x, allowed are %#x", entry,
                   (unsigned)levels, (unsigned)allowed);
    }
}

static void life_enters_at_the_documented_levels(void *argument)
{
    (void)argument;
    const LONG passive = BIT(PASSIVE_LEVEL);
    const LONG to_dispatch = BIT(PASSIVE_LEVEL) | BIT(APC_LEVEL) | BIT(DISPATCH_LEVEL);
    noting_handlers();
    mini_register();
    live(2000);
    mini.object.DriverUnload(&mini.object);
    only_at("MiniportInitializeEx", seen.initialize, passive);
    only_at("MiniportHaltEx", seen.halt, passive);
    only_at("MiniportPause", seen.pause, passive);
    only_at("MiniportRestart", seen.restart, passive);
    only_at("MiniportOidRequest", seen.oid, passive);
    only_at("MiniportDriverUnload", seen.unload, passive);
    only_at("MiniportDevicePnPEventNotify", seen.pnp, passive);
    only_at("MiniportCheckForHangEx", seen.hang, passive);
    only_at("MiniportResetEx", seen.reset, to_dispatch);
    only_at("MiniportSendNetBufferLists", seen.send, to_dispatch);
    only_at("MiniportCancelSend", seen.cancel | passive, to_dispatch);
}

static void interrupt_enters_at_its_levels(void *argument)
{
    (void)argument;
    tiny_attach(DIRQL);
    mini_defaults();
    mini.on_initialize = connect;
    mini.on_halt = disconnect;
    mini_start(&tiny.device);
    for (LONG i = 1; i <= 20; i++) {
        tiny_raise();
        SLEEP_UNTIL(!tiny.raised);
        CHECK_EQ(NdisMSynchronizeWithInterruptEx(interrupt, 0, synchronized, NULL), TRUE);
    }
    SLEEP_UNTIL(seen.dpc != 0);
    mini_stop();
    tiny_detach();
    only_at("MiniportInterrupt", seen.isr, BIT(DIRQL));
    only_at("MiniportInterruptDPC", seen.dpc, BIT(DISPATCH_LEVEL));
    only_at("MiniportSynchronizeInterrupt", seen.synchronized, BIT(DIRQL));
}

/* ---- IR-11 ------------------------------------------------------------------------------------- */

static void sends_at_passive_and_at_dispatch(void *argument)
{
    (void)argument;
    noting_handlers();
    mini_register();
    live(2000);
    CHECK((seen.send & BIT(PASSIVE_LEVEL)) != 0);
    CHECK((seen.send & BIT(DISPATCH_LEVEL)) != 0);
    mini.object.DriverUnload(&mini.object);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("IR-10", life_enters_at_the_documented_levels, "", 4, BOTH),
    CASE("IR-10-interrupt", interrupt_enters_at_its_levels, "", 4, BOTH),
    CASE("IR-11", sends_at_passive_and_at_dispatch, "", 4, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
