/*
 * message.c - message-signalled interrupts (spec section 6): the table that a driver is shown, its messages'
 * connection, the MSI-X table.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/interrupt.h"

/* MS-12.  The level of all when they are serialised is the highest of theirs. */
bool interrupt_messages_describe(struct ndis_interrupt *interrupt)
{
    interrupt->table = io_messages_describe(interrupt->adapter->device, interrupt->source_count);
    for (unsigned i = 0; interrupt->table != NULL && i < interrupt->source_count; i++) {
        interrupt->table->MessageInfo[i].InterruptObject = (PKINTERRUPT)(void *)&interrupt->sources[i].kernel;
    }
    return interrupt->table != NULL;
}

/* MS-6: with MsiSyncWithAllMessages one lock for all of them, else each has its own. */
void interrupt_messages_connect(struct ndis_interrupt *interrupt)
{
    struct device *device = interrupt->adapter->device;
    for (unsigned i = 0; i < interrupt->source_count; i++) {
        struct ke_interrupt *kernel = &interrupt->sources[i].kernel;
        if (interrupt->handlers.MsiSyncWithAllMessages) {
            ke_interrupt_connect_shared(kernel, device->messages.lines[i], &interrupt->sources[0].kernel,
                                        interrupt->table->UnifiedIrql);
        } else {
            ke_interrupt_connect(kernel, device->messages.lines[i]);
        }
    }
    device_enable_messages(device, true);
}

/*
 * Masks or unmasks an entry of the device's MSI-X table, or lets it signal another message.  Any IRQL to mask
 * and unmask, <= DISPATCH_LEVEL to set.  NDIS_STATUS_INVALID_PARAMETER for a wrong header, an unknown
 * operation, entry or message; NDIS_STATUS_NOT_SUPPORTED when the adapter does not use MSI-X.  MS-13,
 * nf-ndis-ndismconfigmsixtableentry.
 */
NDIS_STATUS NdisMConfigMSIXTableEntry(NDIS_HANDLE NdisMiniportHandle,
                                      PNDIS_MSIX_CONFIG_PARAMETERS MSIXConfigParameters)
{
    static const enum device_table_operation operations[NdisMSIXTableConfigMax] = {
        [NdisMSIXTableConfigSetTableEntry] = DEVICE_ENTRY_SET,
        [NdisMSIXTableConfigMaskTableEntry] = DEVICE_ENTRY_MASK,
        [NdisMSIXTableConfigUnmaskTableEntry] = DEVICE_ENTRY_UNMASK,
    };
    const NDIS_MSIX_CONFIG_PARAMETERS *parameters = MSIXConfigParameters;
    ddi_enter(NdisMConfigMSIXTableEntry);
    ddi_enter_when(NdisMConfigMSIXTableEntry, set_entry,
                   parameters->ConfigOperation == NdisMSIXTableConfigSetTableEntry);
    if (ddi_fails(NdisMConfigMSIXTableEntry)) {
        return NDIS_STATUS_RESOURCES;
    }
    struct ndis_adapter *adapter = adapter_of(NdisMiniportHandle);
    if (adapter == NULL || parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
        parameters->Header.Size < NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1 ||
        (unsigned)parameters->ConfigOperation >= NdisMSIXTableConfigMax) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (adapter->device == NULL || adapter->device->messages.signalling != DEVICE_BY_MSIX) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    return device_configure_entry(adapter->device, operations[parameters->ConfigOperation],
                                  parameters->TableEntry, parameters->MessageNumber)
               ? NDIS_STATUS_SUCCESS
               : NDIS_STATUS_INVALID_PARAMETER;
}
