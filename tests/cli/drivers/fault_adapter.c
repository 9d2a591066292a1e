/*
 * Calls what can fail of the functions that need an adapter without hardware, each at a place of its own, and
 * takes a failure of each as it should.  Some of them cannot succeed here: those fail without a fault, too.
 */
#include <ndis.h>

static SET_OPTIONS SetOptions;

static NDIS_STATUS Register(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, NDIS_HANDLE Context,
                            PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics, PNDIS_HANDLE Handle)
{
    Characteristics->SetOptionsHandler = SetOptions;
    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, Context, Characteristics, Handle);
}

#define NdisMRegisterMiniportDriver Register
#include "../../zoo/miniport.h"

/* None of these handlers: they are all optional. */
static NDIS_STATUS SetOptions(NDIS_HANDLE Driver, NDIS_HANDLE Context)
{
    NDIS_MINIPORT_PNP_CHARACTERISTICS pnp = {
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS,
                   .Revision = NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1}};
    UNREFERENCED_PARAMETER(Context);
    return NdisSetOptionalHandlers(Driver, (PNDIS_DRIVER_OPTIONAL_HANDLERS)&pnp);
}

static ULONG StorySize(VOID)
{
    return sizeof(struct ZooAdapter);
}

static VOID UseConfiguration(NDIS_HANDLE Handle)
{
    NDIS_CONFIGURATION_OBJECT object = {.Header = {.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
                                                   .Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1,
                                                   .Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
                                        .NdisHandle = Handle};
    NDIS_CONFIGURATION_PARAMETER value = {.ParameterType = NdisParameterInteger,
                                          .ParameterData.IntegerData = 1};
    NDIS_STRING name = RTL_CONSTANT_STRING(L"Value");
    NDIS_HANDLE configuration, key;
    NDIS_STATUS status;
    if (NdisOpenConfigurationEx(&object, &configuration) != NDIS_STATUS_SUCCESS) {
        return;
    }
    NdisWriteConfiguration(&status, configuration, &name, &value);
    NdisOpenConfigurationKeyByName(&status, configuration, &name, &key);
    if (status == NDIS_STATUS_SUCCESS) {
        NdisCloseConfiguration(key);
    }
    NdisOpenConfigurationKeyByIndex(&status, configuration, 0, &name, &key);
    if (status == NDIS_STATUS_SUCCESS) {
        NdisCloseConfiguration(key);
    }
    NdisCloseConfiguration(configuration);
}

static VOID Poll(PVOID Context, NDIS_POLL_DATA *Data)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Data);
}

static VOID Notify(PVOID Context, NDIS_POLL_NOTIFICATION *Notification)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Notification);
}

static VOID UsePoll(NDIS_HANDLE Handle)
{
    static const NDIS_POLL_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NDIS_POLL_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1},
        .SetPollNotificationHandler = Notify,
        .PollHandler = Poll,
    };
    NDIS_POLL_HANDLE poll;
    if (NdisRegisterPoll(Handle, NULL, &characteristics, &poll) == NDIS_STATUS_SUCCESS) {
        NdisDeregisterPoll(poll);
    }
}

static VOID UseBus(NDIS_HANDLE Handle)
{
    NDIS_MSIX_CONFIG_PARAMETERS entry = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                                                    .Revision = NDIS_MSIX_CONFIG_PARAMETERS_REVISION_1,
                                                    .Size = NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1},
                                         .ConfigOperation = NdisMSIXTableConfigMaskTableEntry};
    PVOID ports;
    (void)NdisMConfigMSIXTableEntry(Handle, &entry);
    if (NdisMRegisterIoPortRange(&ports, Handle, 0x300, 16) == NDIS_STATUS_SUCCESS) {
        NdisMDeregisterIoPortRange(Handle, 0x300, 16, ports);
    }
}

/* ---- shared memory that comes later ------------------------------------------------------------------- */

static KEVENT Arrived;
static PVOID Shared;
static NDIS_PHYSICAL_ADDRESS SharedPa;

static VOID SharedArrived(NDIS_HANDLE Context, PVOID Address, PNDIS_PHYSICAL_ADDRESS Physical, ULONG Length,
                          PVOID Own)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Own);
    Shared = Address;
    SharedPa = *Physical;
    KeSetEvent(&Arrived, IO_NO_INCREMENT, FALSE);
}

static VOID ProcessList(PDEVICE_OBJECT Device, PVOID Reserved, PSCATTER_GATHER_LIST List, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Reserved);
    UNREFERENCED_PARAMETER(List);
    UNREFERENCED_PARAMETER(Context);
}

static VOID UseSharedMemory(NDIS_HANDLE Handle)
{
    NDIS_SG_DMA_DESCRIPTION description = {.Header = {.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION,
                                                      .Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1,
                                                      .Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
                                           .Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
                                           .MaximumPhysicalMapping = 2048,
                                           .ProcessSGListHandler = ProcessList,
                                           .SharedMemAllocateCompleteHandler = SharedArrived};
    NDIS_HANDLE dma;
    if (NdisMRegisterScatterGatherDma(Handle, &description, &dma) != NDIS_STATUS_SUCCESS) {
        return;
    }
    KeInitializeEvent(&Arrived, SynchronizationEvent, FALSE);
    if (NdisMAllocateSharedMemoryAsyncEx(dma, 64, FALSE, NULL) == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&Arrived, Executive, KernelMode, FALSE, NULL);
        if (Shared != NULL) {
            NdisMFreeSharedMemory(Handle, 64, FALSE, Shared, SharedPa);
        }
    }
    NdisMDeregisterScatterGatherDma(dma);
}

/* ---- a device ------------------------------------------------------------------------------------------ */

static DRIVER_DISPATCH Dispatch;

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_NOT_SUPPORTED;
}

static VOID UseDevice(NDIS_HANDLE Handle)
{
    static PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
    NDIS_STRING name = RTL_CONSTANT_STRING(L"\\Device\\FaultAdapter"),
                link = RTL_CONSTANT_STRING(L"\\DosDevices\\FaultAdapter");
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
                   .Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                   .Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1},
        .DeviceName = &name,
        .SymbolicName = &link,
        .MajorFunctions = dispatch,
    };
    PDEVICE_OBJECT object;
    NDIS_HANDLE device;
    dispatch[IRP_MJ_CREATE] = Dispatch;
    if (NdisRegisterDeviceEx(Handle, &attributes, &object, &device) == NDIS_STATUS_SUCCESS) {
        NdisDeregisterDeviceEx(device);
    }
}

/* ---- the frame's ----------------------------------------------------------------------------------------
 */

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Adapter)
{
    UseConfiguration(Adapter->Handle);
    UsePoll(Adapter->Handle);
    UseBus(Adapter->Handle);
    UseSharedMemory(Adapter->Handle);
    UseDevice(Adapter->Handle);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Adapter)
{
    UNREFERENCED_PARAMETER(Adapter);
}

static VOID StorySend(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List)
{
    ZooComplete(Adapter, List);
}

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(Action);
}
