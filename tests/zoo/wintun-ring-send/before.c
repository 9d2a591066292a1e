/*
 * wintun, before 2026-02: a sender reads the head, then takes the lock and compares it with the tail.  By
 * then both may have moved on, and an old head just ahead of the tail looks like a ring with room.
 *
 * https://github.com/WireGuard/wintun/commit/dd050927f42081dce7c2ae262be55ffd8210c11a
 * Verdict: AssertionFailed; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Send(VOID)
{
    KIRQL irql;
    ULONG head = Head;
    KeAcquireSpinLock(&Lock, &irql);
    Put(head);
    KeReleaseSpinLock(&Lock, irql);
}
