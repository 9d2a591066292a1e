/*
 * ZFSin, before 2020-03: the lock is taken with the function for threaded DPCs, which raises IRQL in a
 * threaded DPC only.  The thread that holds it is at PASSIVE_LEVEL; whoever interrupts it and prints waits
 * for ever.
 *
 * https://github.com/openzfsonwindows/ZFSin/pull/221
 * Verdict: SpinLockBelowDispatch.
 */
#include "story.h"

static VOID PrintBuffer(VOID)
{
    KIRQL irql = KeAcquireSpinLockForDpc(&Lock);
    Lines++;
    KeReleaseSpinLockForDpc(&Lock, irql);
}
