/*
 * wintun, 2026-02-09: the first attempt at the overruns ends the list with NULL explicitly.  That is tidy,
 * and has nothing to do with them.
 *
 * https://github.com/WireGuard/wintun/commit/4fc590853b8281552631b79dacda484a5782f3bf
 * Verdict: AssertionFailed; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Initialize(struct Packet *Packet, ULONG End)
{
    Packet->End = End;
    Packet->Next = NULL;
}

static VOID Return(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    const struct Packet *packet = Active;
    Active = packet->Next;
    KeReleaseSpinLock(&Lock, irql);
    Head = packet->End;
}
