/*
 * wintun since 2026-02-19: the head moves before the lock is released.
 *
 * https://github.com/WireGuard/wintun/commit/dd050927f42081dce7c2ae262be55ffd8210c11a
 * Verdict: complete.
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
    Head = packet->End;
    KeReleaseSpinLock(&Lock, irql);
}
