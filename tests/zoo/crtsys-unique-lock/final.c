/*
 * crtsys, 2026-06: the object remembers.
 *
 * https://github.com/ntoskrnl7/crtsys/pull/30
 * Verdict: clean.
 */
#include "story.h"

static VOID Destroy(struct Guard *Guard)
{
    if (Guard->AtDpcLevel) {
        KeReleaseSpinLockFromDpcLevel(&Lock);
    } else {
        KeReleaseSpinLock(&Lock, Guard->Irql);
    }
}
