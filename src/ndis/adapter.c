/*
 * adapter.c - adapters as things: made, described to the miniport, taken away.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

#include <stdio.h>

static volatile LONG adapter_index;

static void name_adapter(struct ndis_adapter *adapter, const char *name)
{
    KIRQL old = ke_mask();
    snprintf(adapter->name, sizeof adapter->name, "%s", name);
    ke_unmask(old);
    char wide[48];
    old = ke_mask();
    int length = snprintf(wide, sizeof wide, "\\Device\\{%s-%u}", adapter->name, (unsigned)adapter->index);
    ke_unmask(old);
    for (int i = 0; i < length && i < (int)sizeof wide - 1; i++) {
        adapter->wide_name[i] = (WCHAR)wide[i];
    }
}

static void describe_memory(CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor, const struct device *device)
{
    descriptor->Type = CmResourceTypeMemory;
    descriptor->ShareDisposition = CmResourceShareDeviceExclusive;
    descriptor->Flags = CM_RESOURCE_MEMORY_READ_WRITE;
    descriptor->u.Memory.Start.QuadPart = (LONGLONG)device->window_pa;
    descriptor->u.Memory.Length = device->window_size;
}

static void describe_interrupt(CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor, const struct ke_line *line)
{
    descriptor->Type = CmResourceTypeInterrupt;
    descriptor->ShareDisposition = CmResourceShareShared;
    descriptor->Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
    descriptor->u.Interrupt.Level = ke_line_irql(line);
    descriptor->u.Interrupt.Vector = ke_line_vector(line);
    descriptor->u.Interrupt.Affinity = (KAFFINITY)-1;
}

/* Its translated form; messages are not shared. */
static void describe_message(CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor, const struct device *device,
                             unsigned message)
{
    descriptor->Type = CmResourceTypeInterrupt;
    descriptor->ShareDisposition = CmResourceShareDeviceExclusive;
    descriptor->Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
    descriptor->u.MessageInterrupt.Translated.Level = ke_line_irql(device->messages.lines[message]);
    descriptor->u.MessageInterrupt.Translated.Vector = ke_line_vector(device->messages.lines[message]);
    descriptor->u.MessageInterrupt.Translated.Affinity = device->messages.targets[message];
}

/* What the PnP manager would have assigned: a register window, and messages or the line. */
bool adapter_resources_describe(struct ndis_adapter *adapter)
{
    unsigned messages = adapter->device == NULL ? 0 : adapter->device->messages.granted;
    size_t size = sizeof(CM_PARTIAL_RESOURCE_LIST) + (1 + messages) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    CM_PARTIAL_RESOURCE_LIST *list = ke_allocate(size);
    if (list == NULL) {
        return false;
    }
    list->Version = 1;
    list->Revision = 1;
    if (adapter->device != NULL) {
        describe_memory(&list->PartialDescriptors[list->Count++], adapter->device);
    }
    for (unsigned i = 0; i < messages; i++) {
        describe_message(&list->PartialDescriptors[list->Count++], adapter->device, i);
    }
    if (adapter->line != NULL && messages == 0) {
        describe_interrupt(&list->PartialDescriptors[list->Count++], adapter->line);
    }
    ke_free(adapter->resources);
    adapter->resources = list;
    return true;
}

struct ndis_adapter *adapter_create(struct ndis_miniport_driver *driver, struct device *device,
                                    const char *name)
{
    struct ndis_adapter *adapter = ke_allocate(sizeof *adapter);
    if (adapter == NULL) {
        return NULL;
    }
    adapter->signature = NDIS_SIGNATURE_ADAPTER;
    adapter->driver = driver;
    adapter->device = device;
    adapter->line = device == NULL ? NULL : device->line;
    adapter->index = (ULONG)InterlockedIncrement(&adapter_index);
    name_adapter(adapter, name);
    KeInitializeEvent(&adapter->calls_done, NotificationEvent, FALSE);
    ndis_gate_initialize(&adapter->operation_done);
    ndis_gate_initialize(&adapter->reset_done);
    KeInitializeEvent(&adapter->hang_stop, NotificationEvent, FALSE);
    KeInitializeEvent(&adapter->send_gone, SynchronizationEvent, FALSE);
    KeInitializeEvent(&adapter->returned, SynchronizationEvent, FALSE);
    KeInitializeEvent(&adapter->oid_idle, SynchronizationEvent, FALSE);
    KeInitializeSemaphore(&adapter->oid_work, 0, MAXLONG);
    if (!adapter_parameters_begin(adapter) || !adapter_resources_describe(adapter)) {
        adapter_parameters_free(adapter);
        ke_free(adapter);
        return NULL;
    }
    io_pdo_add(&adapter->physical, device, adapter->index);
    adapter_bus_begin(adapter);
    InterlockedIncrement(&driver->adapters);
    return adapter;
}

/* Adapters that were shut down: the driver was never told to let go of them, so they stay. */
static LIST_ENTRY shut_down = {&shut_down, &shut_down};

void adapter_destroy(struct ndis_adapter *adapter)
{
    ndis_require(adapter->state == ADAPTER_HALTED || adapter->state == ADAPTER_SHUTDOWN,
                 "an adapter is halted before it is removed");
    if (adapter->state == ADAPTER_SHUTDOWN) {
        InsertTailList(&shut_down, &adapter->link);
        return;
    }
    adapter_device_remove(adapter);
    io_pdo_remove(&adapter->physical);
    InterlockedDecrement(&adapter->driver->adapters);
    adapter_parameters_free(adapter);
    ke_free(adapter->resources);
    adapter->signature = NDIS_SIGNATURE_DEAD;
    ke_free(adapter);
}

static NDIS_STATUS set_registration(struct ndis_adapter *adapter,
                                    const NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES *attributes)
{
    adapter->context = attributes->MiniportAdapterContext;
    adapter->attribute_flags = attributes->AttributeFlags;
    adapter->hang_seconds =
        attributes->CheckForHangTimeInSeconds == 0 ? 2 : attributes->CheckForHangTimeInSeconds;
    adapter->registered = TRUE;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_general(struct ndis_adapter *adapter,
                               const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *attributes)
{
    if (!adapter->registered) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (attributes->MacAddressLength > NDIS_MAX_PHYS_ADDRESS_LENGTH) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    adapter->address_length = attributes->MacAddressLength;
    RtlCopyMemory(adapter->address, attributes->CurrentMacAddress, attributes->MacAddressLength);
    adapter->mtu = attributes->MtuSize;
    adapter->general = TRUE;
    return NDIS_STATUS_SUCCESS;
}

/*
 * Takes one block of attributes; from MiniportInitializeEx, that of an added device from MiniportAddDevice.
 * PASSIVE_LEVEL.  Registration attributes come
 * first, general attributes are mandatory; others are read by nobody yet and accepted.
 * NDIS_STATUS_INVALID_PARAMETER for a wrong order or an unknown block.  nf-ndis-ndismsetminiportattributes.
 */
NDIS_STATUS NdisMSetMiniportAttributes(NDIS_HANDLE NdisMiniportAdapterHandle,
                                       PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes)
{
    ddi_enter(NdisMSetMiniportAttributes);
    if (ddi_fails(NdisMSetMiniportAttributes)) {
        return NDIS_STATUS_RESOURCES;
    }
    struct ndis_adapter *adapter = adapter_of(NdisMiniportAdapterHandle);
    if (adapter == NULL || MiniportAttributes == NULL) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    const NDIS_OBJECT_HEADER *header = (const NDIS_OBJECT_HEADER *)(const void *)MiniportAttributes;
    switch (header->Type) {
    case NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES:
        adapter->add_device_context =
            MiniportAttributes->AddDeviceRegistrationAttributes.MiniportAddDeviceContext;
        return adapter->adding ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PARAMETER;
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES:
        return set_registration(adapter, &MiniportAttributes->RegistrationAttributes);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES:
        return set_general(adapter, &MiniportAttributes->GeneralAttributes);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES:
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES:
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NATIVE_802_11_ATTRIBUTES:
        return adapter->registered ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PARAMETER;
    default:
        return NDIS_STATUS_INVALID_PARAMETER;
    }
}
