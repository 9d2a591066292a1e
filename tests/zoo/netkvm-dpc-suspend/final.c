/*
 * netkvm since 2014-05: the DPC counts itself in first and then asks whether it is allowed.  A stopper that
 * sees nobody inside knows that whoever comes later will be sent away.  The barrier keeps the stopper's own
 * store from lingering in its processor while it already looks at the counter (no-barrier.c).
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/a5a773b4743a9b12ec8527eadf2aa4cec7fded92
 * Verdict: complete, also with --memory tso.
 */
#include "story.h"

static VOID DpcRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    InterlockedIncrement(&Inside);
    if (Enabled) {
        Adapter->Frames++;
    }
    InterlockedDecrement(&Inside);
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
