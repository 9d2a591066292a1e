/*
 * miniport.h - the frame around the stories that need NDIS: a miniport without hardware, whose sends,
 * shutdown and adapter are the story's.
 */
#ifndef UNDIS_TESTS_ZOO_MINIPORT_H
#define UNDIS_TESTS_ZOO_MINIPORT_H

#ifndef DBG
#define DBG 1
#endif
#include <ndis.h>

#include "../miniport_idle.h"

#define ZOO_TAG 'ooZU'

/* Every story has a structure Adapter that begins with it. */
struct ZooAdapter {
    NDIS_HANDLE Handle;
    EX_RUNDOWN_REF Sends; /* in the hands of the miniport, while it runs */
};

/* ---- the story's own ------------------------------------------------------------------------------ */

static ULONG StorySize(VOID); /* of its structure */
static NDIS_STATUS StoryInitialize(struct ZooAdapter *Adapter);
static VOID StoryHalt(struct ZooAdapter *Adapter);
/* One list, to be completed with ZooComplete, now or later. */
static VOID StorySend(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List);
static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action);

/* ---- sends ---------------------------------------------------------------------------------------- */

/* <= DISPATCH_LEVEL. */
static VOID ZooComplete(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List)
{
    NET_BUFFER_LIST_STATUS(List) = NDIS_STATUS_SUCCESS;
    NdisMSendNetBufferListsComplete(Adapter->Handle, List, 0); /* at whatever level */
    ExReleaseRundownProtection(&Adapter->Sends);
}

static VOID ZooSend(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    struct ZooAdapter *adapter = Context;
    UNREFERENCED_PARAMETER(Port);
    while (Lists != NULL) {
        PNET_BUFFER_LIST list = Lists;
        Lists = NET_BUFFER_LIST_NEXT_NBL(list);
        NET_BUFFER_LIST_NEXT_NBL(list) = NULL;
        if (ExAcquireRundownProtection(&adapter->Sends)) {
            StorySend(adapter, list);
        } else {
            NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_PAUSED;
            NdisMSendNetBufferListsComplete(
                adapter->Handle, list,
                Flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
        }
    }
}

/* ---- states --------------------------------------------------------------------------------------- */

static NDIS_STATUS ZooPause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    ExWaitForRundownProtectionRelease(&((struct ZooAdapter *)Context)->Sends);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS ZooRestart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    ExReInitializeRundownProtection(&((struct ZooAdapter *)Context)->Sends);
    return NDIS_STATUS_SUCCESS;
}

static VOID ZooShutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
    StoryShutdown(Context, Action);
}

/* ---- making and ending ------------------------------------------------------------------------------ */

static NDIS_STATUS ZooSetAttributes(struct ZooAdapter *Adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.Header.Revision =
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.MiniportAdapterContext = Adapter;
    attributes.RegistrationAttributes.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
    NDIS_STATUS status = NdisMSetMiniportAttributes(Adapter->Handle, &attributes);
    if (status != NDIS_STATUS_SUCCESS) {
        return status;
    }
    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    attributes.GeneralAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.MacAddressLength = ETH_LENGTH_OF_ADDRESS;
    attributes.GeneralAttributes.MtuSize = 1500;
    return NdisMSetMiniportAttributes(Adapter->Handle, &attributes);
}

static NDIS_STATUS ZooInitialize(NDIS_HANDLE Handle, NDIS_HANDLE DriverContext,
                                 PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(DriverContext);
    UNREFERENCED_PARAMETER(Parameters);
    struct ZooAdapter *adapter =
        NdisAllocateMemoryWithTagPriority(Handle, StorySize(), ZOO_TAG, NormalPoolPriority);
    if (adapter == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NdisZeroMemory(adapter, StorySize());
    adapter->Handle = Handle;
    ExInitializeRundownProtection(&adapter->Sends);
    ExWaitForRundownProtectionRelease(&adapter->Sends); /* paused */
    NDIS_STATUS status = ZooSetAttributes(adapter);
    if (status == NDIS_STATUS_SUCCESS) {
        status = StoryInitialize(adapter);
    }
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(adapter, 0, 0);
    }
    return status;
}

static VOID ZooHalt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    UNREFERENCED_PARAMETER(Action);
    StoryHalt(Context);
    NdisFreeMemory(Context, 0, 0);
}

static NDIS_HANDLE ZooDriver;

static VOID ZooUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisMDeregisterMiniportDriver(ZooDriver);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
                   .Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   .Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 20,
        .InitializeHandlerEx = ZooInitialize,
        .HaltHandlerEx = ZooHalt,
        .UnloadHandler = ZooUnload,
        .PauseHandler = ZooPause,
        .RestartHandler = ZooRestart,
        .OidRequestHandler = IdleOid,
        .SendNetBufferListsHandler = ZooSend,
        .ReturnNetBufferListsHandler = IdleReturn,
        .CancelSendHandler = IdleCancelSend,
        .CheckForHangHandlerEx = IdleCheckForHang,
        .ResetHandlerEx = IdleReset,
        .DevicePnPEventNotifyHandler = IdlePnPEvent,
        .ShutdownHandlerEx = ZooShutdown,
        .CancelOidRequestHandler = IdleCancelOid,
    };
    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &characteristics, &ZooDriver);
}

#endif
