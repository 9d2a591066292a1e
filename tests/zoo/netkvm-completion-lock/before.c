/*
 * netkvm, before 2015-02: the queue that finds itself empty while the adapter is pausing completes the pause.
 * The other queue may still have frames in the hardware, or be about to complete them.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/de38e9f74d0424442de8b0fa0f42ac58aca6e2ef
 * Verdict: AssertionFailed; no preemption, 2 processors.
 */
#include "states.h"

static VOID DoPendingTasks(struct Queue *Queue, ULONG Completes)
{
    BOOLEAN last = FALSE;
    KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
    Queue->InHardware -= Completes;
    KeAcquireSpinLockAtDpcLevel(&PauseLock);
    if (Queue->InHardware == 0 && SendState == StatePausing) {
        SendState = StateDisabled;
        last = TRUE;
    }
    KeReleaseSpinLockFromDpcLevel(&PauseLock);
    KeReleaseSpinLockFromDpcLevel(&Queue->Lock);
    if (Completes != 0) {
        ProtocolSendComplete(Completes);
    }
    if (last) {
        PauseComplete();
    }
}
