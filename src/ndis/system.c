/*
 * system.c - what a miniport asks NDIS about the machine, and the error log.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

#include <stdarg.h>

/*
 * The adapter's device objects and resources; any pointer may be NULL.  Any IRQL.  The lists of resources are
 * those that MiniportInitializeEx was given; here NULL, since drivers get them there.
 * nf-ndis-ndismgetdeviceproperty.
 */
VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
                            PDEVICE_OBJECT *FunctionalDeviceObject, PDEVICE_OBJECT *NextDeviceObject,
                            PCM_RESOURCE_LIST *AllocatedResources,
                            PCM_RESOURCE_LIST *AllocatedResourcesTranslated)
{
    ddi_enter(NdisMGetDeviceProperty);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)MiniportAdapterHandle, 0);
    }
    if (PhysicalDeviceObject != NULL) {
        *PhysicalDeviceObject = &adapter->physical.object;
    }
    if (FunctionalDeviceObject != NULL) {
        *FunctionalDeviceObject = &adapter->functional;
    }
    if (NextDeviceObject != NULL) {
        *NextDeviceObject = &adapter->next_device;
    }
    if (AllocatedResources != NULL) {
        *AllocatedResources = NULL;
    }
    if (AllocatedResourcesTranslated != NULL) {
        *AllocatedResourcesTranslated = NULL;
    }
}

/* NDIS 6.87, that of the Windows which RtlGetVersion names.  Any IRQL.  nf-ndis-ndisgetversion. */
UINT NdisGetVersion(VOID)
{
    ddi_enter(NdisGetVersion);
    return 6u << 16 | 87u;
}

/* ---- processors: one group, all of them active, numbers are indexes.  Any IRQL. ---------------------- */

/* nf-ndis-ndissystemprocessorcount. */
ULONG NdisSystemProcessorCount(VOID)
{
    ddi_enter(NdisSystemProcessorCount);
    return ke_processor_count;
}

/* nf-ndis-ndissystemactiveprocessorcount; the set may be unwanted. */
ULONG NdisSystemActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    ddi_enter(NdisSystemActiveProcessorCount);
    if (ActiveProcessors != NULL) {
        *ActiveProcessors = ke_processors_all();
    }
    return ke_processor_count;
}

/* nf-ndis-ndisgroupactiveprocessorcount. */
ULONG NdisGroupActiveProcessorCount(USHORT Group)
{
    ddi_enter(NdisGroupActiveProcessorCount);
    return Group == 0 || Group == ALL_PROCESSOR_GROUPS ? ke_processor_count : 0;
}

/* nf-ndis-ndisgroupmaxprocessorcount. */
ULONG NdisGroupMaxProcessorCount(USHORT Group)
{
    ddi_enter(NdisGroupMaxProcessorCount);
    return NdisGroupActiveProcessorCount(Group);
}

/* nf-ndis-ndisgroupactiveprocessormask. */
KAFFINITY NdisGroupActiveProcessorMask(USHORT Group)
{
    ddi_enter(NdisGroupActiveProcessorMask);
    return Group == 0 ? ke_processors_all() : 0;
}

/* nf-ndis-ndisactivegroupcount. */
USHORT NdisActiveGroupCount(VOID)
{
    ddi_enter(NdisActiveGroupCount);
    return 1;
}

/* nf-ndis-ndismaxgroupcount. */
USHORT NdisMaxGroupCount(VOID)
{
    ddi_enter(NdisMaxGroupCount);
    return 1;
}

/* nf-ndis-ndiscurrentprocessorindex. */
ULONG NdisCurrentProcessorIndex(VOID)
{
    ddi_enter(NdisCurrentProcessorIndex);
    return ke_processor()->number;
}

/* nf-ndis-ndiscurrentgroupandprocessor. */
PROCESSOR_NUMBER NdisCurrentGroupAndProcessor(VOID)
{
    ddi_enter(NdisCurrentGroupAndProcessor);
    return (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)ke_processor()->number};
}

/* nf-ndis-ndisprocessornumbertoindex; INVALID_PROCESSOR_INDEX when there is no such processor. */
ULONG NdisProcessorNumberToIndex(PROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(NdisProcessorNumberToIndex);
    return ProcNumber.Group == 0 && ProcNumber.Number < ke_processor_count ? ProcNumber.Number
                                                                           : INVALID_PROCESSOR_INDEX;
}

/* nf-ndis-ndisprocessorindextonumber. */
NDIS_STATUS NdisProcessorIndexToNumber(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(NdisProcessorIndexToNumber);
    if (ProcIndex >= ke_processor_count) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    *ProcNumber = (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)ProcIndex};
    return NDIS_STATUS_SUCCESS;
}

/* The size of a cache line: what to align data to that processors share.  nf-ndis-ndisgetshareddataalignment.
 */
ULONG NdisGetSharedDataAlignment(VOID)
{
    ddi_enter(NdisGetSharedDataAlignment);
    return 64;
}

/* The high byte that a driver puts into its cancel ids, another one for each caller.
 * nf-ndis-ndisgeneratepartialcancelid. */
UCHAR NdisGeneratePartialCancelId(VOID)
{
    ddi_enter(NdisGeneratePartialCancelId);
    static volatile LONG next;
    return (UCHAR)InterlockedIncrement(&next);
}

/*
 * Writes an entry into the error log: a line of debugger output.  <= DISPATCH_LEVEL.
 * nf-ndis-ndiswriteerrorlogentry.
 */
VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode,
                            ULONG NumberOfErrorValues, ...)
{
    ddi_enter(NdisWriteErrorLogEntry);
    struct ndis_adapter *adapter = adapter_of(NdisAdapterHandle);
    if (adapter != NULL) {
        adapter->unlogged = NULL;
    }
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

/*
 * Writes an event into the system's log: a line of debugger output; the strings and the data are left out.
 * <= DISPATCH_LEVEL.  nf-ndis-ndiswriteeventlogentry.
 */
NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue,
                                   USHORT NumStrings, PVOID StringsList, ULONG DataSize, PVOID Data)
{
    ddi_enter(NdisWriteEventLogEntry);
    (void)LogHandle, (void)StringsList, (void)Data;
    DbgPrint("NDIS: event log 0x%08lX (%lu), %u strings, %lu bytes\n", (ULONG)EventCode, UniqueEventValue,
             (unsigned)NumStrings, DataSize);
    return NDIS_STATUS_SUCCESS;
}

/* A function of NDIS by its name; NULL when there is none.  PASSIVE_LEVEL.  nf-ndis-ndisgetroutineaddress. */
PVOID NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName)
{
    ddi_enter(NdisGetRoutineAddress);
    return MmGetSystemRoutineAddress(NdisRoutineName);
}

/*
 * An object that serves as NdisHandle for a driver that has no other.  <= DISPATCH_LEVEL.  NULL when memory
 * is short. nf-ndis-ndisallocategenericobject.
 */
PNDIS_GENERIC_OBJECT NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size)
{
    ddi_enter(NdisAllocateGenericObject);
    if (ddi_fails(NdisAllocateGenericObject)) {
        return NULL;
    }
    size_t size = Size < sizeof(NDIS_GENERIC_OBJECT) ? sizeof(NDIS_GENERIC_OBJECT) : Size;
    NDIS_GENERIC_OBJECT *object = ke_allocate(size);
    if (object != NULL) {
        object->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        object->Header.Size = (USHORT)size;
        object->DriverObject = DriverObject;
        event_send(EVENT_OBJECT_CREATE, object, OBJECT_HANDLE, size, Tag, 0);
    }
    return object;
}

/* Frees a generic object.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreegenericobject. */
VOID NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisObject)
{
    ddi_enter(NdisFreeGenericObject);
    event_send(EVENT_OWNER_END, NdisObject, 0, 0, 0, 0);
    event_send(EVENT_OBJECT_DESTROY, NdisObject, OBJECT_HANDLE, 0, 0, 0);
    ke_free(NdisObject);
}
