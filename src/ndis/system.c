/*
 * system.c - what a miniport asks NDIS about the machine, and the error log.
 */
#include "ndis/adapter.h"

#include <stdarg.h>

/* Device objects that only need to be there: what the PnP manager would have made. */
static DEVICE_OBJECT physical_device, functional_device, next_device;

/*
 * The adapter's device objects and resources; any pointer may be NULL.  Any IRQL.  The lists of resources are those that
 * MiniportInitializeEx was given; here NULL, since drivers get them there.  nf-ndis-ndismgetdeviceproperty.
 */
VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
                            PDEVICE_OBJECT *FunctionalDeviceObject, PDEVICE_OBJECT *NextDeviceObject,
                            PCM_RESOURCE_LIST *AllocatedResources, PCM_RESOURCE_LIST *AllocatedResourcesTranslated)
{
    (void)MiniportAdapterHandle;
    if (PhysicalDeviceObject != NULL) {
        *PhysicalDeviceObject = &physical_device;
    }
    if (FunctionalDeviceObject != NULL) {
        *FunctionalDeviceObject = &functional_device;
    }
    if (NextDeviceObject != NULL) {
        *NextDeviceObject = &next_device;
    }
    if (AllocatedResources != NULL) {
        *AllocatedResources = NULL;
    }
    if (AllocatedResourcesTranslated != NULL) {
        *AllocatedResourcesTranslated = NULL;
    }
}

/* NDIS 6.30.  Any IRQL.  nf-ndis-ndisgetversion. */
UINT NdisGetVersion(VOID)
{
    return 6u << 16 | 30u;
}

/* Processors that are active in a group; there is one group.  Any IRQL.  nf-ndis-ndisgroupactiveprocessorcount. */
ULONG NdisGroupActiveProcessorCount(USHORT Group)
{
    return Group == 0 || Group == ALL_PROCESSOR_GROUPS ? ke_processor_count : 0;
}

/* Processors that may ever be active in a group.  Any IRQL.  nf-ndis-ndisgroupmaxprocessorcount. */
ULONG NdisGroupMaxProcessorCount(USHORT Group)
{
    return NdisGroupActiveProcessorCount(Group);
}

/* The number of the processor that runs the caller.  Any IRQL.  nf-ndis-ndiscurrentprocessorindex. */
ULONG NdisCurrentProcessorIndex(VOID)
{
    return ke_processor()->number;
}

/*
 * Writes an entry into the error log: a line of debugger output.  <= DISPATCH_LEVEL.  nf-ndis-ndiswriteerrorlogentry.
 */
VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode, ULONG NumberOfErrorValues, ...)
{
    const struct ndis_adapter *adapter = adapter_of(NdisAdapterHandle);
    ULONG values[4] = {0};
    va_list arguments;
    va_start(arguments, NumberOfErrorValues);
    for (ULONG i = 0; i < NumberOfErrorValues && i < 4; i++) {
        values[i] = va_arg(arguments, ULONG);
    }
    va_end(arguments);
    DbgPrint("%s: error log 0x%08lX, %lu values: 0x%lX 0x%lX 0x%lX 0x%lX\n",
             adapter == NULL ? "NDIS" : adapter->name, ErrorCode, NumberOfErrorValues, values[0], values[1],
             values[2], values[3]);
}
