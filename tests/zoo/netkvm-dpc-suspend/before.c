/*
 * netkvm, before 2014-05: to reset the device, a thread forbids the DPC, waits until no DPC is inside, and
 * tears the queues down.  The DPC first asks whether it is allowed and then counts itself in.  Between the
 * two it is allowed but not counted: the stopper sees nobody inside, frees, and the DPC works on what is
 * gone.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/a5a773b4743a9b12ec8527eadf2aa4cec7fded92
 * Verdict: PoolUseAfterFree; the DPC's processor is left for the stopper's once.
 */
#include "story.h"

static VOID DpcRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Enabled) {
        InterlockedIncrement(&Inside);
        Adapter->Frames++;
        InterlockedDecrement(&Inside);
    }
}

static VOID Stop(VOID)
{
    Enabled = FALSE;
    KeMemoryBarrier();
    while (Inside != 0) {
        YieldProcessor();
    }
    ZooFree(Adapter);
    Gone = TRUE;
}
