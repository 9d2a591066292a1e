/*
 * miniport.h - a miniport inside the test, which each case changes as it needs, and a device with one line.
 *
 * Include after check.h and machine.h's includes; everything here runs on a processor at PASSIVE_LEVEL.
 */
#ifndef UNDIS_TESTS_MINIPORT_H
#define UNDIS_TESTS_MINIPORT_H

#include "ndis/adapter.h"

#include "machine.h"

/* ---- a device that does nothing but interrupt -------------------------------------------------------- */

struct tiny_device {
    struct device device;
    volatile bool raised;
};

static uint64_t tiny_read(struct device *device, uint32_t offset, unsigned size)
{
    (void)offset, (void)size;
    return ((struct tiny_device *)device)->raised;
}

/* Any write acknowledges. */
static void tiny_write(struct device *device, uint32_t offset, unsigned size, uint64_t value)
{
    (void)offset, (void)size, (void)value;
    ((struct tiny_device *)device)->raised = false;
    ke_line_deassert(device->line);
}

static bool tiny_step(struct device *device)
{
    (void)device;
    return false;
}

static void tiny_end(struct device *device)
{
    (void)device;
}

static const struct device_operations tiny_operations = {
    .name = "tiny",
    .read = tiny_read,
    .write = tiny_write,
    .step = tiny_step,
    .remove = tiny_end,
    .destroy = tiny_end,
};

static struct tiny_device tiny = {.device = {.operations = &tiny_operations, .window_size = 4096}};

__attribute__((unused)) static void tiny_raise(void)
{
    tiny.raised = true;
    ke_line_assert(tiny.device.line);
}

/* What a driver's ISR does: was it mine?  If so, acknowledge. */
__attribute__((unused)) static bool tiny_acknowledge(void)
{
    if (!tiny.raised) {
        return false;
    }
    tiny_write(&tiny.device, 0, 4, 0);
    return true;
}

__attribute__((unused)) static void tiny_attach(KIRQL dirql)
{
    KIRQL old = ke_mask();
    bool attached = device_attach(&tiny.device, dirql);
    ke_unmask(old);
    CHECK(attached);
}

__attribute__((unused)) static void tiny_detach(void)
{
    KIRQL old = ke_mask();
    device_detach(&tiny.device);
    ke_unmask(old);
}

/* ---- the miniport ------------------------------------------------------------------------------------ */

static struct {
    DRIVER_OBJECT object;
    NDIS_HANDLE driver, adapter;
    struct ndis_adapter *instance;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS handlers;
    NDIS_STATUS (*on_initialize)(NDIS_MINIPORT_INIT_PARAMETERS *parameters);
    void (*on_halt)(void);
    char log[512]; /* a letter for each call that changes the state */
} mini;

static void mini_note(char letter)
{
    size_t length = strlen(mini.log);
    if (length < sizeof mini.log - 1) {
        mini.log[length] = letter;
    }
}

static NDIS_STATUS mini_set_attributes(void)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.Header.Revision =
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.MiniportAdapterContext = &mini;
    NDIS_STATUS status = NdisMSetMiniportAttributes(mini.adapter, &attributes);
    if (status != NDIS_STATUS_SUCCESS) {
        return status;
    }
    memset(&attributes, 0, sizeof attributes);
    attributes.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    attributes.GeneralAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.MacAddressLength = 6;
    attributes.GeneralAttributes.MtuSize = 1500;
    return NdisMSetMiniportAttributes(mini.adapter, &attributes);
}

static NDIS_STATUS mini_initialize(NDIS_HANDLE adapter, NDIS_HANDLE context,
                                   NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    CHECK_PTR(context, &mini.object);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    mini_note('I');
    mini.adapter = adapter;
    NDIS_STATUS status = mini_set_attributes();
    return status != NDIS_STATUS_SUCCESS || mini.on_initialize == NULL ? status
                                                                       : mini.on_initialize(parameters);
}

static void mini_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    (void)action;
    CHECK_PTR(context, &mini);
    mini_note('H');
    if (mini.on_halt != NULL) {
        mini.on_halt();
    }
}

static void mini_unload(DRIVER_OBJECT *object)
{
    (void)object;
    mini_note('U');
    NdisMDeregisterMiniportDriver(mini.driver);
}

static NDIS_STATUS mini_pause(NDIS_HANDLE context, NDIS_MINIPORT_PAUSE_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    mini_note('P');
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS mini_restart(NDIS_HANDLE context, NDIS_MINIPORT_RESTART_PARAMETERS *parameters)
{
    (void)context, (void)parameters;
    mini_note('R');
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS mini_oid(NDIS_HANDLE context, NDIS_OID_REQUEST *request)
{
    (void)context, (void)request;
    return NDIS_STATUS_NOT_SUPPORTED;
}

/* Completes everything at once. */
static void mini_send(NDIS_HANDLE context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    (void)context, (void)port;
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
    }
    NdisMSendNetBufferListsComplete(
        mini.adapter, lists,
        (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0 ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static void mini_return(NDIS_HANDLE context, NET_BUFFER_LIST *lists, ULONG flags)
{
    (void)context, (void)lists, (void)flags;
}

static void mini_cancel_send(NDIS_HANDLE context, PVOID id)
{
    (void)context, (void)id;
}

static void mini_pnp(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
    (void)context;
    mini_note(event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved ? 'S' : '?');
}

static void mini_shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
    (void)context, (void)action;
    mini_note('D');
}

static void mini_cancel_oid(NDIS_HANDLE context, PVOID id)
{
    (void)context, (void)id;
}

/* Fills mini.handlers with the harmless ones above. */
static void mini_defaults(void)
{
    mini.handlers = (NDIS_MINIPORT_DRIVER_CHARACTERISTICS){
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
                   .Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 0,
        .InitializeHandlerEx = mini_initialize,
        .HaltHandlerEx = mini_halt,
        .UnloadHandler = mini_unload,
        .PauseHandler = mini_pause,
        .RestartHandler = mini_restart,
        .OidRequestHandler = mini_oid,
        .SendNetBufferListsHandler = mini_send,
        .ReturnNetBufferListsHandler = mini_return,
        .CancelSendHandler = mini_cancel_send,
        .DevicePnPEventNotifyHandler = mini_pnp,
        .ShutdownHandlerEx = mini_shutdown,
        .CancelOidRequestHandler = mini_cancel_oid,
    };
}

static void mini_register(void)
{
    CHECK_EQ(NdisMRegisterMiniportDriver(&mini.object, NULL, &mini.object, &mini.handlers, &mini.driver),
             NDIS_STATUS_SUCCESS);
}

/* Registered and initialized: Paused. */
__attribute__((unused)) static void mini_start(struct device *device)
{
    mini_register();
    mini.instance = adapter_create(mini.driver, device, "mini");
    CHECK(mini.instance != NULL);
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_SUCCESS);
}

/* From Paused to unloaded. */
__attribute__((unused)) static void mini_stop(void)
{
    adapter_halt(mini.instance, NdisHaltDeviceDisabled);
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
}

#endif
