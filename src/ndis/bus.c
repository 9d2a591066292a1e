/*
 * bus.c - what a miniport sees of its bus: PCI configuration space; there are no I/O ports.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

#include <string.h>

#define NETWORK_CLASS 0x02
#define MEMORY_SPACE 0x0002
#define BUS_MASTER 0x0004

/* The configuration header of the adapter's device, as the bus driver would have left it. */
static void fill_header(const struct ndis_adapter *adapter, PCI_COMMON_HEADER *header)
{
    const struct device *device = adapter->device;
    memset(header, 0, sizeof *header);
    header->VendorID = device->operations->vendor_id;
    header->DeviceID = device->operations->device_id;
    header->Command = MEMORY_SPACE | BUS_MASTER;
    header->BaseClass = NETWORK_CLASS;
    header->u.type0.BaseAddresses[0] = (ULONG)device->window_pa | 0x4; /* a 64-bit memory window */
    header->u.type0.BaseAddresses[1] = (ULONG)(device->window_pa >> 32);
    header->u.type0.InterruptLine = ke_line_irql(adapter->line);
    header->u.type0.InterruptPin = 1;
}

/*
 * Reads PCI configuration space; returns how many bytes there were, 0 for an adapter without hardware.  After
 * surprise removal all bits are ones.  <= DISPATCH_LEVEL.  nf-ndis-ndismgetbusdata.
 */
ULONG NdisMGetBusData(NDIS_HANDLE MiniportAdapterHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
                      ULONG Length)
{
    ddi_enter(NdisMGetBusData);
    const struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    PCI_COMMON_HEADER header;
    if (adapter == NULL || adapter->device == NULL || WhichSpace != PCI_WHICHSPACE_CONFIG ||
        Offset >= sizeof header) {
        return 0;
    }
    fill_header(adapter, &header);
    if (adapter->device->removed) {
        memset(&header, 0xFF, sizeof header);
    }
    ULONG length = Length < sizeof header - Offset ? Length : (ULONG)(sizeof header - Offset);
    memcpy(Buffer, (const unsigned char *)&header + Offset, length);
    return length;
}

/* Finds an adapter's I/O ports: there are none on this bus.  PASSIVE_LEVEL. nf-ndis-ndismregisterioportrange.
 */
NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
                                     UINT NumberOfPorts)
{
    ddi_enter(NdisMRegisterIoPortRange);
    const struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter != NULL && (adapter->state != ADAPTER_INITIALIZING || !adapter->registered)) {
        event_misuse("NdisMRegisterIoPortRange",
                     "NdisMRegisterIoPortRange is called when MiniportInitializeEx is over, or before "
                     "NdisMSetMiniportAttributes",
                     adapter, 0, 0);
    }
    if (ddi_fails(NdisMRegisterIoPortRange)) {
        return NDIS_STATUS_RESOURCES;
    }
    (void)InitialPort, (void)NumberOfPorts;
    *PortOffset = NULL;
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

/*
 * Gives I/O ports back.  There are none that NdisMRegisterIoPortRange could have given: bug check 0x7C/0x21.
 * PASSIVE_LEVEL.  nf-ndis-ndismderegisterioportrange.
 */
VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort, UINT NumberOfPorts,
                                PVOID PortOffset)
{
    ddi_enter(NdisMDeregisterIoPortRange);
    (void)InitialPort, (void)NumberOfPorts;
    ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, (ULONG_PTR)MiniportAdapterHandle, (ULONG_PTR)PortOffset, 0);
}
