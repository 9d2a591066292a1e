/*
 * HAXM, 2018-05: taken back, to ordinary spin locks.
 *
 * https://github.com/intel/haxm/pull/48
 * Verdict: clean.
 */
#include "story.h"

static VOID AllocatePage(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Pages++;
    KeReleaseSpinLock(&Lock, irql);
}
