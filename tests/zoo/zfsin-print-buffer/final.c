/*
 * ZFSin, 2020-03: taken with the function that raises IRQL always.
 *
 * https://github.com/openzfsonwindows/ZFSin/pull/221
 * Verdict: clean.
 */
#include "story.h"

static VOID PrintBuffer(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Lines++;
    KeReleaseSpinLock(&Lock, irql);
}
