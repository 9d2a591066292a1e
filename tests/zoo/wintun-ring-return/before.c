/*
 * wintun, before 2026-02: whoever has taken a packet off the list releases the lock and then moves the head.
 * Two that do may move it in the other order, and the head falls back.
 *
 * https://github.com/WireGuard/wintun/commit/dd050927f42081dce7c2ae262be55ffd8210c11a
 * Verdict: AssertionFailed; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Initialize(struct Packet *Packet, ULONG End)
{
    Packet->End = End;
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
