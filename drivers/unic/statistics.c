/*
 * statistics.c - the device's counters as NDIS wants them.
 */
#include "unic.h"

VOID UnicQueryStatistics(PUNIC_ADAPTER Adapter, PNDIS_STATISTICS_INFO Statistics)
{
    ULONG64 Counters[UNIC_COUNTERS];

    UnicDeviceReadCounters(Adapter, Counters);
    NdisZeroMemory(Statistics, sizeof(*Statistics));
    Statistics->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    Statistics->Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
    Statistics->Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
    Statistics->SupportedStatistics =
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV | NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV | NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS | NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR |
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT | NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR | NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS |
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_XMIT | NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_XMIT;

    Statistics->ifHCInUcastPkts = Counters[UNIC_COUNT_RX_UNICAST];
    Statistics->ifHCInMulticastPkts = Counters[UNIC_COUNT_RX_MULTICAST];
    Statistics->ifHCInBroadcastPkts = Counters[UNIC_COUNT_RX_BROADCAST];
    Statistics->ifHCInUcastOctets = Counters[UNIC_COUNT_RX_UNICAST_OCTETS];
    Statistics->ifHCInMulticastOctets = Counters[UNIC_COUNT_RX_MULTICAST_OCTETS];
    Statistics->ifHCInBroadcastOctets = Counters[UNIC_COUNT_RX_BROADCAST_OCTETS];
    Statistics->ifHCInOctets =
        Statistics->ifHCInUcastOctets + Statistics->ifHCInMulticastOctets + Statistics->ifHCInBroadcastOctets;
    Statistics->ifInDiscards = Counters[UNIC_COUNT_RX_MISSED];
    Statistics->ifInErrors = Counters[UNIC_COUNT_RX_ERRORS];

    Statistics->ifHCOutUcastPkts = Counters[UNIC_COUNT_TX_UNICAST];
    Statistics->ifHCOutMulticastPkts = Counters[UNIC_COUNT_TX_MULTICAST];
    Statistics->ifHCOutBroadcastPkts = Counters[UNIC_COUNT_TX_BROADCAST];
    Statistics->ifHCOutUcastOctets = Counters[UNIC_COUNT_TX_UNICAST_OCTETS];
    Statistics->ifHCOutMulticastOctets = Counters[UNIC_COUNT_TX_MULTICAST_OCTETS];
    Statistics->ifHCOutBroadcastOctets = Counters[UNIC_COUNT_TX_BROADCAST_OCTETS];
    Statistics->ifHCOutOctets = Statistics->ifHCOutUcastOctets + Statistics->ifHCOutMulticastOctets +
                                Statistics->ifHCOutBroadcastOctets;
    Statistics->ifOutErrors = Counters[UNIC_COUNT_TX_ERRORS];
}
