/*
 * hardware.h - the unic network interface as its datasheet (docs/unic.md) describes it.
 *
 * Registers are 32 bits wide and must be accessed as such.  Nothing here knows NDIS.
 */
#pragma once

/* ---- registers --------------------------------------------------------------------------------- */

#define UNIC_REG_ID 0x000
#define UNIC_REG_CONTROL 0x008
#define UNIC_REG_STATUS 0x00C
#define UNIC_REG_CAUSE 0x010
#define UNIC_REG_MASK_SET 0x018
#define UNIC_REG_MASK_CLEAR 0x01C
#define UNIC_REG_MODERATION 0x020
#define UNIC_REG_CAUSE_SET 0x024
#define UNIC_REG_ADDRESS_LOW 0x028
#define UNIC_REG_ADDRESS_HIGH 0x02C
#define UNIC_REG_PERMANENT_LOW 0x030
#define UNIC_REG_PERMANENT_HIGH 0x034
#define UNIC_REG_FILTER 0x038
#define UNIC_REG_MULTICAST_COUNT 0x03C
#define UNIC_REG_MULTICAST_TABLE 0x100
#define UNIC_REG_COUNTERS 0x200

#define UNIC_REG_TX_RING 0x080
#define UNIC_REG_RX_RING 0x0C0
#define UNIC_RING_BASE_LOW 0x00
#define UNIC_RING_BASE_HIGH 0x04
#define UNIC_RING_SIZE 0x08
#define UNIC_RING_TAIL 0x10

#define UNIC_REGISTERS_SIZE 0x1000

#define UNIC_ID 0x43494E55
#define UNIC_GONE 0xFFFFFFFF /* what a register of a card that was pulled out reads */

#define UNIC_CONTROL_RESET 0x1
#define UNIC_CONTROL_TX_ENABLE 0x2
#define UNIC_CONTROL_RX_ENABLE 0x4

#define UNIC_STATUS_LINK 0x1
#define UNIC_STATUS_TX_ACTIVE 0x2
#define UNIC_STATUS_RX_ACTIVE 0x4
#define UNIC_STATUS_FATAL 0x8

#define UNIC_CAUSE_TX_DONE 0x01
#define UNIC_CAUSE_RX_DONE 0x02
#define UNIC_CAUSE_LINK 0x04
#define UNIC_CAUSE_ERROR 0x08
#define UNIC_CAUSE_RX_EMPTY 0x10
#define UNIC_CAUSE_FATAL 0x20

#define UNIC_FILTER_UNICAST 0x01
#define UNIC_FILTER_MULTICAST 0x02
#define UNIC_FILTER_ALL_MULTICAST 0x04
#define UNIC_FILTER_BROADCAST 0x08
#define UNIC_FILTER_PROMISCUOUS 0x10

#define UNIC_MULTICAST_MAXIMUM 32

/* Statistics counters, 64 bits each: reading the low half keeps the high half for the next read. */
enum {
    UNIC_COUNT_RX_UNICAST,
    UNIC_COUNT_RX_MULTICAST,
    UNIC_COUNT_RX_BROADCAST,
    UNIC_COUNT_RX_UNICAST_OCTETS,
    UNIC_COUNT_RX_MULTICAST_OCTETS,
    UNIC_COUNT_RX_BROADCAST_OCTETS,
    UNIC_COUNT_TX_UNICAST,
    UNIC_COUNT_TX_MULTICAST,
    UNIC_COUNT_TX_BROADCAST,
    UNIC_COUNT_TX_UNICAST_OCTETS,
    UNIC_COUNT_TX_MULTICAST_OCTETS,
    UNIC_COUNT_TX_BROADCAST_OCTETS,
    UNIC_COUNT_RX_MISSED,
    UNIC_COUNT_RX_FILTERED,
    UNIC_COUNT_RX_ERRORS,
    UNIC_COUNT_TX_ERRORS,
    UNIC_COUNTERS
};

/* ---- descriptors ------------------------------------------------------------------------------- */

#define UNIC_COMMAND_LAST 0x01   /* the frame ends here */
#define UNIC_COMMAND_REPORT 0x02 /* raise TX_DONE when it is sent */

#define UNIC_DESCRIPTOR_DONE 0x01
#define UNIC_DESCRIPTOR_ERROR 0x02

typedef struct _UNIC_DESCRIPTOR {
    ULONG64 Address;
    USHORT Length;
    UCHAR Command;
    UCHAR Error;
    volatile ULONG Status; /* the device writes it last */
} UNIC_DESCRIPTOR, *PUNIC_DESCRIPTOR;
