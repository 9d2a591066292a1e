/*
 * eBPF for Windows, before 2022-03: the end cancels the timer, takes its DPC off the queue, and frees what
 * both work on. A DPC that runs already is stopped by neither.
 *
 * https://github.com/microsoft/ebpf-for-windows/issues/849
 * Verdict: PoolUseAfterFree; 2 processors, the timer is due before the end.
 */
#include "story.h"

static VOID Terminate(VOID)
{
    KeCancelTimer(&Timer);
    KeRemoveQueueDpc(&Dpc);
    FreeReaper();
}
