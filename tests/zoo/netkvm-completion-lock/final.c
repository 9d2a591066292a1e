/*
 * netkvm, since 2016-05: no lock and no state, but a count of what is outstanding, with one for the running
 * adapter.  Whoever takes the last one away completes the pause.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/369a7b24e84cbf9bfb2b4107e870f870d9f23aa1
 * Verdict: complete.
 */
#include "story.h"

static volatile LONG Outstanding = 2; /* the frame in the hardware, and one */

static VOID Release(VOID)
{
    if (InterlockedDecrement(&Outstanding) == 0) {
        PauseComplete();
    }
}

static VOID DoPendingTasks(struct Queue *Queue, ULONG Completes)
{
    KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
    Queue->InHardware -= Completes;
    KeReleaseSpinLockFromDpcLevel(&Queue->Lock);
    if (Completes != 0) {
        ProtocolSendComplete(Completes);
        Release();
    }
}

static VOID Send(struct Queue *Queue)
{
    InterlockedIncrement(&Outstanding);
    KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
    Queue->InHardware++;
    KeReleaseSpinLockFromDpcLevel(&Queue->Lock);
    DoPendingTasks(Queue, 0);
}

static VOID Pause(VOID)
{
    Release();
}
