/*
 * oid.c - OID requests: what NDIS and the protocols above want to know or to set.
 *
 * NDIS sends one request at a time, at PASSIVE_LEVEL, in any state but halted.  None is pended here, so there
 * is never one to cancel.
 */
#include "unic.h"

#define UNIC_VENDOR_ID 0x00FFFFFF /* no registered one */
#define UNIC_DRIVER_VERSION 0x00010000

static const CHAR UnicVendor[] = "unic network interface";

NDIS_OID UnicSupportedOids[] = {
    OID_GEN_SUPPORTED_LIST,
    OID_GEN_HARDWARE_STATUS,
    OID_GEN_MEDIA_SUPPORTED,
    OID_GEN_MEDIA_IN_USE,
    OID_GEN_PHYSICAL_MEDIUM,
    OID_GEN_MAXIMUM_LOOKAHEAD,
    OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_MAXIMUM_FRAME_SIZE,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_LINK_SPEED,
    OID_GEN_MAC_OPTIONS,
    OID_GEN_MEDIA_CONNECT_STATUS,
    OID_GEN_MAXIMUM_SEND_PACKETS,
    OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_DRIVER_VERSION,
    OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_STATISTICS,
    OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR,
    OID_GEN_RCV_ERROR,
    OID_GEN_RCV_NO_BUFFER,
    OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS,
    OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE,
};
const ULONG UnicSupportedOidsSize = sizeof(UnicSupportedOids);

/* ---- answers ----------------------------------------------------------------------------------- */

/* A complete answer, or the number of bytes that it takes. */
static NDIS_STATUS UnicAnswer(PNDIS_OID_REQUEST Request, const VOID *Data, ULONG Length)
{
    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Length) {
        Request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        Request->DATA.QUERY_INFORMATION.BytesNeeded = Length;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Data, Length);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Length;
    Request->DATA.QUERY_INFORMATION.BytesNeeded = 0;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS UnicAnswerUlong(PNDIS_OID_REQUEST Request, ULONG Value)
{
    return UnicAnswer(Request, &Value, sizeof(Value));
}

/* Old counters may be asked for with 4 or 8 bytes; 8 are there, and a caller with 4 gets the low half. */
static NDIS_STATUS UnicAnswerCounter(PNDIS_OID_REQUEST Request, ULONG64 Value)
{
    NDIS_STATUS Status;

    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(Value)) {
        return UnicAnswer(Request, &Value, sizeof(Value));
    }
    Status = UnicAnswerUlong(Request, (ULONG)Value);
    Request->DATA.QUERY_INFORMATION.BytesNeeded = sizeof(Value);
    return Status;
}

static NDIS_STATUS UnicAnswerMulticastList(PUNIC_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    UCHAR List[sizeof(Adapter->MulticastList)];
    ULONG Count;

    NdisAcquireSpinLock(&Adapter->StateLock);
    Count = Adapter->MulticastCount;
    NdisMoveMemory(List, Adapter->MulticastList, sizeof(List));
    NdisReleaseSpinLock(&Adapter->StateLock);
    return UnicAnswer(Request, List, Count * ETH_LENGTH_OF_ADDRESS);
}

static NDIS_STATUS UnicAnswerModeration(PNDIS_OID_REQUEST Request)
{
    NDIS_INTERRUPT_MODERATION_PARAMETERS Moderation = {0};

    Moderation.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    Moderation.Header.Revision = NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    Moderation.Header.Size = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    Moderation.InterruptModeration = NdisInterruptModerationNotSupported;
    return UnicAnswer(Request, &Moderation, sizeof(Moderation));
}

/* A snapshot of a field that another thread may be changing. */
static ULONG UnicReadState(PUNIC_ADAPTER Adapter, const ULONG *Field)
{
    ULONG Value;

    NdisAcquireSpinLock(&Adapter->StateLock);
    Value = *Field;
    NdisReleaseSpinLock(&Adapter->StateLock);
    return Value;
}

static BOOLEAN UnicReadLinkState(PUNIC_ADAPTER Adapter)
{
    BOOLEAN LinkUp;

    NdisAcquireSpinLock(&Adapter->StateLock);
    LinkUp = Adapter->LinkUp;
    NdisReleaseSpinLock(&Adapter->StateLock);
    return LinkUp;
}

static NDIS_STATUS UnicQueryCounter(PUNIC_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    NDIS_STATISTICS_INFO Statistics;

    UnicQueryStatistics(Adapter, &Statistics);
    switch (Request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_STATISTICS:
        return UnicAnswer(Request, &Statistics, sizeof(Statistics));
    case OID_GEN_XMIT_OK:
        return UnicAnswerCounter(Request, Statistics.ifHCOutUcastPkts + Statistics.ifHCOutMulticastPkts +
                                              Statistics.ifHCOutBroadcastPkts);
    case OID_GEN_RCV_OK:
        return UnicAnswerCounter(Request, Statistics.ifHCInUcastPkts + Statistics.ifHCInMulticastPkts +
                                              Statistics.ifHCInBroadcastPkts);
    case OID_GEN_XMIT_ERROR:
        return UnicAnswerCounter(Request, Statistics.ifOutErrors);
    case OID_GEN_RCV_ERROR:
        return UnicAnswerCounter(Request, Statistics.ifInErrors);
    default: /* OID_GEN_RCV_NO_BUFFER */
        return UnicAnswerCounter(Request, Statistics.ifInDiscards);
    }
}

/* ---- queries ----------------------------------------------------------------------------------- */

/* What never changes. */
static NDIS_STATUS UnicQueryConstant(PNDIS_OID_REQUEST Request)
{
    switch (Request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST:
        return UnicAnswer(Request, UnicSupportedOids, UnicSupportedOidsSize);
    case OID_GEN_HARDWARE_STATUS:
        return UnicAnswerUlong(Request, NdisHardwareStatusReady);
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE:
        return UnicAnswerUlong(Request, NdisMedium802_3);
    case OID_GEN_PHYSICAL_MEDIUM:
        return UnicAnswerUlong(Request, NdisPhysicalMedium802_3);
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        return UnicAnswerUlong(Request, UNIC_MTU);
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
        return UnicAnswerUlong(Request, UNIC_FRAME_MAXIMUM);
    case OID_GEN_RECEIVE_BLOCK_SIZE:
        return UnicAnswerUlong(Request, UNIC_BUFFER_SIZE);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
        return UnicAnswerUlong(Request, UNIC_SENDS * UNIC_FRAME_MAXIMUM);
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        return UnicAnswerUlong(Request, UNIC_RECEIVES * UNIC_BUFFER_SIZE);
    case OID_GEN_MAC_OPTIONS:
        return UnicAnswerUlong(Request, NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA |
                                            NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_NO_LOOPBACK);
    case OID_GEN_MAXIMUM_SEND_PACKETS:
        return UnicAnswerUlong(Request, UNIC_SENDS);
    case OID_GEN_VENDOR_ID:
        return UnicAnswerUlong(Request, UNIC_VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION:
        return UnicAnswer(Request, UnicVendor, sizeof(UnicVendor));
    case OID_GEN_VENDOR_DRIVER_VERSION:
        return UnicAnswerUlong(Request, UNIC_DRIVER_VERSION);
    case OID_GEN_DRIVER_VERSION: {
        USHORT Version = 6 << 8 | 20;
        return UnicAnswer(Request, &Version, sizeof(Version));
    }
    case OID_GEN_INTERRUPT_MODERATION:
        return UnicAnswerModeration(Request);
    case OID_802_3_MAXIMUM_LIST_SIZE:
        return UnicAnswerUlong(Request, UNIC_MULTICAST_MAXIMUM);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

static NDIS_STATUS UnicQuery(PUNIC_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    switch (Request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        return UnicAnswerUlong(Request, UnicReadState(Adapter, &Adapter->PacketFilter));
    case OID_GEN_CURRENT_LOOKAHEAD:
        return UnicAnswerUlong(Request, UnicReadState(Adapter, &Adapter->Lookahead));
    case OID_GEN_LINK_SPEED: /* in units of 100 bit/s */
        return UnicAnswerUlong(Request, (ULONG)(UNIC_LINK_SPEED / 100));
    case OID_GEN_MEDIA_CONNECT_STATUS:
        return UnicAnswerUlong(Request, UnicReadLinkState(Adapter) ? NdisMediaStateConnected
                                                                   : NdisMediaStateDisconnected);
    case OID_802_3_PERMANENT_ADDRESS:
        return UnicAnswer(Request, Adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
    case OID_802_3_CURRENT_ADDRESS:
        return UnicAnswer(Request, Adapter->CurrentAddress, ETH_LENGTH_OF_ADDRESS);
    case OID_802_3_MULTICAST_LIST:
        return UnicAnswerMulticastList(Adapter, Request);
    case OID_GEN_STATISTICS:
    case OID_GEN_XMIT_OK:
    case OID_GEN_RCV_OK:
    case OID_GEN_XMIT_ERROR:
    case OID_GEN_RCV_ERROR:
    case OID_GEN_RCV_NO_BUFFER:
        return UnicQueryCounter(Adapter, Request);
    default:
        return UnicQueryConstant(Request);
    }
}

/* ---- sets -------------------------------------------------------------------------------------- */

/* The whole of Length was used, or none of it. */
static NDIS_STATUS UnicTaken(PNDIS_OID_REQUEST Request, NDIS_STATUS Status, ULONG Length)
{
    Request->DATA.SET_INFORMATION.BytesRead = Status == NDIS_STATUS_SUCCESS ? Length : 0;
    Request->DATA.SET_INFORMATION.BytesNeeded = Status == NDIS_STATUS_INVALID_LENGTH ? Length : 0;
    return Status;
}

static NDIS_STATUS UnicSetPacketFilter(PUNIC_ADAPTER Adapter, ULONG Filter)
{
    if (Filter & ~UNIC_PACKET_FILTERS) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->PacketFilter = Filter;
    NdisReleaseSpinLock(&Adapter->StateLock);
    UnicDeviceApplyState(Adapter);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS UnicSetLookahead(PUNIC_ADAPTER Adapter, ULONG Lookahead)
{
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->Lookahead = Lookahead;
    NdisReleaseSpinLock(&Adapter->StateLock);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS UnicSetUlong(PUNIC_ADAPTER Adapter, PNDIS_OID_REQUEST Request,
                                NDIS_STATUS (*Set)(PUNIC_ADAPTER, ULONG))
{
    ULONG Value;

    if (Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(Value)) {
        return UnicTaken(Request, NDIS_STATUS_INVALID_LENGTH, sizeof(Value));
    }
    NdisMoveMemory(&Value, Request->DATA.SET_INFORMATION.InformationBuffer, sizeof(Value));
    return UnicTaken(Request, Set(Adapter, Value), sizeof(Value));
}

static NDIS_STATUS UnicSetMulticastList(PUNIC_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    ULONG Length = Request->DATA.SET_INFORMATION.InformationBufferLength;

    if (Length % ETH_LENGTH_OF_ADDRESS != 0) {
        return UnicTaken(Request, NDIS_STATUS_INVALID_LENGTH, Length - Length % ETH_LENGTH_OF_ADDRESS);
    }
    if (Length > sizeof(Adapter->MulticastList)) {
        return UnicTaken(Request, NDIS_STATUS_MULTICAST_FULL, Length);
    }
    NdisAcquireSpinLock(&Adapter->StateLock);
    NdisMoveMemory(Adapter->MulticastList, Request->DATA.SET_INFORMATION.InformationBuffer, Length);
    Adapter->MulticastCount = Length / ETH_LENGTH_OF_ADDRESS;
    NdisReleaseSpinLock(&Adapter->StateLock);
    UnicDeviceApplyState(Adapter);
    return UnicTaken(Request, NDIS_STATUS_SUCCESS, Length);
}

static NDIS_STATUS UnicSet(PUNIC_ADAPTER Adapter, PNDIS_OID_REQUEST Request)
{
    switch (Request->DATA.SET_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        return UnicSetUlong(Adapter, Request, UnicSetPacketFilter);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return UnicSetUlong(Adapter, Request, UnicSetLookahead);
    case OID_802_3_MULTICAST_LIST:
        return UnicSetMulticastList(Adapter, Request);
    default:
        return UnicTaken(Request, NDIS_STATUS_NOT_SUPPORTED, 0);
    }
}

NDIS_STATUS UnicOidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST OidRequest)
{
    switch (OidRequest->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        return UnicQuery(MiniportAdapterContext, OidRequest);
    case NdisRequestSetInformation:
        return UnicSet(MiniportAdapterContext, OidRequest);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

VOID UnicCancelOidRequest(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(RequestId);
}
