/*
 * pause.c - pausing and restarting: the adapter's state and what it owes.
 *
 * A pause is over when nothing is outstanding: every send completed, every indicated frame returned.  Two
 * processors may bring the last two back at the same time, and MiniportPause itself looks too, but the pause
 * must be completed once.  So the look at the counters and the change of the state are one step under
 * StateLock, and NDIS is told after it.
 */
#include "unic.h"

/* StateLock held.  TRUE for exactly one caller: the pause is over now. */
static BOOLEAN UnicEndPause(PUNIC_ADAPTER Adapter)
{
    if (Adapter->State != UnicPausing || Adapter->OutstandingSends != 0 ||
        Adapter->OutstandingReceives != 0) {
        return FALSE;
    }
    Adapter->State = UnicPaused;
    return TRUE;
}

static VOID UnicRelease(PUNIC_ADAPTER Adapter, PULONG Outstanding, ULONG Count)
{
    BOOLEAN Complete;

    NdisAcquireSpinLock(&Adapter->StateLock);
    *Outstanding -= Count;
    Complete = Adapter->PausePending && UnicEndPause(Adapter);
    if (Complete) {
        Adapter->PausePending = FALSE;
    }
    NdisReleaseSpinLock(&Adapter->StateLock);
    if (Complete) {
        NdisMPauseComplete(Adapter->Handle);
    }
}

VOID UnicReleaseSends(PUNIC_ADAPTER Adapter, ULONG Count)
{
    UnicRelease(Adapter, &Adapter->OutstandingSends, Count);
}

VOID UnicReleaseReceives(PUNIC_ADAPTER Adapter, ULONG Count)
{
    UnicRelease(Adapter, &Adapter->OutstandingReceives, Count);
}

/*
 * Sends that are queued are failed, those that the device has are completed as it finishes them.  Frames
 * that are received but not yet indicated stay in the ring; the restart drops them.
 */
NDIS_STATUS UnicPause(NDIS_HANDLE MiniportAdapterContext, PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;
    BOOLEAN Done;

    UNREFERENCED_PARAMETER(PauseParameters);
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->State = UnicPausing;
    NdisReleaseSpinLock(&Adapter->StateLock);

    UnicDeviceApplyState(Adapter);
    UnicFlushSendQueue(Adapter, NDIS_STATUS_PAUSED);

    NdisAcquireSpinLock(&Adapter->StateLock);
    Done = UnicEndPause(Adapter);
    Adapter->PausePending = !Done;
    NdisReleaseSpinLock(&Adapter->StateLock);
    return Done ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

/* From the change of the state on, frames may be indicated, even before this returns. */
NDIS_STATUS UnicRestart(NDIS_HANDLE MiniportAdapterContext,
                        PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
    PUNIC_ADAPTER Adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(RestartParameters);
    if (UnicDeviceReceiverStopped(Adapter)) {
        UnicDiscardReceived(Adapter);
    }
    NdisAcquireSpinLock(&Adapter->StateLock);
    Adapter->State = UnicRunning;
    NdisReleaseSpinLock(&Adapter->StateLock);
    UnicDeviceApplyState(Adapter);
    return NDIS_STATUS_SUCCESS;
}
