/*
 * eBPF for Windows since 2022-03: first forbid to set the timer, then cancel it, then wait for the DPC.
 *
 * https://github.com/microsoft/ebpf-for-windows/commit/e56e80e51c962013ff42dfc9da0018844274c52a
 * Verdict: complete.
 */
#include "story.h"

static VOID Terminate(VOID)
{
    ForbidTimer();
    KeCancelTimer(&Timer);
    KeRemoveQueueDpc(&Dpc);
    KeFlushQueuedDpcs();
    FreeReaper();
}
