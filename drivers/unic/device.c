/*
 * device.c - the device's registers.
 *
 * Some registers are written by more than one thread.  Which lock keeps two writers apart is part of the
 * register's description here, since the device itself cannot tell them apart:
 *   CONTROL, FILTER, MULTICAST_*, counters   StateLock
 *   transmit tail                            SendLock
 *   receive tail                             ReceiveLock
 *   CAUSE, MASK_SET, MASK_CLEAR              the interrupt lock (interrupt.c)
 * The rest is written while the device is stopped, by the one thread that initializes or resets it.
 */
#include "unic.h"

#define POLL_INTERVAL_US 100
#define POLL_LIMIT 20000 /* two seconds */

ULONG UnicReadRegister(PUNIC_ADAPTER Adapter, ULONG Register)
{
    ULONG Value;

    NdisReadRegisterUlong((PULONG)(Adapter->Registers + Register), &Value);
    return Value;
}

VOID UnicWriteRegister(PUNIC_ADAPTER Adapter, ULONG Register, ULONG Value)
{
    NdisWriteRegisterUlong((PULONG)(Adapter->Registers + Register), Value);
}

/*
 * Waits until the bits read zero.  The limit is generous, since the device has a life of its own; a device
 * that was pulled out reads all ones, and must not be waited for.  PASSIVE_LEVEL: it sleeps.
 */
static BOOLEAN UnicWaitForZero(PUNIC_ADAPTER Adapter, ULONG Register, ULONG Bits)
{
    for (ULONG Try = 0; Try < POLL_LIMIT; Try++) {
        ULONG Value = UnicReadRegister(Adapter, Register);
        if (Value == UNIC_GONE) {
            return FALSE;
        }
        if ((Value & Bits) == 0) {
            return TRUE;
        }
        NdisMSleep(POLL_INTERVAL_US);
    }
    return FALSE;
}

BOOLEAN UnicDeviceReset(PUNIC_ADAPTER Adapter)
{
    UnicWriteRegister(Adapter, UNIC_REG_CONTROL, UNIC_CONTROL_RESET);
    return UnicWaitForZero(Adapter, UNIC_REG_CONTROL, UNIC_CONTROL_RESET);
}

/* When it returns TRUE the device touches no memory any more. */
BOOLEAN UnicDeviceStop(PUNIC_ADAPTER Adapter)
{
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->Control = 0;
    UnicWriteRegister(Adapter, UNIC_REG_CONTROL, 0);
    NdisReleaseSpinLock(&Adapter->StateLock);
    return UnicWaitForZero(Adapter, UNIC_REG_STATUS, UNIC_STATUS_TX_ACTIVE | UNIC_STATUS_RX_ACTIVE);
}

BOOLEAN UnicDeviceReceiverStopped(PUNIC_ADAPTER Adapter)
{
    return UnicWaitForZero(Adapter, UNIC_REG_STATUS, UNIC_STATUS_RX_ACTIVE);
}

static VOID UnicWriteRing(PUNIC_ADAPTER Adapter, ULONG Ring, const UNIC_SHARED *Memory, ULONG Descriptors)
{
    UnicWriteRegister(Adapter, Ring + UNIC_RING_BASE_LOW, NdisGetPhysicalAddressLow(Memory->Pa));
    UnicWriteRegister(Adapter, Ring + UNIC_RING_BASE_HIGH, NdisGetPhysicalAddressHigh(Memory->Pa));
    UnicWriteRegister(Adapter, Ring + UNIC_RING_SIZE, Descriptors); /* empties the ring */
}

static VOID UnicWriteAddress(PUNIC_ADAPTER Adapter, const UCHAR *Address)
{
    UnicWriteRegister(Adapter, UNIC_REG_ADDRESS_LOW,
                      (ULONG)Address[0] | (ULONG)Address[1] << 8 | (ULONG)Address[2] << 16 |
                          (ULONG)Address[3] << 24);
    UnicWriteRegister(Adapter, UNIC_REG_ADDRESS_HIGH, (ULONG)Address[4] | (ULONG)Address[5] << 8);
}

VOID UnicDeviceStart(PUNIC_ADAPTER Adapter)
{
    KIRQL OldIrql;

    UnicWriteAddress(Adapter, Adapter->CurrentAddress);
    UnicWriteRegister(Adapter, UNIC_REG_MODERATION, UNIC_MODERATION_US);
    UnicWriteRing(Adapter, UNIC_REG_TX_RING, &Adapter->TxRingMemory, UNIC_TX_DESCRIPTORS);
    UnicWriteRing(Adapter, UNIC_REG_RX_RING, &Adapter->RxRingMemory, Adapter->RxDescriptors);

    NDIS_RAISE_IRQL_TO_DISPATCH(&OldIrql);
    NdisDprAcquireSpinLock(&Adapter->SendLock);
    UnicInitializeTxRing(Adapter);
    Adapter->TxReady = TRUE;
    NdisDprReleaseSpinLock(&Adapter->SendLock);
    UnicInitializeRxRing(Adapter);
    NDIS_LOWER_IRQL(OldIrql, DISPATCH_LEVEL);
}

/* StateLock held. */
static VOID UnicWriteFilter(PUNIC_ADAPTER Adapter)
{
    static const struct {
        ULONG Ndis, Unic;
    } Bits[] = {
        {NDIS_PACKET_TYPE_DIRECTED, UNIC_FILTER_UNICAST},
        {NDIS_PACKET_TYPE_MULTICAST, UNIC_FILTER_MULTICAST},
        {NDIS_PACKET_TYPE_ALL_MULTICAST, UNIC_FILTER_ALL_MULTICAST},
        {NDIS_PACKET_TYPE_BROADCAST, UNIC_FILTER_BROADCAST},
        {NDIS_PACKET_TYPE_PROMISCUOUS, UNIC_FILTER_PROMISCUOUS},
    };
    ULONG Filter = 0;

    for (ULONG Bit = 0; Bit < RTL_NUMBER_OF(Bits); Bit++) {
        if (Adapter->PacketFilter & Bits[Bit].Ndis) {
            Filter |= Bits[Bit].Unic;
        }
    }
    UnicWriteRegister(Adapter, UNIC_REG_MULTICAST_COUNT, 0);
    for (ULONG Entry = 0; Entry < Adapter->MulticastCount; Entry++) {
        const UCHAR *Address = Adapter->MulticastList[Entry];
        UnicWriteRegister(Adapter, UNIC_REG_MULTICAST_TABLE + Entry * 8,
                          (ULONG)Address[0] | (ULONG)Address[1] << 8 | (ULONG)Address[2] << 16 |
                              (ULONG)Address[3] << 24);
        UnicWriteRegister(Adapter, UNIC_REG_MULTICAST_TABLE + Entry * 8 + 4,
                          (ULONG)Address[4] | (ULONG)Address[5] << 8);
    }
    UnicWriteRegister(Adapter, UNIC_REG_MULTICAST_COUNT, Adapter->MulticastCount);
    UnicWriteRegister(Adapter, UNIC_REG_FILTER, Filter);
}

/*
 * Deciding and writing are one step under StateLock.  A pause and a reset that end at the same time both come
 * here, and whoever is last writes what the state wants.
 */
VOID UnicDeviceApplyState(PUNIC_ADAPTER Adapter)
{
    NdisAcquireSpinLock(&Adapter->StateLock);
    if (!Adapter->Resetting && !Adapter->Removed) {
        Adapter->Control = UNIC_CONTROL_TX_ENABLE;
        if (Adapter->State == UnicRunning) {
            Adapter->Control |= UNIC_CONTROL_RX_ENABLE;
        }
        UnicWriteFilter(Adapter);
        UnicWriteRegister(Adapter, UNIC_REG_CONTROL, Adapter->Control);
    }
    NdisReleaseSpinLock(&Adapter->StateLock);
}

BOOLEAN UnicDeviceReadLink(PUNIC_ADAPTER Adapter)
{
    ULONG Status = UnicReadRegister(Adapter, UNIC_REG_STATUS);

    return Status != UNIC_GONE && (Status & UNIC_STATUS_LINK) != 0;
}

/* The two halves of a counter belong together only as long as nobody else reads one in between. */
VOID UnicDeviceReadCounters(PUNIC_ADAPTER Adapter, ULONG64 Counters[UNIC_COUNTERS])
{
    NdisAcquireSpinLock(&Adapter->StateLock);
    for (ULONG Index = 0; Index < UNIC_COUNTERS; Index++) {
        ULONG Low = UnicReadRegister(Adapter, UNIC_REG_COUNTERS + Index * 8);
        ULONG High = UnicReadRegister(Adapter, UNIC_REG_COUNTERS + Index * 8 + 4);
        Counters[Index] = Adapter->Removed ? 0 : (ULONG64)High << 32 | Low;
    }
    NdisReleaseSpinLock(&Adapter->StateLock);
}
