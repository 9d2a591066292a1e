/*
 * netkvm, 2015-02 to 2016-05: one lock for all queues is taken under the queue's own and held over the
 * completion, so that no queue completes the pause in the middle of another's.  The protocol takes its
 * lock in its completion handler, and holds it elsewhere while it sends.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/issues/52
 * Verdict: Deadlock; 1 preemption, 2 processors.  Any run on one that both completes and sends: LockOrder.
 * (And what it was made against is still there: a queue counts down before it takes the lock for all.)
 */
#include "states.h"

static KSPIN_LOCK CompletionLock;

static VOID DoPendingTasks(struct Queue *Queue, ULONG Completes)
{
    BOOLEAN last = FALSE;
    KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
    Queue->InHardware -= Completes;
    KeAcquireSpinLockAtDpcLevel(&CompletionLock);
    KeAcquireSpinLockAtDpcLevel(&PauseLock);
    if (SendState == StatePausing && Queues[0].InHardware + Queues[1].InHardware == 0) {
        SendState = StateDisabled;
        last = TRUE;
    }
    KeReleaseSpinLockFromDpcLevel(&PauseLock);
    KeReleaseSpinLockFromDpcLevel(&Queue->Lock);
    if (Completes != 0) {
        ProtocolSendComplete(Completes);
    }
    KeReleaseSpinLockFromDpcLevel(&CompletionLock);
    if (last) {
        PauseComplete();
    }
}
