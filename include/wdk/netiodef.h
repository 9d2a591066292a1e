/*
 * netiodef.h - headers of Ethernet, ARP, IPv4, IPv6, ICMP and TCP on the wire, in network byte order.
 */
#ifndef UNDIS_NETIODEF_H
#define UNDIS_NETIODEF_H

#include "in6addr.h"
#include "ws2def.h"

/* ---- Ethernet (IEEE 802.3, 802.1Q) ------------------------------------------------------------- */

typedef union _DL_OUI {
    UCHAR Byte[3];
    struct {
        UCHAR Group : 1;
        UCHAR Local : 1;
    };
} DL_OUI, *PDL_OUI;
typedef union _DL_EI48 {
    UCHAR Byte[3];
} DL_EI48, *PDL_EI48;
typedef union _DL_EUI48 {
    UCHAR Byte[6];
    struct {
        DL_OUI Oui;
        DL_EI48 Ei48;
    };
} DL_EUI48, *PDL_EUI48;
#define DL_ADDRESS_LENGTH_MAXIMUM 32

#define ETHERNET_TYPE_MINIMUM 0x0600
#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_ARP 0x0806
#define ETHERNET_TYPE_802_1Q 0x8100
#define ETHERNET_TYPE_IPV6 0x86DD
#define ETHERNET_TYPE_802_1AD 0x88A8

typedef struct _ETHERNET_HEADER {
    DL_EUI48 Destination;
    DL_EUI48 Source;
    union {
        USHORT Type;
        USHORT Length;
    };
} ETHERNET_HEADER, *PETHERNET_HEADER;

typedef struct _VLAN_TAG {
    union {
        USHORT Tag;
        struct {
            USHORT UserPriority : 3;
            USHORT CanonicalFormatId : 1;
            USHORT VLanId : 12;
        };
    };
    USHORT Type;
} VLAN_TAG, *PVLAN_TAG;

typedef struct _SNAP_HEADER {
    UCHAR Dsap;
    UCHAR Ssap;
    UCHAR Control;
    UCHAR Oui[3];
    USHORT Type;
} SNAP_HEADER, *PSNAP_HEADER;

/* ---- ARP (RFC 826) ----------------------------------------------------------------------------- */

typedef enum { ARP_REQUEST = 1, ARP_RESPONSE = 2 } ARP_OPCODE;
typedef enum { ARP_HW_ENET = 1, ARP_HW_802 = 6 } ARP_HARDWARE_TYPE;
typedef struct _ARP_HEADER {
    USHORT HardwareAddressSpace;
    USHORT ProtocolAddressSpace;
    UCHAR HardwareAddressLength;
    UCHAR ProtocolAddressLength;
    USHORT Opcode;
    UCHAR SenderHardwareAddress[1];
} ARP_HEADER, *PARP_HEADER;

/* ---- IPv4 (RFC 791), IPv6 (RFC 8200) ----------------------------------------------------------- */

#define IPV4_VERSION 4
#define IPV6_VERSION 96 /* as it stands in the first byte */
#define IPV4_MINIMUM_MTU 576
#define IPV6_MINIMUM_MTU 1280
#define MAX_IPV4_PACKET 65535
#define MAX_IPV4_HLEN 60

typedef struct _IPV4_HEADER {
    union {
        UCHAR VersionAndHeaderLength;
        struct {
            UCHAR HeaderLength : 4;
            UCHAR Version : 4;
        };
    };
    union {
        UCHAR TypeOfServiceAndEcnField;
        struct {
            UCHAR EcnField : 2;
            UCHAR TypeOfService : 6;
        };
    };
    USHORT TotalLength;
    USHORT Identification;
    union {
        USHORT FlagsAndOffset;
        struct {
            USHORT DontUse1 : 5;
            USHORT MoreFragments : 1;
            USHORT DontFragment : 1;
            USHORT Reserved : 1;
            USHORT DontUse2 : 8;
        };
    };
    UCHAR TimeToLive;
    UCHAR Protocol;
    USHORT HeaderChecksum;
    IN_ADDR SourceAddress;
    IN_ADDR DestinationAddress;
} IPV4_HEADER, *PIPV4_HEADER;
#define Ip4HeaderLengthInBytes(Header) ((Header)->HeaderLength << 2)

typedef struct _IPV6_HEADER {
    union {
        ULONG VersionClassFlow;
        struct {
            ULONG DontUse1 : 4;
            ULONG Version : 4;
            ULONG DontUse2 : 24;
        };
    };
    USHORT PayloadLength;
    UCHAR NextHeader;
    UCHAR HopLimit;
    IN6_ADDR SourceAddress;
    IN6_ADDR DestinationAddress;
} IPV6_HEADER, *PIPV6_HEADER;

typedef struct _IPV6_FRAGMENT_HEADER {
    UCHAR NextHeader;
    UCHAR Reserved;
    union {
        struct {
            USHORT DontUse1 : 8;
            USHORT MoreFragments : 1;
            USHORT ReservedBits : 2;
            USHORT DontUse2 : 5;
        };
        USHORT OffsetAndFlags;
    };
    ULONG Id;
} IPV6_FRAGMENT_HEADER, *PIPV6_FRAGMENT_HEADER;

/* ---- ICMP (RFC 792, RFC 4443), TCP (RFC 9293) -------------------------------------------------- */

typedef struct _ICMP_HEADER {
    UCHAR Type;
    UCHAR Code;
    USHORT Checksum;
} ICMP_HEADER, *PICMP_HEADER;
typedef struct _ICMP_MESSAGE {
    ICMP_HEADER Header;
    union {
        ULONG Data32[1];
        USHORT Data16[2];
        UCHAR Data8[4];
    } Data;
} ICMP_MESSAGE, *PICMP_MESSAGE;
typedef ICMP_MESSAGE ICMPV4_MESSAGE, *PICMPV4_MESSAGE, ICMPV6_MESSAGE, *PICMPV6_MESSAGE;
typedef ICMP_HEADER ICMPV4_HEADER, *PICMPV4_HEADER, ICMPV6_HEADER, *PICMPV6_HEADER;

#define TH_FIN 0x01
#define TH_SYN 0x02
#define TH_RST 0x04
#define TH_PSH 0x08
#define TH_ACK 0x10
#define TH_URG 0x20
#define TH_ECE 0x40
#define TH_CWR 0x80
typedef struct tcp_hdr {
    USHORT th_sport;
    USHORT th_dport;
    ULONG th_seq;
    ULONG th_ack;
    UCHAR th_x2 : 4;
    UCHAR th_len : 4;
    UCHAR th_flags;
    USHORT th_win;
    USHORT th_sum;
    USHORT th_urp;
} TCP_HDR, *PTCP_HDR;
#define TH_MAX_LEN 60

#endif
