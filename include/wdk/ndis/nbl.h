/*
 * nbl.h - NET_BUFFER and NET_BUFFER_LIST: structures, flags, accessors.  Pools and data are in nblpool.h.
 *
 * The data space of a NET_BUFFER is an MDL chain; DataOffset bytes of it lie before the data (the unused
 * space that a header may grow into).
 */
#ifndef UNDIS_NDIS_NBL_H
#define UNDIS_NDIS_NBL_H

#include "types.h"

EXTERN_C_START

typedef struct _NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;
typedef struct _NET_BUFFER_LIST_CONTEXT NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;

typedef struct _NET_BUFFER_SHARED_MEMORY {
    struct _NET_BUFFER_SHARED_MEMORY *NextSharedMemorySegment;
    ULONG SharedMemoryFlags;
    NDIS_HANDLE SharedMemoryHandle;
    ULONG SharedMemoryOffset;
    ULONG SharedMemoryLength;
} NET_BUFFER_SHARED_MEMORY, *PNET_BUFFER_SHARED_MEMORY;

#define UNDIS_NET_BUFFER_DATA_FIELDS                                                                         \
    PNET_BUFFER Next;                                                                                        \
    PMDL CurrentMdl;                                                                                         \
    ULONG CurrentMdlOffset;                                                                                  \
    union {                                                                                                  \
        ULONG DataLength;                                                                                    \
        SIZE_T stDataLength;                                                                                 \
    };                                                                                                       \
    PMDL MdlChain;                                                                                           \
    ULONG DataOffset

typedef struct _NET_BUFFER_DATA {
    UNDIS_NET_BUFFER_DATA_FIELDS;
} NET_BUFFER_DATA, *PNET_BUFFER_DATA;

typedef union _NET_BUFFER_HEADER {
    NET_BUFFER_DATA NetBufferData;
    SLIST_HEADER Link;
} NET_BUFFER_HEADER, *PNET_BUFFER_HEADER;

struct DECLSPEC_ALIGN(16) _NET_BUFFER {
    union {
        struct {
            UNDIS_NET_BUFFER_DATA_FIELDS;
        };
        SLIST_HEADER Link;
        NET_BUFFER_HEADER NetBufferHeader;
    };
    USHORT ChecksumBias;
    USHORT Reserved;
    NDIS_HANDLE NdisPoolHandle;
    PVOID DECLSPEC_ALIGN(16) NdisReserved[2];
    PVOID DECLSPEC_ALIGN(16) ProtocolReserved[6];
    PVOID DECLSPEC_ALIGN(16) MiniportReserved[4];
    NDIS_PHYSICAL_ADDRESS DataPhysicalAddress;
    union {
        PNET_BUFFER_SHARED_MEMORY SharedMemoryInfo;
        PSCATTER_GATHER_LIST ScatterGatherList;
    };
};

struct DECLSPEC_ALIGN(16) _NET_BUFFER_LIST_CONTEXT {
    PNET_BUFFER_LIST_CONTEXT Next;
    USHORT Size;
    USHORT Offset;
    DECLSPEC_ALIGN(16) UCHAR ContextData[];
};

typedef struct _NET_BUFFER_LIST_DATA {
    PNET_BUFFER_LIST Next;
    PNET_BUFFER FirstNetBuffer;
} NET_BUFFER_LIST_DATA, *PNET_BUFFER_LIST_DATA;

typedef union _NET_BUFFER_LIST_HEADER {
    NET_BUFFER_LIST_DATA NetBufferListData;
    SLIST_HEADER Link;
} NET_BUFFER_LIST_HEADER, *PNET_BUFFER_LIST_HEADER;

/* Slots of NetBufferListInfo.  Some have one meaning for sends and another for receives. */
typedef enum _NDIS_NET_BUFFER_LIST_INFO {
    TcpIpChecksumNetBufferListInfo = 0,
    TcpOffloadBytesTransferred = TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo = 1,
    IPsecOffloadV2NetBufferListInfo = IPsecOffloadV1NetBufferListInfo,
    TcpLargeSendNetBufferListInfo = 2,
    TcpReceiveNoPush = TcpLargeSendNetBufferListInfo,
    ClassificationHandleNetBufferListInfo = 3,
    Ieee8021QNetBufferListInfo = 4,
    NetBufferListCancelId = 5,
    MediaSpecificInformation = 6,
    NetBufferListFrameType = 7,
    NetBufferListProtocolId = NetBufferListFrameType,
    NetBufferListHashValue = 8,
    NetBufferListHashInfo = 9,
    WfpNetBufferListInfo = 10,
    IPsecOffloadV2TunnelNetBufferListInfo = 11,
    IPsecOffloadV2HeaderNetBufferListInfo = 12,
    NetBufferListCorrelationId = 13,
    NetBufferListFilteringInfo = 14,
    MediaSpecificInformationEx = 15,
    NblOriginalInterfaceIfIndex = 16,
    NblReAuthWfpFlowContext = NblOriginalInterfaceIfIndex,
    TcpReceiveBytesTransferred = 17,
    NrtNameResolutionId = TcpReceiveBytesTransferred,
    UdpRecvSegCoalesceOffloadInfo = TcpReceiveBytesTransferred,
    SwitchForwardingReserved = 18,
    SwitchForwardingDetail = 19,
    VirtualSubnetInfo = 20,
    IMReserved = 21,
    TcpRecvSegCoalesceInfo = 22,
    UdpSegmentationOffloadInfo = TcpRecvSegCoalesceInfo,
    RscTcpTimestampDelta = 23,
    TcpSendOffloadsSupplementalNetBufferListInfo = RscTcpTimestampDelta,
    GftOffloadInformation = 24,
    GftFlowEntryId = 25,
    NetBufferListInfoReserved3 = 26,
    MaxNetBufferListInfo
} NDIS_NET_BUFFER_LIST_INFO,
    *PNDIS_NET_BUFFER_LIST_INFO;

typedef struct _NET_BUFFER_LIST_TIMESTAMP {
    ULONG64 Timestamp;
} NET_BUFFER_LIST_TIMESTAMP, *PNET_BUFFER_LIST_TIMESTAMP;

/* What slots hold: RSC's, USO's. */
typedef union _NDIS_RSC_NBL_INFO {
    struct {
        USHORT CoalescedSegCount;
        USHORT DupAckCount;
    } Info;
    PVOID Value;
} NDIS_RSC_NBL_INFO, *PNDIS_RSC_NBL_INFO;
typedef struct _NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO {
    union {
        struct {
            ULONG MSS : 20;
            ULONG UdpHeaderOffset : 10;
            ULONG Reserved : 1;
            ULONG IPVersion : 1;
        } Transmit;
        PVOID Value;
    };
} NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO, *PNDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO;

struct DECLSPEC_ALIGN(16) _NET_BUFFER_LIST {
    union {
        struct {
            PNET_BUFFER_LIST Next;
            PNET_BUFFER FirstNetBuffer;
        };
        SLIST_HEADER Link;
        NET_BUFFER_LIST_HEADER NetBufferListHeader;
    };
    PNET_BUFFER_LIST_CONTEXT Context;
    PNET_BUFFER_LIST ParentNetBufferList;
    NDIS_HANDLE NdisPoolHandle;
    PVOID DECLSPEC_ALIGN(16) NdisReserved[2];
    PVOID DECLSPEC_ALIGN(16) ProtocolReserved[4];
    PVOID DECLSPEC_ALIGN(16) MiniportReserved[2];
    PVOID Scratch;
    NDIS_HANDLE SourceHandle;
    ULONG NblFlags;
    LONG ChildRefCount;
    ULONG Flags;
    union {
        NDIS_STATUS Status;
        ULONG NdisReserved2;
    };
    PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

/* NblFlags */
#define NDIS_NBL_FLAGS_SEND_READ_ONLY 0x00000001
#define NDIS_NBL_FLAGS_RECV_READ_ONLY 0x00000002
#define NDIS_NBL_FLAGS_HD_SPLIT 0x00000100
#define NDIS_NBL_FLAGS_IS_IPV4 0x00000200
#define NDIS_NBL_FLAGS_IS_IPV6 0x00000400
#define NDIS_NBL_FLAGS_IS_TCP 0x00000800
#define NDIS_NBL_FLAGS_IS_UDP 0x00001000
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER 0x00002000
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD 0x00004000
#define NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET 0x00008000
/* Flags */
#define NBL_FLAGS_PROTOCOL_RESERVED 0xFFF00003
#define NBL_FLAGS_MINIPORT_RESERVED 0x0000F000
#define NBL_FLAGS_SCRATCH 0x000F0000
#define NBL_FLAGS_NDIS_RESERVED 0x00000FFC
#define NDIS_NBL_FLAGS_PROTOCOL_RESERVED NBL_FLAGS_PROTOCOL_RESERVED

#define NDIS_PROTOCOL_ID_DEFAULT 0x00
#define NDIS_PROTOCOL_ID_TCP_IP 0x02
#define NDIS_PROTOCOL_ID_IP6 0x03
#define NDIS_PROTOCOL_ID_IPX 0x06
#define NDIS_PROTOCOL_ID_NBF 0x07
#define NDIS_PROTOCOL_ID_MAX 0x0F
#define NDIS_PROTOCOL_ID_MASK 0x0F

/* ---- flags of sends, receives, returns and completions ----------------------------------------- */

#define NDIS_SEND_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK 0x00000002
#define NDIS_SEND_FLAGS_SINGLE_QUEUE 0x00000004
#define NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE 0x00000020
#define NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP 0x00000010
#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_SEND_COMPLETE_FLAGS_SINGLE_QUEUE 0x00000002
#define NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE 0x00000004
#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_RECEIVE_FLAGS_RESOURCES 0x00000002
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE 0x00000100
#define NDIS_RECEIVE_FLAGS_SINGLE_VLAN 0x00000200
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED 0x00000400
#define NDIS_RECEIVE_FLAGS_SINGLE_QUEUE 0x00000800
#define NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID 0x00001000
#define NDIS_RECEIVE_FLAGS_MORE_NBLS 0x00002000
#define NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE 0x00008000
#define NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP 0x00004000
#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_RETURN_FLAGS_SINGLE_QUEUE 0x00000002
#define NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE 0x00000004
#define NDIS_TEST_SEND_FLAG(Flags, Flag) (((Flags) & (Flag)) != 0)
#define NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags) (((Flags)&NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_SET_SEND_FLAG(Flags, Flag) ((Flags) |= (Flag))
#define NDIS_CLEAR_SEND_FLAG(Flags, Flag) ((Flags) &= ~(Flag))
#define NDIS_TEST_SEND_COMPLETE_FLAG(Flags, Flag) (((Flags) & (Flag)) != 0)
#define NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(Flags)                                                     \
    (((Flags)&NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_SET_SEND_COMPLETE_FLAG(Flags, Flag) ((Flags) |= (Flag))
#define NDIS_TEST_RECEIVE_FLAG(Flags, Flag) (((Flags) & (Flag)) != 0)
#define NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(Flags) (((Flags)&NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_TEST_RECEIVE_CANNOT_PEND(Flags) (((Flags)&NDIS_RECEIVE_FLAGS_RESOURCES) != 0)
#define NDIS_TEST_RECEIVE_CAN_PEND(Flags) (((Flags)&NDIS_RECEIVE_FLAGS_RESOURCES) == 0)
#define NDIS_SET_RECEIVE_FLAG(Flags, Flag) ((Flags) |= (Flag))
#define NDIS_TEST_RETURN_FLAG(Flags, Flag) (((Flags) & (Flag)) != 0)
#define NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(Flags) (((Flags)&NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_SET_RETURN_FLAG(Flags, Flag) ((Flags) |= (Flag))

/* ---- accessors --------------------------------------------------------------------------------- */

#define NET_BUFFER_NEXT_NB(NB) ((NB)->Next)
#define NET_BUFFER_FIRST_MDL(NB) ((NB)->MdlChain)
#define NET_BUFFER_DATA_LENGTH(NB) ((NB)->DataLength)
#define NET_BUFFER_DATA_OFFSET(NB) ((NB)->DataOffset)
#define NET_BUFFER_CURRENT_MDL(NB) ((NB)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(NB) ((NB)->CurrentMdlOffset)
#define NET_BUFFER_PROTOCOL_RESERVED(NB) ((NB)->ProtocolReserved)
#define NET_BUFFER_MINIPORT_RESERVED(NB) ((NB)->MiniportReserved)
#define NET_BUFFER_CHECKSUM_BIAS(NB) ((NB)->ChecksumBias)
#define NET_BUFFER_DATA_PHYSICAL_ADDRESS(NB) ((NB)->DataPhysicalAddress)
#define NET_BUFFER_FIRST_SHARED_MEM_INFO(NB) ((NB)->SharedMemoryInfo)
#define NET_BUFFER_SCATTER_GATHER_LIST(NB) ((NB)->ScatterGatherList)

#define NET_BUFFER_LIST_NEXT_NBL(NBL) ((NBL)->Next)
#define NET_BUFFER_LIST_FIRST_NB(NBL) ((NBL)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(NBL) ((NBL)->Flags)
#define NET_BUFFER_LIST_COALESCED_SEG_COUNT(NBL)                                                             \
    (((PNDIS_RSC_NBL_INFO)&NET_BUFFER_LIST_INFO((NBL), TcpRecvSegCoalesceInfo))->Info.CoalescedSegCount)
#define NET_BUFFER_LIST_DUP_ACK_COUNT(NBL)                                                                   \
    (((PNDIS_RSC_NBL_INFO)&NET_BUFFER_LIST_INFO((NBL), TcpRecvSegCoalesceInfo))->Info.DupAckCount)
#define NET_BUFFER_LIST_NBL_FLAGS(NBL) ((NBL)->NblFlags)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(NBL) ((NBL)->ProtocolReserved)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(NBL) ((NBL)->MiniportReserved)
#define NET_BUFFER_LIST_CONTEXT_DATA_START(NBL) ((PUCHAR)(((NBL)->Context) + 1) + (NBL)->Context->Offset)
#define NET_BUFFER_LIST_CONTEXT_DATA_SIZE(NBL) ((NBL)->Context->Size)
#define NET_BUFFER_LIST_STATUS(NBL) ((NBL)->Status)
#define NET_BUFFER_LIST_INFO(NBL, Id) ((NBL)->NetBufferListInfo[(Id)])
#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(NBL) (NET_BUFFER_LIST_INFO((NBL), NetBufferListCancelId))
#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(NBL, CancelId)                                                    \
    (NET_BUFFER_LIST_INFO((NBL), NetBufferListCancelId) = (PVOID)(CancelId))
#define NET_BUFFER_LIST_SET_HASH_VALUE(NBL, HashValue)                                                       \
    (NET_BUFFER_LIST_INFO((NBL), NetBufferListHashValue) = UlongToPtr(HashValue))
#define NET_BUFFER_LIST_GET_HASH_VALUE(NBL) (PtrToUlong(NET_BUFFER_LIST_INFO((NBL), NetBufferListHashValue)))
#define NDIS_HASH_FUNCTION_MASK 0x000000FF
#define NDIS_HASH_TYPE_MASK 0x00FFFF00
#define NET_BUFFER_LIST_SET_HASH_TYPE(NBL, HashType)                                                         \
    (NET_BUFFER_LIST_INFO((NBL), NetBufferListHashInfo) = UlongToPtr(                                        \
         (PtrToUlong(NET_BUFFER_LIST_INFO((NBL), NetBufferListHashInfo)) & ~NDIS_HASH_TYPE_MASK) |           \
         ((HashType)&NDIS_HASH_TYPE_MASK)))
#define NET_BUFFER_LIST_SET_HASH_FUNCTION(NBL, HashFunction)                                                 \
    (NET_BUFFER_LIST_INFO((NBL), NetBufferListHashInfo) = UlongToPtr(                                        \
         (PtrToUlong(NET_BUFFER_LIST_INFO((NBL), NetBufferListHashInfo)) & ~NDIS_HASH_FUNCTION_MASK) |       \
         ((HashFunction)&NDIS_HASH_FUNCTION_MASK)))
#define NdisSetNblFlag(NBL, Flag) ((NBL)->NblFlags |= (Flag))
#define NdisClearNblFlag(NBL, Flag) ((NBL)->NblFlags &= ~(Flag))
#define NdisTestNblFlag(NBL, Flag) (((NBL)->NblFlags & (Flag)) != 0)
#define NdisTestNblFlags(NBL, Mask) (((NBL)->NblFlags & (Mask)) == (Mask))
#define NBL_SET_FLAG(NBL, Flag) ((NBL)->Flags |= (Flag))
#define NBL_CLEAR_FLAG(NBL, Flag) ((NBL)->Flags &= ~(Flag))
#define NBL_TEST_FLAG(NBL, Flag) (((NBL)->Flags & (Flag)) != 0)
#define NBL_PROT_RSVD_FLAGS NBL_FLAGS_PROTOCOL_RESERVED
#define NBL_SET_PROT_RSVD_FLAG(NBL, Flag) ((NBL)->Flags |= ((Flag)&NBL_PROT_RSVD_FLAGS))
#define NBL_CLEAR_PROT_RSVD_FLAG(NBL, Flag) ((NBL)->Flags &= ~((Flag)&NBL_PROT_RSVD_FLAGS))
#define NBL_TEST_PROT_RSVD_FLAG(NBL, Flag) (((NBL)->Flags & (Flag)&NBL_PROT_RSVD_FLAGS) != 0)
#define NDIS_MDL_LINKAGE(Mdl) ((Mdl)->Next)

/* Contents of some slots. */
typedef struct _NDIS_NET_BUFFER_LIST_8021Q_INFO {
    union {
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1;
            UINT32 VlanId : 12;
            UINT32 Reserved : 16;
        } TagHeader;
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1;
            UINT32 VlanId : 12;
            UINT32 WMMInfo : 4;
            UINT32 Reserved : 12;
        } WLanTagHeader;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_8021Q_INFO, *PNDIS_NET_BUFFER_LIST_8021Q_INFO;

typedef struct _NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
    union {
        struct {
            ULONG IsIPv4 : 1;
            ULONG IsIPv6 : 1;
            ULONG TcpChecksum : 1;
            ULONG UdpChecksum : 1;
            ULONG IpHeaderChecksum : 1;
            ULONG Reserved : 11;
            ULONG TcpHeaderOffset : 10;
        } Transmit;
        struct {
            ULONG TcpChecksumFailed : 1;
            ULONG UdpChecksumFailed : 1;
            ULONG IpChecksumFailed : 1;
            ULONG TcpChecksumSucceeded : 1;
            ULONG UdpChecksumSucceeded : 1;
            ULONG IpChecksumSucceeded : 1;
            ULONG Loopback : 1;
            ULONG TcpChecksumValueInvalid : 1;
            ULONG IpChecksumValueInvalid : 1;
        } Receive;
        PVOID Value;
    };
} NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, *PNDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO;

#define NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE 0
#define NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE 1
typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO {
    union {
        struct {
            ULONG Unused : 30;
            ULONG Type : 1;
            ULONG Reserved2 : 1;
        } Transmit;
        struct {
            ULONG MSS : 20;
            ULONG TcpHeaderOffset : 10;
            ULONG Type : 1;
            ULONG Reserved2 : 1;
        } LsoV1Transmit;
        struct {
            ULONG TcpPayload : 30;
            ULONG Type : 1;
            ULONG Reserved2 : 1;
        } LsoV1TransmitComplete;
        struct {
            ULONG MSS : 20;
            ULONG TcpHeaderOffset : 10;
            ULONG Type : 1;
            ULONG IPVersion : 1;
        } LsoV2Transmit;
        struct {
            ULONG Reserved : 30;
            ULONG Type : 1;
            ULONG Reserved2 : 1;
        } LsoV2TransmitComplete;
        PVOID Value;
    };
} NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO, *PNDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO;

typedef struct _NDIS_NET_BUFFER_LIST_FILTERING_INFO {
    union {
        struct {
            ULONG FilterId : 16;
            ULONG QueueVPortInfo : 16;
        } FilteringInfo;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_FILTERING_INFO, *PNDIS_NET_BUFFER_LIST_FILTERING_INFO;
#define NET_BUFFER_LIST_RECEIVE_QUEUE_ID(NBL)                                                                \
    (((PNDIS_NET_BUFFER_LIST_FILTERING_INFO)&NET_BUFFER_LIST_INFO((NBL), NetBufferListFilteringInfo))        \
         ->FilteringInfo.QueueVPortInfo)
#define NET_BUFFER_LIST_RECEIVE_FILTER_ID(NBL)                                                               \
    (((PNDIS_NET_BUFFER_LIST_FILTERING_INFO)&NET_BUFFER_LIST_INFO((NBL), NetBufferListFilteringInfo))        \
         ->FilteringInfo.FilterId)

EXTERN_C_END

#endif
