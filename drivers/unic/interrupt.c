/*
 * interrupt.c - the interrupt service routine, its DPC, and what is shared with the ISR.
 *
 * A spin lock cannot protect data from the ISR: the ISR runs above DISPATCH_LEVEL, may not take one, and
 * would spin for ever for a lock held by the code that it interrupted.  So everything in
 * Adapter->Interrupt, and the registers CAUSE and MASK_*, is touched only by the ISR or by a routine that
 * NdisMSynchronizeWithInterruptEx runs at the ISR's own level under the interrupt's own lock.
 *
 * Interrupts are off from the ISR until its DPC has done everything: the DPC switches them on again.
 *
 * The device may interrupt by messages instead of its line.  CAUSE and MASK are one register for all of them,
 * so the driver asks for messages that exclude each other (MsiSyncWithAllMessages), and each does what the
 * line does.
 */
#include "unic.h"

static MINIPORT_ISR UnicInterrupt;
static MINIPORT_INTERRUPT_DPC UnicInterruptDpc;
static MINIPORT_DISABLE_INTERRUPT UnicDisableInterrupt;
static MINIPORT_ENABLE_INTERRUPT UnicEnableInterrupt;
static MINIPORT_MESSAGE_INTERRUPT UnicMessageInterrupt;
static MINIPORT_MESSAGE_INTERRUPT_DPC UnicMessageInterruptDpc;
static MINIPORT_DISABLE_MESSAGE_INTERRUPT UnicDisableMessageInterrupt;
static MINIPORT_ENABLE_MESSAGE_INTERRUPT UnicEnableMessageInterrupt;
static MINIPORT_SYNCHRONIZE_INTERRUPT UnicSyncAllow, UnicSyncForbid, UnicSyncTakePending, UnicSyncFinish;

/* ---- at the device's IRQL ----------------------------------------------------------------------- */

/*
 * The line may be shared: the first question is whether the interrupt is ours.  A card that was pulled out
 * reads all ones, which is no interrupt either.
 */
static BOOLEAN UnicInterrupt(NDIS_HANDLE MiniportInterruptContext, PBOOLEAN QueueDefaultInterruptDpc,
                             PULONG TargetProcessors)
{
    PUNIC_ADAPTER Adapter = MiniportInterruptContext;
    ULONG Cause = UnicReadRegister(Adapter, UNIC_REG_CAUSE);

    *QueueDefaultInterruptDpc = FALSE;
    *TargetProcessors = 0; /* NDIS 6.20 drivers leave it alone */
    if (Cause == UNIC_GONE || (Cause & Adapter->Interrupt.Enabled) == 0) {
        return FALSE;
    }
    UnicWriteRegister(Adapter, UNIC_REG_MASK_CLEAR, UNIC_CAUSES);
    UnicWriteRegister(Adapter, UNIC_REG_CAUSE, Cause);
    Adapter->Interrupt.Enabled = 0;
    Adapter->Interrupt.Pending |= Cause;
    *QueueDefaultInterruptDpc = TRUE;
    return TRUE;
}

/*
 * A message is never anybody else's.  It may come after another one's ISR has masked and taken its cause:
 * then there is nothing left to do.
 */
static BOOLEAN UnicMessageInterrupt(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
                                    PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors)
{
    UNREFERENCED_PARAMETER(MessageId);
    (void)UnicInterrupt(MiniportInterruptContext, QueueDefaultInterruptDpc, TargetProcessors);
    return TRUE;
}

static VOID UnicSetInterruptMask(PUNIC_ADAPTER Adapter)
{
    if (Adapter->Interrupt.Allowed) {
        Adapter->Interrupt.Enabled = UNIC_CAUSES;
        UnicWriteRegister(Adapter, UNIC_REG_MASK_SET, UNIC_CAUSES);
    }
}

static VOID UnicClearInterruptMask(PUNIC_ADAPTER Adapter)
{
    Adapter->Interrupt.Enabled = 0;
    UnicWriteRegister(Adapter, UNIC_REG_MASK_CLEAR, UNIC_CAUSES);
}

/* NDIS calls these two itself, at the device's IRQL, when it looks for the source of a fault. */
static VOID UnicDisableInterrupt(PVOID MiniportInterruptContext)
{
    UnicClearInterruptMask(MiniportInterruptContext);
}

static VOID UnicEnableInterrupt(PVOID MiniportInterruptContext)
{
    UnicSetInterruptMask(MiniportInterruptContext);
}

static VOID UnicDisableMessageInterrupt(PVOID MiniportInterruptContext, ULONG MessageId)
{
    UNREFERENCED_PARAMETER(MessageId);
    UnicClearInterruptMask(MiniportInterruptContext);
}

static VOID UnicEnableMessageInterrupt(PVOID MiniportInterruptContext, ULONG MessageId)
{
    UNREFERENCED_PARAMETER(MessageId);
    UnicSetInterruptMask(MiniportInterruptContext);
}

static BOOLEAN UnicSyncAllow(NDIS_HANDLE SynchronizeContext)
{
    PUNIC_ADAPTER Adapter = SynchronizeContext;

    Adapter->Interrupt.Allowed = TRUE;
    UnicSetInterruptMask(Adapter);
    return TRUE;
}

static BOOLEAN UnicSyncForbid(NDIS_HANDLE SynchronizeContext)
{
    PUNIC_ADAPTER Adapter = SynchronizeContext;

    Adapter->Interrupt.Allowed = FALSE;
    Adapter->Interrupt.Pending = 0;
    UnicClearInterruptMask(Adapter);
    return TRUE;
}

/* What a DPC takes over from the ISR, and gives back when it is done. */
typedef struct _UNIC_DPC_WORK {
    PUNIC_ADAPTER Adapter;
    ULONG Causes;
    BOOLEAN MoreReceives;
} UNIC_DPC_WORK, *PUNIC_DPC_WORK;

static BOOLEAN UnicSyncTakePending(NDIS_HANDLE SynchronizeContext)
{
    PUNIC_DPC_WORK Work = SynchronizeContext;

    Work->Causes = Work->Adapter->Interrupt.Pending;
    Work->Adapter->Interrupt.Pending = 0;
    return TRUE;
}

/*
 * The end of a DPC: with frames left over NDIS calls the DPC again, so interrupts stay off and the receive
 * work stays pending; otherwise interrupts go on.  A cause that came up since the ISR is still in the
 * device's register and interrupts at once: nothing is lost in between.
 */
static BOOLEAN UnicSyncFinish(NDIS_HANDLE SynchronizeContext)
{
    PUNIC_DPC_WORK Work = SynchronizeContext;
    PUNIC_ADAPTER Adapter = Work->Adapter;

    if (Work->MoreReceives && Adapter->Interrupt.Allowed) {
        Adapter->Interrupt.Pending |= UNIC_CAUSE_RX_DONE;
    } else if (Adapter->Interrupt.Pending == 0) {
        UnicSetInterruptMask(Adapter);
    }
    return TRUE;
}

VOID UnicAllowInterrupts(PUNIC_ADAPTER Adapter)
{
    NdisMSynchronizeWithInterruptEx(Adapter->InterruptHandle, 0, UnicSyncAllow, Adapter);
}

/* A DPC may still run when this returns, but it will not switch interrupts on again. */
VOID UnicForbidInterrupts(PUNIC_ADAPTER Adapter)
{
    NdisMSynchronizeWithInterruptEx(Adapter->InterruptHandle, 0, UnicSyncForbid, Adapter);
}

/* ---- at DISPATCH_LEVEL ---------------------------------------------------------------------------- */

NDIS_LINK_STATE UnicLinkState(BOOLEAN LinkUp)
{
    NDIS_LINK_STATE Link = {0};

    Link.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    Link.Header.Revision = NDIS_LINK_STATE_REVISION_1;
    Link.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
    Link.MediaConnectState = LinkUp ? MediaConnectStateConnected : MediaConnectStateDisconnected;
    Link.MediaDuplexState = LinkUp ? MediaDuplexStateFull : MediaDuplexStateUnknown;
    Link.XmitLinkSpeed = LinkUp ? UNIC_LINK_SPEED : NDIS_LINK_SPEED_UNKNOWN;
    Link.RcvLinkSpeed = Link.XmitLinkSpeed;
    Link.PauseFunctions = NdisPauseFunctionsUnsupported;
    return Link;
}

/* The state changes under the lock; NDIS hears of it after the lock is released. */
static VOID UnicLinkChanged(PUNIC_ADAPTER Adapter)
{
    NDIS_STATUS_INDICATION Indication = {0};
    NDIS_LINK_STATE Link;
    BOOLEAN LinkUp, Changed;

    NdisDprAcquireSpinLock(&Adapter->StateLock);
    LinkUp = UnicDeviceReadLink(Adapter);
    Changed = !Adapter->Removed && LinkUp != Adapter->LinkUp;
    Adapter->LinkUp = LinkUp;
    NdisDprReleaseSpinLock(&Adapter->StateLock);
    if (!Changed) {
        return;
    }
    Link = UnicLinkState(LinkUp);
    Indication.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    Indication.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    Indication.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    Indication.SourceHandle = Adapter->Handle;
    Indication.StatusCode = NDIS_STATUS_LINK_STATE;
    Indication.StatusBuffer = &Link;
    Indication.StatusBufferSize = sizeof(Link);
    NdisMIndicateStatusEx(Adapter->Handle, &Indication);
}

static VOID UnicHardwareFailed(PUNIC_ADAPTER Adapter)
{
    NdisDprAcquireSpinLock(&Adapter->StateLock);
    Adapter->HardwareFailed = TRUE;
    NdisDprReleaseSpinLock(&Adapter->StateLock);
}

static VOID UnicInterruptDpc(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
                             PVOID ReceiveThrottleParameters, PVOID NdisReserved2)
{
    PUNIC_ADAPTER Adapter = MiniportInterruptContext;
    PNDIS_RECEIVE_THROTTLE_PARAMETERS Throttle = ReceiveThrottleParameters;
    UNIC_DPC_WORK Work = {.Adapter = Adapter};

    UNREFERENCED_PARAMETER(MiniportDpcContext);
    UNREFERENCED_PARAMETER(NdisReserved2);
    NdisMSynchronizeWithInterruptEx(Adapter->InterruptHandle, 0, UnicSyncTakePending, &Work);
    if (Work.Causes & UNIC_CAUSE_FATAL) {
        UnicHardwareFailed(Adapter);
    }
    if (Work.Causes & UNIC_CAUSE_LINK) {
        UnicLinkChanged(Adapter);
    }
    if (Work.Causes & (UNIC_CAUSE_TX_DONE | UNIC_CAUSE_ERROR)) {
        UnicReclaimSends(Adapter);
    }
    if (Work.Causes & (UNIC_CAUSE_RX_DONE | UNIC_CAUSE_RX_EMPTY | UNIC_CAUSE_ERROR)) {
        Work.MoreReceives = UnicReceive(Adapter, Throttle->MaxNblsToIndicate);
    }
    NdisMSynchronizeWithInterruptEx(Adapter->InterruptHandle, 0, UnicSyncFinish, &Work);
    Throttle->MoreNblsPending = Work.MoreReceives;
}

static VOID UnicMessageInterruptDpc(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
                                    PVOID MiniportDpcContext, PVOID ReceiveThrottleParameters,
                                    PVOID NdisReserved2)
{
    UNREFERENCED_PARAMETER(MessageId);
    UnicInterruptDpc(MiniportInterruptContext, MiniportDpcContext, ReceiveThrottleParameters, NdisReserved2);
}

/*
 * The ISR can run before this returns, even before InterruptHandle is set: then the interrupt is somebody
 * else's, since the device's mask is clear and Interrupt.Enabled is 0, and the ISR says so.
 */
NDIS_STATUS UnicRegisterInterrupt(PUNIC_ADAPTER Adapter)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Characteristics = {0};

    Characteristics.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
    Characteristics.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
    Characteristics.Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
    Characteristics.InterruptHandler = UnicInterrupt;
    Characteristics.InterruptDpcHandler = UnicInterruptDpc;
    Characteristics.DisableInterruptHandler = UnicDisableInterrupt;
    Characteristics.EnableInterruptHandler = UnicEnableInterrupt;
    Characteristics.MsiSupported = TRUE;
    Characteristics.MsiSyncWithAllMessages = TRUE;
    Characteristics.MessageInterruptHandler = UnicMessageInterrupt;
    Characteristics.MessageInterruptDpcHandler = UnicMessageInterruptDpc;
    Characteristics.DisableMessageInterruptHandler = UnicDisableMessageInterrupt;
    Characteristics.EnableMessageInterruptHandler = UnicEnableMessageInterrupt;
    return NdisMRegisterInterruptEx(Adapter->Handle, Adapter, &Characteristics, &Adapter->InterruptHandle);
}
