/*
 * npcap, 2026-01: the old program is taken off the list before it is freed, and the new one is inserted only
 * when the handle runs.
 *
 * https://github.com/nmap/npcap/commit/e8f570d1efa209d4ffacdc2f415cbdf7444182b4
 * Verdict: complete.
 */
#include "story.h"

static VOID Register(struct Program *New)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(Lock, &state, 0);
    InsertTailList(&Programs, &New->Entry);
    NdisReleaseRWLock(Lock, &state);
}

static VOID Unregister(struct Program *Old)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(Lock, &state, 0);
    RemoveEntryList(&Old->Entry);
    NdisReleaseRWLock(Lock, &state);
}

static VOID Replace(struct Program *New)
{
    KIRQL irql;
    KeAcquireSpinLock(&HandleLock, &irql);
    struct Program *old = Program;
    Program = New;
    if (Running) {
        Unregister(old);
        Register(New);
    }
    KeReleaseSpinLock(&HandleLock, irql);
    ZooFree(old);
}

static VOID Run(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&HandleLock, &irql);
    if (!Running) {
        Register(Program);
        Running = TRUE;
    }
    KeReleaseSpinLock(&HandleLock, irql);
}
