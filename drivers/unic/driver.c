/*
 * driver.c - the driver itself: registration with NDIS and its end.
 */
#include "unic.h"

static NDIS_HANDLE UnicDriverHandle;

/*
 * The handlers that NDIS may call.  From the moment that NdisMRegisterMiniportDriver is entered they can be
 * called, on any processor, so everything that they use must be ready: nothing here depends on what
 * follows.
 */
static const NDIS_MINIPORT_DRIVER_CHARACTERISTICS UnicCharacteristics = {
    .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
               .Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
               .Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
    .MajorNdisVersion = 6,
    .MinorNdisVersion = 20,
    .MajorDriverVersion = 1,
    .MinorDriverVersion = 0,
    .InitializeHandlerEx = UnicInitialize,
    .HaltHandlerEx = UnicHalt,
    .UnloadHandler = UnicUnload,
    .PauseHandler = UnicPause,
    .RestartHandler = UnicRestart,
    .OidRequestHandler = UnicOidRequest,
    .CancelOidRequestHandler = UnicCancelOidRequest,
    .SendNetBufferListsHandler = UnicSendNetBufferLists,
    .ReturnNetBufferListsHandler = UnicReturnNetBufferLists,
    .CancelSendHandler = UnicCancelSend,
    .CheckForHangHandlerEx = UnicCheckForHang,
    .ResetHandlerEx = UnicReset,
    .DevicePnPEventNotifyHandler = UnicDevicePnPEvent,
    .ShutdownHandlerEx = UnicShutdown,
};

/* The status of DriverEntry is the status of the registration: there is nothing else to fail. */
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics = UnicCharacteristics;

    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &Characteristics, &UnicDriverHandle);
}

/* Called when the last adapter is halted. */
VOID UnicUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisMDeregisterMiniportDriver(UnicDriverHandle);
}
