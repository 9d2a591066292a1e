/*
 * wintun since 2026-02: the head is read in the critical section in which it is used.  (An older head would
 * be harmless if the tail were as old.)
 *
 * https://github.com/WireGuard/wintun/commit/dd050927f42081dce7c2ae262be55ffd8210c11a
 * Verdict: complete.
 */
#include "story.h"

static VOID Send(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Put(Head);
    KeReleaseSpinLock(&Lock, irql);
}
