/*
 * crtsys, before 2026-06: the destructor releases with the AtDpcLevel function, however it was acquired.
 * After an ordinary acquisition IRQL stays at DISPATCH_LEVEL.
 *
 * https://github.com/ntoskrnl7/crtsys/pull/30
 * Verdict: SpinLockFlavor.
 */
#include "story.h"

static VOID Destroy(struct Guard *Guard)
{
    UNREFERENCED_PARAMETER(Guard);
    KeReleaseSpinLockFromDpcLevel(&Lock);
}
