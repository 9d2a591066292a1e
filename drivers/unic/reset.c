/*
 * reset.c - hang detection, reset, and a card that is pulled out.
 *
 * A reset may be asked for at DISPATCH_LEVEL, but the device needs time to come back, so the work is done by
 * a work item at PASSIVE_LEVEL and the reset is pending meanwhile.  While Resetting is set no send is
 * admitted, no frame is indicated and nobody switches interrupts on; a DPC that is on its way finds nothing
 * to do.
 */
#include "unic.h"

static NDIS_IO_WORKITEM_FUNCTION UnicResetWork;

/* Called every two seconds. */
BOOLEAN UnicCheckForHang(NDIS_HANDLE MiniportAdapterContext)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;
    BOOLEAN Hung;

    NdisAcquireSpinLock(&Adapter->StateLock);
    Hung = Adapter->HardwareFailed && !Adapter->Resetting && !Adapter->Removed;
    NdisReleaseSpinLock(&Adapter->StateLock);
    return Hung;
}

NDIS_STATUS UnicReset(NDIS_HANDLE MiniportAdapterContext, PBOOLEAN AddressingReset)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;
    BOOLEAN Refuse;

    *AddressingReset = FALSE; /* filter and multicast list survive in the adapter */
    NdisAcquireSpinLock(&Adapter->StateLock);
    Refuse = Adapter->Resetting || Adapter->Removed;
    if (!Refuse) {
        Adapter->Resetting = TRUE;
        Adapter->HardwareFailed = FALSE;
    }
    NdisReleaseSpinLock(&Adapter->StateLock);
    if (Refuse) {
        return NDIS_STATUS_FAILURE;
    }
    NdisQueueIoWorkItem(Adapter->ResetWorkItem, UnicResetWork, Adapter);
    return NDIS_STATUS_PENDING;
}

/*
 * Every pending send is completed before the reset is.  After NdisMResetComplete the adapter may be halted
 * and freed at any moment: it is the last use of it.
 */
static VOID UnicResetWork(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle)
{
    PUNIC_ADAPTER Adapter = WorkItemContext;
    BOOLEAN Answered;

    UNREFERENCED_PARAMETER(NdisIoWorkItemHandle);
    UnicForbidInterrupts(Adapter);
    UnicStopSending(Adapter);
    UnicStopReceiving(Adapter);
    Answered = UnicDeviceReset(Adapter);
    UnicFlushSendQueue(Adapter, NDIS_STATUS_RESET_IN_PROGRESS);
    UnicAbortSends(Adapter, NDIS_STATUS_RESET_IN_PROGRESS);
    if (Answered) {
        UnicDeviceStart(Adapter);
    }
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->Resetting = FALSE;
    Adapter->HardwareFailed = !Answered; /* then MiniportCheckForHangEx asks again */
    NdisReleaseSpinLock(&Adapter->StateLock);
    if (Answered) {
        UnicDeviceApplyState(Adapter);
        UnicWriteRegister(Adapter, UNIC_REG_CAUSE_SET, UNIC_CAUSE_LINK); /* it may have changed meanwhile */
        UnicAllowInterrupts(Adapter);
    }
    NdisMResetComplete(Adapter->Handle, Answered ? NDIS_STATUS_SUCCESS : NDIS_STATUS_HARD_ERRORS, FALSE);
}

/*
 * The card is gone: nothing that it had will be finished, so it is failed here.  A pause and a halt follow as
 * usual.
 */
VOID UnicDevicePnPEvent(NDIS_HANDLE MiniportAdapterContext, PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;

    if (NetDevicePnPEvent->DevicePnPEvent != NdisDevicePnPEventSurpriseRemoved) {
        return;
    }
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->Removed = TRUE;
    NdisReleaseSpinLock(&Adapter->StateLock);
    UnicForbidInterrupts(Adapter);
    UnicStopSending(Adapter);
    UnicFlushSendQueue(Adapter, NDIS_STATUS_FAILURE);
    UnicAbortSends(Adapter, NDIS_STATUS_FAILURE);
}
