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
    header->Command = adapter->bus.command;
    header->CacheLineSize = adapter->bus.cache_line;
    header->LatencyTimer = adapter->bus.latency;
    header->BaseClass = NETWORK_CLASS;
    header->u.type0.BaseAddresses[0] = (ULONG)device->window_pa | 0x4; /* a 64-bit memory window */
    header->u.type0.BaseAddresses[1] = (ULONG)(device->window_pa >> 32);
    header->u.type0.InterruptLine = adapter->bus.interrupt_line;
    header->u.type0.InterruptPin = 1;
}

void adapter_bus_begin(struct ndis_adapter *adapter)
{
    if (adapter->device != NULL) {
        adapter->bus = (struct ndis_bus_registers){.command = MEMORY_SPACE | BUS_MASTER,
                                                   .interrupt_line = ke_line_irql(adapter->line)};
    }
}

/* Is there that part of a configuration space? */
static bool is_there(const struct ndis_adapter *adapter, ULONG space, ULONG offset)
{
    return adapter != NULL && adapter->device != NULL && space == PCI_WHICHSPACE_CONFIG &&
           offset < sizeof(PCI_COMMON_HEADER);
}

static ULONG length_from(ULONG offset, ULONG length)
{
    ULONG rest = (ULONG)sizeof(PCI_COMMON_HEADER) - offset;
    return length < rest ? length : rest;
}

/*
 * Reads PCI configuration space; returns how many bytes there were, 0 for an adapter without hardware.  After
 * surprise removal all bits are ones.  Any IRQL.  nf-ndis-ndismgetbusdata.
 */
ULONG NdisMGetBusData(NDIS_HANDLE MiniportAdapterHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
                      ULONG Length)
{
    ddi_enter(NdisMGetBusData);
    const struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    PCI_COMMON_HEADER header;
    if (!is_there(adapter, WhichSpace, Offset)) {
        return 0;
    }
    ke_about_to_look(&adapter->bus);
    fill_header(adapter, &header);
    if (adapter->device->removed) {
        memset(&header, 0xFF, sizeof header);
    }
    ULONG length = length_from(Offset, Length);
    memcpy(Buffer, (const unsigned char *)&header + Offset, length);
    return length;
}

/*
 * Writes PCI configuration space; returns how many bytes there are.  Only the command, the cache line size,
 * the latency timer and the interrupt line can be changed; the rest is read-only here, and stays as it is.
 * After surprise removal nothing changes.  Any IRQL.  nf-ndis-ndismsetbusdata.
 */
ULONG NdisMSetBusData(NDIS_HANDLE MiniportAdapterHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
                      ULONG Length)
{
    ddi_enter(NdisMSetBusData);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    PCI_COMMON_HEADER header;
    if (!is_there(adapter, WhichSpace, Offset)) {
        return 0;
    }
    ULONG length = length_from(Offset, Length);
    ke_about_to_change(&adapter->bus);
    fill_header(adapter, &header);
    memcpy((unsigned char *)&header + Offset, Buffer, length);
    if (!adapter->device->removed) {
        adapter->bus = (struct ndis_bus_registers){.command = header.Command,
                                                   .cache_line = header.CacheLineSize,
                                                   .latency = header.LatencyTimer,
                                                   .interrupt_line = header.u.type0.InterruptLine};
    }
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
