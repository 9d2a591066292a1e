/*
 * adapter.c - an adapter from MiniportInitializeEx to MiniportHaltEx.
 *
 * Initialization builds up in steps; when one fails, what the steps before it made is taken down in reverse
 * order and NDIS will not call MiniportHaltEx.  Both ways out use the same function, which looks at what is
 * there.
 */
#include "unic.h"

/* ---- attributes -------------------------------------------------------------------------------- */

/* Must come before everything else that takes the adapter's handle. */
static NDIS_STATUS UnicSetRegistrationAttributes(PUNIC_ADAPTER Adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;
    PNDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES Registration = &Attributes.RegistrationAttributes;

    NdisZeroMemory(&Attributes, sizeof(Attributes));
    Registration->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    Registration->Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    Registration->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    Registration->MiniportAdapterContext = Adapter;
    Registration->AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
                                   NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER |
                                   NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK;
    Registration->CheckForHangTimeInSeconds = 2;
    Registration->InterfaceType = NdisInterfacePci;
    return NdisMSetMiniportAttributes(Adapter->Handle, &Attributes);
}

static VOID UnicFillGeneralAttributes(PUNIC_ADAPTER Adapter,
                                      PNDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES General)
{
    NDIS_LINK_STATE Link = UnicLinkState(Adapter->LinkUp);

    General->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    General->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    General->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    General->MediaType = NdisMedium802_3;
    General->PhysicalMediumType = NdisPhysicalMedium802_3;
    General->MtuSize = UNIC_MTU;
    General->MaxXmitLinkSpeed = General->MaxRcvLinkSpeed = UNIC_LINK_SPEED;
    General->XmitLinkSpeed = Link.XmitLinkSpeed;
    General->RcvLinkSpeed = Link.RcvLinkSpeed;
    General->MediaConnectState = Link.MediaConnectState;
    General->MediaDuplexState = Link.MediaDuplexState;
    General->LookaheadSize = UNIC_MTU;
    General->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
                          NDIS_MAC_OPTION_NO_LOOPBACK;
    General->SupportedPacketFilters = UNIC_PACKET_FILTERS;
    General->MaxMulticastListSize = UNIC_MULTICAST_MAXIMUM;
    General->MacAddressLength = ETH_LENGTH_OF_ADDRESS;
    NdisMoveMemory(General->PermanentMacAddress, Adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
    NdisMoveMemory(General->CurrentMacAddress, Adapter->CurrentAddress, ETH_LENGTH_OF_ADDRESS);
    General->AccessType = NET_IF_ACCESS_BROADCAST;
    General->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    General->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    General->IfType = IF_TYPE_ETHERNET_CSMACD;
    General->IfConnectorPresent = TRUE;
    General->SupportedStatistics =
        NDIS_STATISTICS_XMIT_OK_SUPPORTED | NDIS_STATISTICS_RCV_OK_SUPPORTED |
        NDIS_STATISTICS_XMIT_ERROR_SUPPORTED | NDIS_STATISTICS_RCV_ERROR_SUPPORTED |
        NDIS_STATISTICS_RCV_NO_BUFFER_SUPPORTED | NDIS_STATISTICS_DIRECTED_FRAMES_XMIT_SUPPORTED |
        NDIS_STATISTICS_DIRECTED_FRAMES_RCV_SUPPORTED | NDIS_STATISTICS_MULTICAST_FRAMES_XMIT_SUPPORTED |
        NDIS_STATISTICS_MULTICAST_FRAMES_RCV_SUPPORTED | NDIS_STATISTICS_BROADCAST_FRAMES_XMIT_SUPPORTED |
        NDIS_STATISTICS_BROADCAST_FRAMES_RCV_SUPPORTED;
    General->SupportedOidList = UnicSupportedOids;
    General->SupportedOidListLength = UnicSupportedOidsSize;
}

static NDIS_STATUS UnicSetGeneralAttributes(PUNIC_ADAPTER Adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;

    NdisZeroMemory(&Attributes, sizeof(Attributes));
    UnicFillGeneralAttributes(Adapter, &Attributes.GeneralAttributes);
    return NdisMSetMiniportAttributes(Adapter->Handle, &Attributes);
}

/* ---- finding the device ------------------------------------------------------------------------ */

/* The register window among the resources that the bus gave the card. */
static NDIS_STATUS UnicFindRegisters(PUNIC_ADAPTER Adapter, PNDIS_RESOURCE_LIST Resources)
{
    for (ULONG Index = 0; Resources != NULL && Index < Resources->Count; Index++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Resource = &Resources->PartialDescriptors[Index];
        if (Resource->Type == CmResourceTypeMemory && Resource->u.Memory.Length >= UNIC_REGISTERS_SIZE) {
            Adapter->RegistersPa = Resource->u.Memory.Start;
            return NDIS_STATUS_SUCCESS;
        }
    }
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

static NDIS_STATUS UnicMapRegisters(PUNIC_ADAPTER Adapter, PNDIS_RESOURCE_LIST Resources)
{
    PVOID Registers;
    NDIS_STATUS Status = UnicFindRegisters(Adapter, Resources);

    if (Status != NDIS_STATUS_SUCCESS) {
        return Status;
    }
    Status = NdisMMapIoSpace(&Registers, Adapter->Handle, Adapter->RegistersPa, UNIC_REGISTERS_SIZE);
    if (Status == NDIS_STATUS_SUCCESS) {
        Adapter->Registers = Registers;
    }
    return Status;
}

static VOID UnicReadPermanentAddress(PUNIC_ADAPTER Adapter)
{
    ULONG Low = UnicReadRegister(Adapter, UNIC_REG_PERMANENT_LOW);
    ULONG High = UnicReadRegister(Adapter, UNIC_REG_PERMANENT_HIGH);

    for (ULONG Octet = 0; Octet < 4; Octet++) {
        Adapter->PermanentAddress[Octet] = (UCHAR)(Low >> Octet * 8);
    }
    Adapter->PermanentAddress[4] = (UCHAR)High;
    Adapter->PermanentAddress[5] = (UCHAR)(High >> 8);
    NdisMoveMemory(Adapter->CurrentAddress, Adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
}

static NDIS_STATUS UnicProbe(PUNIC_ADAPTER Adapter)
{
    if (UnicReadRegister(Adapter, UNIC_REG_ID) != UNIC_ID || !UnicDeviceReset(Adapter)) {
        return NDIS_STATUS_ADAPTER_NOT_FOUND;
    }
    UnicReadPermanentAddress(Adapter);
    Adapter->LinkUp = UnicDeviceReadLink(Adapter);
    return NDIS_STATUS_SUCCESS;
}

/* *ReceiveBuffers, the keyword that NDIS has for the length of the receive ring. */
static VOID UnicReadRingLength(PUNIC_ADAPTER Adapter, NDIS_HANDLE Configuration)
{
    NDIS_STRING Keyword = NDIS_STRING_CONST("*ReceiveBuffers");
    PNDIS_CONFIGURATION_PARAMETER Parameter;
    NDIS_STATUS Status;

    NdisReadConfiguration(&Status, &Parameter, Configuration, &Keyword, NdisParameterInteger);
    if (Status == NDIS_STATUS_SUCCESS &&
        Parameter->ParameterData.IntegerData >= UNIC_RX_DESCRIPTORS_MINIMUM &&
        Parameter->ParameterData.IntegerData <= UNIC_RX_DESCRIPTORS) {
        Adapter->RxDescriptors = Parameter->ParameterData.IntegerData;
    }
}

/* An address that the administrator set overrides the card's own, when it is one that a station may have. */
static VOID UnicReadConfiguration(PUNIC_ADAPTER Adapter)
{
    NDIS_CONFIGURATION_OBJECT Object = {0};
    NDIS_HANDLE Configuration;
    NDIS_STATUS Status;
    PVOID Address;
    UINT Length;

    Adapter->RxDescriptors = UNIC_RX_DESCRIPTORS;
    Object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    Object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    Object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    Object.NdisHandle = Adapter->Handle;
    if (NdisOpenConfigurationEx(&Object, &Configuration) != NDIS_STATUS_SUCCESS) {
        return; /* no settings: the card's own address it is */
    }
    UnicReadRingLength(Adapter, Configuration);
    NdisReadNetworkAddress(&Status, &Address, &Length, Configuration);
    if (Status == NDIS_STATUS_SUCCESS && Length == ETH_LENGTH_OF_ADDRESS && !ETH_IS_MULTICAST(Address)) {
        NdisMoveMemory(Adapter->CurrentAddress, Address, ETH_LENGTH_OF_ADDRESS);
    }
    NdisCloseConfiguration(Configuration);
}

/* ---- making and ending --------------------------------------------------------------------------- */

static PUNIC_ADAPTER UnicAllocateAdapter(NDIS_HANDLE Handle)
{
    PUNIC_ADAPTER Adapter =
        NdisAllocateMemoryWithTagPriority(Handle, sizeof(UNIC_ADAPTER), UNIC_TAG, NormalPoolPriority);

    if (Adapter == NULL) {
        return NULL;
    }
    NdisZeroMemory(Adapter, sizeof(*Adapter));
    Adapter->Handle = Handle;
    Adapter->State = UnicPaused;
    InitializeListHead(&Adapter->FreeSends);
    InitializeListHead(&Adapter->SendsMapping);
    InitializeListHead(&Adapter->SendsInRing);
    InitializeListHead(&Adapter->FreeReceives);
    NdisAllocateSpinLock(&Adapter->SendLock);
    NdisAllocateSpinLock(&Adapter->ReceiveLock);
    NdisAllocateSpinLock(&Adapter->StateLock);
    return Adapter;
}

/*
 * Takes an adapter down from wherever it got to, in reverse order.  The device must be silent before its
 * interrupt is deregistered, and deregistering waits for the DPC, so nothing runs any more when memory is
 * freed.
 */
static VOID UnicFreeAdapter(PUNIC_ADAPTER Adapter)
{
    if (Adapter->InterruptHandle != NULL) {
        UnicForbidInterrupts(Adapter);
        UnicDeviceStop(Adapter);
        NdisMDeregisterInterruptEx(Adapter->InterruptHandle);
        Adapter->InterruptHandle = NULL;
    }
    UnicFreeResources(Adapter);
    if (Adapter->Registers != NULL) {
        NdisMUnmapIoSpace(Adapter->Handle, Adapter->Registers, UNIC_REGISTERS_SIZE);
    }
    NdisFreeSpinLock(&Adapter->StateLock);
    NdisFreeSpinLock(&Adapter->ReceiveLock);
    NdisFreeSpinLock(&Adapter->SendLock);
    NdisFreeMemory(Adapter, 0, 0);
}

/*
 * The interrupt comes last: from its registration on, the ISR may run, and all that it uses is there.  The
 * device's own mask is opened after that.
 */
static NDIS_STATUS UnicBuildAdapter(PUNIC_ADAPTER Adapter, PNDIS_RESOURCE_LIST Resources)
{
    NDIS_STATUS Status = UnicSetRegistrationAttributes(Adapter);

    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicMapRegisters(Adapter, Resources);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicProbe(Adapter);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        UnicReadConfiguration(Adapter);
        Status = UnicSetGeneralAttributes(Adapter);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicAllocateResources(Adapter);
    }
    if (Status == NDIS_STATUS_SUCCESS) {
        Status = UnicRegisterInterrupt(Adapter);
    }
    if (Status != NDIS_STATUS_SUCCESS) {
        return Status;
    }
    UnicDeviceStart(Adapter);
    UnicDeviceApplyState(Adapter);
    UnicAllowInterrupts(Adapter);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS UnicInitialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
                           PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
    PUNIC_ADAPTER Adapter = UnicAllocateAdapter(NdisMiniportHandle);
    NDIS_STATUS Status;

    UNREFERENCED_PARAMETER(MiniportDriverContext);
    if (Adapter == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Status = UnicBuildAdapter(Adapter, MiniportInitParameters->AllocatedResources);
    if (Status != NDIS_STATUS_SUCCESS) {
        UnicFreeAdapter(Adapter);
    }
    return Status;
}

/* Only a paused adapter is halted: no send and no receive is outstanding. */
VOID UnicHalt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
    UNREFERENCED_PARAMETER(HaltAction);
    UnicFreeAdapter(MiniportAdapterContext);
}

/*
 * The machine goes down, maybe at HIGH_LEVEL after a bug check: no lock, no NDIS call, only the device is
 * silenced.
 */
VOID UnicShutdown(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
    UNREFERENCED_PARAMETER(ShutdownAction);
    UnicWriteRegister(MiniportAdapterContext, UNIC_REG_CONTROL, UNIC_CONTROL_RESET);
}
