/*
 * Half of the repair: to wait for the DPC.  But that DPC may set the timer again, after it was cancelled.
 *
 * https://github.com/microsoft/ebpf-for-windows/pull/850
 * Verdict: PoolUseAfterFree; 2 processors.
 */
#include "story.h"

static VOID Terminate(VOID)
{
    KeCancelTimer(&Timer);
    KeRemoveQueueDpc(&Dpc);
    KeFlushQueuedDpcs();
    FreeReaper();
}
