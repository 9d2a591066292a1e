/*
 * netkvm's repair of 2014-05 less its barrier (the original also counts with interlocked operations, which
 * are barriers themselves; this stopper only looks).  The stopper's store of FALSE may wait in its
 * processor's store buffer while it reads that nobody is inside; the DPC still reads TRUE.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/a5a773b4743a9b12ec8527eadf2aa4cec7fded92
 * Verdict: complete; PoolUseAfterFree with --memory tso.
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
    while (Inside != 0) {
        YieldProcessor();
    }
    ZooFree(Adapter);
    Gone = TRUE;
}
