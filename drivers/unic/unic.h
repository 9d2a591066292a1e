/*
 * unic.h - the adapter of the unic miniport, its locks, and who calls whom.
 *
 * Three spin locks, one interrupt lock.  What each protects stands at the fields below; the README has the
 * reasons.  The order, when more than one is held:
 *
 *      SendLock  ->  StateLock
 *      ReceiveLock  ->  StateLock
 *
 * SendLock and ReceiveLock are never held together.  No lock is ever held while NDIS is called, except for
 * register access, which cannot come back into the driver.
 */
#pragma once

#include <ndis.h>

#include "hardware.h"

#define UNIC_TAG 'cinU'

#define UNIC_MTU 1500
#define UNIC_HEADER_SIZE 14
#define UNIC_FRAME_MAXIMUM (UNIC_MTU + UNIC_HEADER_SIZE)
#define UNIC_BUFFER_SIZE 2048 /* two to a page */
#define UNIC_LINK_SPEED 1000000000ull

/* How much of everything.  The compiler's command line may set less, to put the driver under pressure. */
#ifndef UNIC_SENDS
#define UNIC_SENDS 128   /* frames that the device can have at a time */
#define UNIC_FRAGMENTS 8 /* descriptors kept for each, so that every frame taken off the queue has room */
#define UNIC_RX_DESCRIPTORS 256 /* at most; *ReceiveBuffers may say less */
#define UNIC_RECEIVES 512       /* receive buffers; what is not in the ring is indicated or spare */
#define UNIC_RECEIVES_LOW 32    /* below so many spare ones NDIS must give frames back at once */
#endif
#define UNIC_RX_DESCRIPTORS_MINIMUM 4
#define UNIC_TX_DESCRIPTORS (UNIC_SENDS * UNIC_FRAGMENTS + 1)
#define UNIC_INDICATE_MAXIMUM 64
#define UNIC_MODERATION_US 50

#define UNIC_CAUSES                                                                                          \
    (UNIC_CAUSE_TX_DONE | UNIC_CAUSE_RX_DONE | UNIC_CAUSE_LINK | UNIC_CAUSE_ERROR | UNIC_CAUSE_RX_EMPTY |    \
     UNIC_CAUSE_FATAL)

#define UNIC_PACKET_FILTERS                                                                                  \
    (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |               \
     NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)

typedef struct _UNIC_ADAPTER UNIC_ADAPTER, *PUNIC_ADAPTER;

/* A frame on its way out: one NET_BUFFER. */
typedef struct _UNIC_SEND {
    LIST_ENTRY Link; /* in FreeSends, SendsMapping, SendsInRing or a local list */
    PUNIC_ADAPTER Adapter;
    PNET_BUFFER NetBuffer;
    PNET_BUFFER_LIST NetBufferList;
    PSCATTER_GATHER_LIST SgList;
    PVOID SgStorage;
    PUCHAR Bounce; /* shared memory for a frame in too many pieces */
    ULONG64 BouncePa;
    ULONG LastDescriptor;
    BOOLEAN Mapped;  /* NDIS is done with mapping it, well or not */
    BOOLEAN Bounced; /* the frame is in Bounce */
    NDIS_STATUS Status;
} UNIC_SEND, *PUNIC_SEND;

/* A receive buffer with the NET_BUFFER_LIST that carries it up. */
typedef struct _UNIC_RECEIVE {
    LIST_ENTRY Link; /* in FreeReceives */
    PNET_BUFFER_LIST NetBufferList;
    PMDL Mdl;
    ULONG64 BufferPa;
} UNIC_RECEIVE, *PUNIC_RECEIVE;

typedef enum _UNIC_STATE { UnicPaused, UnicRunning, UnicPausing } UNIC_STATE;

/* A piece of shared memory. */
typedef struct _UNIC_SHARED {
    PVOID Va;
    NDIS_PHYSICAL_ADDRESS Pa;
    ULONG Length;
} UNIC_SHARED, *PUNIC_SHARED;

struct _UNIC_ADAPTER {
    /* Set up by MiniportInitializeEx, constant while anything else runs: no lock. */
    NDIS_HANDLE Handle;
    NDIS_HANDLE InterruptHandle;
    NDIS_HANDLE DmaHandle;
    NDIS_HANDLE ReceivePool;
    NDIS_HANDLE ResetWorkItem;
    PUCHAR Registers;
    NDIS_PHYSICAL_ADDRESS RegistersPa;
    ULONG SgListSize;
    UCHAR PermanentAddress[ETH_LENGTH_OF_ADDRESS];
    UCHAR CurrentAddress[ETH_LENGTH_OF_ADDRESS];
    UNIC_SHARED TxRingMemory, RxRingMemory, TxBounceMemory, RxBufferMemory;
    PUCHAR SgStorage;
    PUNIC_SEND Sends;
    PUNIC_RECEIVE Receives;

    /* SendLock: the send queue and the transmit ring. */
    NDIS_SPIN_LOCK SendLock;
    PNET_BUFFER_LIST SendQueueHead, SendQueueTail; /* linked by Next; the head may be partly sent */
    PNET_BUFFER SendCursor;                        /* the head's next NET_BUFFER */
    LIST_ENTRY FreeSends;
    LIST_ENTRY SendsMapping; /* taken off the queue, not yet in the ring; oldest first, as the next one */
    LIST_ENTRY SendsInRing;
    PUNIC_DESCRIPTOR TxRing;
    ULONG TxTail;         /* next free descriptor */
    ULONG TxDoorbell;     /* the tail that the device was told */
    BOOLEAN TxReady;      /* the device takes frames */
    BOOLEAN SendDraining; /* somebody feeds the ring from the queue */

    /* ReceiveLock: the receive ring and the spare buffers. */
    NDIS_SPIN_LOCK ReceiveLock;
    PUNIC_DESCRIPTOR RxRing;
    ULONG RxDescriptors; /* of the ring; constant after initialization */
    PUNIC_RECEIVE RxSlots[UNIC_RX_DESCRIPTORS];
    BOOLEAN RxReady; /* the device takes buffers */
    ULONG RxNext;    /* the next descriptor that the device completes */
    ULONG RxFill;    /* the next descriptor to give to the device */
    LIST_ENTRY FreeReceives;
    ULONG FreeReceiveCount;

    /* StateLock: what the adapter is, what it owes, and the registers that more than one thread may write. */
    NDIS_SPIN_LOCK StateLock;
    UNIC_STATE State;
    BOOLEAN Resetting;
    BOOLEAN Removed;
    BOOLEAN PausePending;
    BOOLEAN HardwareFailed; /* MiniportCheckForHangEx asks for a reset */
    BOOLEAN LinkUp;
    ULONG OutstandingSends;    /* NBLs taken and not yet completed */
    ULONG OutstandingReceives; /* NBLs indicated and not yet returned, and receives in progress */
    ULONG Control;             /* UNIC_REG_CONTROL */
    ULONG PacketFilter;
    ULONG Lookahead;
    ULONG MulticastCount;
    UCHAR MulticastList[UNIC_MULTICAST_MAXIMUM][ETH_LENGTH_OF_ADDRESS];

    /* The interrupt lock: MiniportInterrupt, and everybody else through NdisMSynchronizeWithInterruptEx. */
    struct {
        BOOLEAN Allowed; /* FALSE while the device is being stopped or reset */
        ULONG Enabled;   /* causes that may interrupt now */
        ULONG Pending;   /* causes acknowledged by the ISR that no DPC has taken yet */
    } Interrupt;
};

/* ---- driver.c ---------------------------------------------------------------------------------- */

DRIVER_INITIALIZE DriverEntry;
MINIPORT_UNLOAD UnicUnload;

/* ---- adapter.c, resources.c, pause.c, reset.c ---------------------------------------------------------- */

MINIPORT_INITIALIZE UnicInitialize;
MINIPORT_HALT UnicHalt;
MINIPORT_SHUTDOWN UnicShutdown;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY UnicDevicePnPEvent;
MINIPORT_PAUSE UnicPause;
MINIPORT_RESTART UnicRestart;
MINIPORT_CHECK_FOR_HANG UnicCheckForHang;
MINIPORT_RESET UnicReset;

NDIS_STATUS UnicAllocateResources(PUNIC_ADAPTER Adapter);
VOID UnicFreeResources(PUNIC_ADAPTER Adapter);

/* Called without locks by whoever has completed sends or taken back receives. */
VOID UnicReleaseSends(PUNIC_ADAPTER Adapter, ULONG Count);
VOID UnicReleaseReceives(PUNIC_ADAPTER Adapter, ULONG Count);

/* ---- device.c ---------------------------------------------------------------------------------- */

ULONG UnicReadRegister(PUNIC_ADAPTER Adapter, ULONG Register);
VOID UnicWriteRegister(PUNIC_ADAPTER Adapter, ULONG Register, ULONG Value);

/* PASSIVE_LEVEL.  FALSE when the device does not answer. */
BOOLEAN UnicDeviceReset(PUNIC_ADAPTER Adapter);
BOOLEAN UnicDeviceStop(PUNIC_ADAPTER Adapter);
/* Waits until a receiver that was switched off stands still. */
BOOLEAN UnicDeviceReceiverStopped(PUNIC_ADAPTER Adapter);
/* Rings and addresses into the freshly reset device; transmitter on. */
VOID UnicDeviceStart(PUNIC_ADAPTER Adapter);
/* The receiver on or off, the filter, as the adapter's state wants them. <= DISPATCH_LEVEL. */
VOID UnicDeviceApplyState(PUNIC_ADAPTER Adapter);
BOOLEAN UnicDeviceReadLink(PUNIC_ADAPTER Adapter);
VOID UnicDeviceReadCounters(PUNIC_ADAPTER Adapter, ULONG64 Counters[UNIC_COUNTERS]);

/* ---- interrupt.c ------------------------------------------------------------------------------- */

NDIS_STATUS UnicRegisterInterrupt(PUNIC_ADAPTER Adapter);
VOID UnicAllowInterrupts(PUNIC_ADAPTER Adapter);
VOID UnicForbidInterrupts(PUNIC_ADAPTER Adapter);
NDIS_LINK_STATE UnicLinkState(BOOLEAN LinkUp);

/* ---- send.c, transmit.c ---------------------------------------------------------------------------- */

MINIPORT_SEND_NET_BUFFER_LISTS UnicSendNetBufferLists;
MINIPORT_CANCEL_SEND UnicCancelSend;
MINIPORT_PROCESS_SG_LIST UnicProcessSgList;

/* DISPATCH_LEVEL, no lock held. */
VOID UnicDrainSendQueue(PUNIC_ADAPTER Adapter);
VOID UnicReclaimSends(PUNIC_ADAPTER Adapter);
VOID UnicFinishSends(PUNIC_ADAPTER Adapter, PLIST_ENTRY Done);
/* <= DISPATCH_LEVEL, no lock held: fails what waits in the queue. */
VOID UnicFlushSendQueue(PUNIC_ADAPTER Adapter, NDIS_STATUS Status);
/* <= DISPATCH_LEVEL: from now on no doorbell is rung. */
VOID UnicStopSending(PUNIC_ADAPTER Adapter);
/* PASSIVE_LEVEL, sending stopped, the device too or gone: fails what the device had. */
VOID UnicAbortSends(PUNIC_ADAPTER Adapter, NDIS_STATUS Status);
/* SendLock held. */
VOID UnicInitializeTxRing(PUNIC_ADAPTER Adapter);
VOID UnicRingDoorbell(PUNIC_ADAPTER Adapter);
PNET_BUFFER_LIST UnicDropQueued(PUNIC_ADAPTER Adapter, NDIS_STATUS Status);
/* No lock held. */
VOID UnicCompleteSends(PUNIC_ADAPTER Adapter, PNET_BUFFER_LIST NetBufferLists, ULONG CompleteFlags);
/* What the driver keeps in a list while it owns it: how many of its NET_BUFFERs are unfinished. SendLock
 * held. */
typedef struct _UNIC_NBL {
    ULONG_PTR Remaining;
} UNIC_NBL, *PUNIC_NBL;
#define UNIC_NBL_REMAINING(Nbl) (((PUNIC_NBL)NET_BUFFER_LIST_MINIPORT_RESERVED(Nbl))->Remaining)

/* ---- receive.c --------------------------------------------------------------------------------- */

MINIPORT_RETURN_NET_BUFFER_LISTS UnicReturnNetBufferLists;

/* DISPATCH_LEVEL.  Indicates at most Maximum frames; TRUE when there are more. */
BOOLEAN UnicReceive(PUNIC_ADAPTER Adapter, ULONG Maximum);
/* <= DISPATCH_LEVEL: from now on the device gets no buffers. */
VOID UnicStopReceiving(PUNIC_ADAPTER Adapter);
/* DISPATCH_LEVEL. */
VOID UnicInitializeRxRing(PUNIC_ADAPTER Adapter);
/* <= DISPATCH_LEVEL; the receiver is off.  Drops what is in the ring. */
VOID UnicDiscardReceived(PUNIC_ADAPTER Adapter);

/* ---- oid.c, statistics.c ------------------------------------------------------------------------- */

MINIPORT_OID_REQUEST UnicOidRequest;
MINIPORT_CANCEL_OID_REQUEST UnicCancelOidRequest;
VOID UnicQueryStatistics(PUNIC_ADAPTER Adapter, PNDIS_STATISTICS_INFO Statistics);
extern NDIS_OID UnicSupportedOids[];
extern const ULONG UnicSupportedOidsSize;
