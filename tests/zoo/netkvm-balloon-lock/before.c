/*
 * The balloon driver beside netkvm, before 2016-09: thread and DPC use the queue to the host without a lock.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/82e299ce3ebae763bf57d2605a7d32f66108d226
 * Verdict: DataRace; no preemption, 2 processors.
 */
#include "story.h"

static VOID AcquireQueue(PKIRQL Irql)
{
    *Irql = KeGetCurrentIrql();
}

static VOID ReleaseQueue(KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Irql);
}

static VOID TellHost(VOID)
{
    AddBuffer();
}
