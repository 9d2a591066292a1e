/*
 * pnp.c - the optional handlers with which a miniport takes part in its adapter's coming and going:
 * MiniportAddDevice, MiniportFilterResourceRequirements, MiniportStartDevice, MiniportRemoveDevice
 * (ns-ndis-_ndis_miniport_pnp_characteristics).
 *
 * There is no PnP manager: the requests are made here, for the handler alone, and are not to be completed. Of
 * what a handler changes in the requirements two things count: messages that it takes out are not granted,
 * all or none of them, and the processors that it wants for a message are those.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

#define LIST_TAG 0x73655249u /* 'IRes' */

static const NDIS_MINIPORT_PNP_CHARACTERISTICS *handlers_of(const struct ndis_adapter *adapter)
{
    return &adapter->driver->pnp;
}

/*
 * Registers optional services of a miniport; from MiniportSetOptions.  PASSIVE_LEVEL.  NDIS_STATUS_FAILURE
 * outside of it or for a wrong header, NDIS_STATUS_RESOURCES, NDIS_STATUS_NOT_SUPPORTED for services other
 * than NDIS_MINIPORT_PNP_CHARACTERISTICS.  nf-ndis-ndissetoptionalhandlers.
 */
NDIS_STATUS NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers)
{
    ddi_enter(NdisSetOptionalHandlers);
    struct ndis_miniport_driver *driver = NdisHandle;
    if (ddi_fails(NdisSetOptionalHandlers)) {
        return NDIS_STATUS_RESOURCES;
    }
    if (driver == NULL || driver->signature != NDIS_SIGNATURE_DRIVER || OptionalHandlers == NULL ||
        !driver->setting_options) {
        return NDIS_STATUS_FAILURE;
    }
    if (OptionalHandlers->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    if (OptionalHandlers->Header.Size < NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1) {
        return NDIS_STATUS_FAILURE;
    }
    driver->pnp = *(const NDIS_MINIPORT_PNP_CHARACTERISTICS *)(const void *)OptionalHandlers;
    return NDIS_STATUS_SUCCESS;
}

/* ---- the handlers that get a request ----------------------------------------------------------------- */

/* NULL: memory is short. */
static PIRP make_request(UCHAR minor)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    if (irp != NULL) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        IoSetNextIrpStackLocation(irp);
        IoGetCurrentIrpStackLocation(irp)->MajorFunction = IRP_MJ_PNP;
        IoGetCurrentIrpStackLocation(irp)->MinorFunction = minor;
    }
    return irp;
}

static NDIS_STATUS call_handler(struct ndis_adapter *adapter, const char *name,
                                MINIPORT_PNP_IRP_HANDLER handler, PIRP irp)
{
    MINIPORT_ENTER(frame, name, handler);
    NDIS_STATUS status = handler(adapter->add_device_context, irp);
    callback_leave(&frame);
    return status;
}

/* What the adapter could be given: its window, its messages or its line. */
static IO_RESOURCE_REQUIREMENTS_LIST *make_requirements(const struct ndis_adapter *adapter)
{
    const CM_PARTIAL_RESOURCE_LIST *resources = adapter->resources;
    size_t size = sizeof(IO_RESOURCE_REQUIREMENTS_LIST) + resources->Count * sizeof(IO_RESOURCE_DESCRIPTOR);
    IO_RESOURCE_REQUIREMENTS_LIST *list =
        ex_pool_allocate(size, LIST_TAG, EX_POOL_ZERO, OBJECT_POOL, (void *)(uintptr_t)adapter);
    if (list == NULL) {
        return NULL;
    }
    list->ListSize = (ULONG)size;
    list->InterfaceType = PCIBus;
    list->AlternativeLists = 1;
    list->List[0].Version = 1;
    list->List[0].Revision = 1;
    list->List[0].Count = resources->Count;
    /* Not by index: an array of one in an array of one looks as if it had but one to the compiler. */
    IO_RESOURCE_DESCRIPTOR *to = list->List[0].Descriptors;
    for (ULONG i = 0; i < resources->Count; i++, to++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *from = &resources->PartialDescriptors[i];
        to->Type = from->Type;
        to->ShareDisposition = from->ShareDisposition;
        to->Flags = from->Flags;
        if (from->Type == CmResourceTypeMemory) {
            to->u.Memory.Length = from->u.Memory.Length;
            to->u.Memory.MinimumAddress = from->u.Memory.Start;
            to->u.Memory.MaximumAddress.QuadPart = from->u.Memory.Start.QuadPart + from->u.Memory.Length - 1;
        } else {
            bool message = (from->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
            to->u.Interrupt.MinimumVector =
                message ? CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN : from->u.Interrupt.Vector;
            to->u.Interrupt.MaximumVector = to->u.Interrupt.MinimumVector;
        }
    }
    return list;
}

/* Takes over what the handler has made of the requirements. */
static void take_requirements(struct ndis_adapter *adapter, const IO_RESOURCE_REQUIREMENTS_LIST *list)
{
    struct device *device = adapter->device;
    unsigned messages = 0;
    const IO_RESOURCE_DESCRIPTOR *descriptor = list->List[0].Descriptors;
    for (ULONG i = 0; i < list->List[0].Count; i++, descriptor++) {
        if (descriptor->Type != CmResourceTypeInterrupt ||
            (descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) == 0) {
            continue;
        }
        if (descriptor->u.Interrupt.AffinityPolicy == IrqPolicySpecifiedProcessors &&
            messages < device->messages.granted) {
            device_aim_message(device, messages, descriptor->u.Interrupt.TargetedProcessors);
        }
        messages++;
    }
    if (messages == 0 && device != NULL) {
        device_withhold_messages(device);
    }
}

/* A handler may put a list of its own, from pool, in the place of this one, which it then frees. */
static NDIS_STATUS filter_requirements(struct ndis_adapter *adapter)
{
    IO_RESOURCE_REQUIREMENTS_LIST *list = make_requirements(adapter);
    PIRP irp = list != NULL ? make_request(IRP_MN_FILTER_RESOURCE_REQUIREMENTS) : NULL;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    if (irp != NULL) {
        IoGetCurrentIrpStackLocation(irp)->Parameters.FilterResourceRequirements.IoResourceRequirementList =
            list;
        irp->IoStatus.Information = (ULONG_PTR)list;
        status = call_handler(adapter, "MiniportFilterResourceRequirements",
                              handlers_of(adapter)->MiniportFilterResourceRequirementsHandler, irp);
        list = (IO_RESOURCE_REQUIREMENTS_LIST *)irp->IoStatus.Information;
        IoFreeIrp(irp);
    }
    if (status == NDIS_STATUS_SUCCESS && list != NULL) {
        take_requirements(adapter, list);
    }
    if (list != NULL) {
        ExFreePool(list);
    }
    return status;
}

static NDIS_STATUS start_device(struct ndis_adapter *adapter)
{
    size_t size =
        sizeof(CM_RESOURCE_LIST) + adapter->resources->Count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    CM_RESOURCE_LIST *list = ke_allocate(size);
    PIRP irp = list != NULL ? make_request(IRP_MN_START_DEVICE) : NULL;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    if (irp != NULL) {
        list->Count = 1;
        list->List[0].InterfaceType = PCIBus;
        RtlCopyMemory(&list->List[0].PartialResourceList, adapter->resources,
                      FIELD_OFFSET(CM_PARTIAL_RESOURCE_LIST, PartialDescriptors) +
                          adapter->resources->Count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR));
        IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
        stack->Parameters.StartDevice.AllocatedResources = list;
        stack->Parameters.StartDevice.AllocatedResourcesTranslated = list;
        status = call_handler(adapter, "MiniportStartDevice",
                              handlers_of(adapter)->MiniportStartDeviceHandler, irp);
        IoFreeIrp(irp);
    }
    ke_free(list);
    return status;
}

/* ---- coming and going -------------------------------------------------------------------------------- */

static NDIS_STATUS add_device(struct ndis_adapter *adapter)
{
    adapter->adding = TRUE;
    MINIPORT_ENTER(frame, "MiniportAddDevice", handlers_of(adapter)->MiniportAddDeviceHandler);
    NDIS_STATUS status = handlers_of(adapter)->MiniportAddDeviceHandler(adapter, adapter->driver->context);
    callback_leave(&frame);
    adapter->adding = FALSE;
    adapter->device_added = status == NDIS_STATUS_SUCCESS;
    return status;
}

NDIS_STATUS adapter_device_start(struct ndis_adapter *adapter)
{
    const NDIS_MINIPORT_PNP_CHARACTERISTICS *handlers = handlers_of(adapter);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    if (!adapter->device_added && handlers->MiniportAddDeviceHandler != NULL) {
        status = add_device(adapter);
        if (status == NDIS_STATUS_SUCCESS && handlers->MiniportFilterResourceRequirementsHandler != NULL) {
            status = filter_requirements(adapter);
        }
        if (status == NDIS_STATUS_SUCCESS && !adapter_resources_describe(adapter)) {
            status = NDIS_STATUS_RESOURCES;
        }
    }
    if (status == NDIS_STATUS_SUCCESS && handlers->MiniportStartDeviceHandler != NULL) {
        status = start_device(adapter);
    }
    return status;
}

void adapter_device_remove(struct ndis_adapter *adapter)
{
    if (!adapter->device_added) {
        return;
    }
    adapter->device_added = FALSE;
    if (handlers_of(adapter)->MiniportRemoveDeviceHandler != NULL) {
        MINIPORT_ENTER(frame, "MiniportRemoveDevice", handlers_of(adapter)->MiniportRemoveDeviceHandler);
        handlers_of(adapter)->MiniportRemoveDeviceHandler(adapter->add_device_context);
        callback_leave(&frame);
    }
    event_send(EVENT_OWNER_END, adapter, 0, 0, 0, 0);
}
