/*
 * HAXM, 2018-04: queued spin locks are faster, and the AtDpcLevel functions fastest.  They do not raise IRQL.
 *
 * https://github.com/intel/haxm/pull/44
 * Verdict: SpinLockBelowDispatch.
 */
#include "story.h"

static VOID AllocatePage(VOID)
{
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Lock, &handle);
    Pages++;
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
}
