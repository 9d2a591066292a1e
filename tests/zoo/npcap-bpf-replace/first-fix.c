/*
 * npcap, 2025-12: the new program takes the old one's place in the list, under the list's lock.  But a handle
 * that does not run yet has its filter inserted as well, and once more when it starts to run: the entry then
 * points to itself, and the receive path never comes to the list's end (npcap 1.86, DPC_WATCHDOG_VIOLATION).
 *
 * https://github.com/nmap/npcap/commit/6fffdb1c16a3164747298274a302dc10867d1f70,
 * https://github.com/nmap/npcap/issues/831
 * Verdict: ListCorrupt; no preemption: SetFilter before Read is enough.
 */
#include "story.h"

static VOID Register(struct Program *New, struct Program *Old)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(Lock, &state, 0);
    if (Old != NULL && Old->Entry.Flink != NULL) {
        New->Entry = Old->Entry;
        New->Entry.Flink->Blink = &New->Entry;
        New->Entry.Blink->Flink = &New->Entry;
        Old->Entry.Flink = NULL;
    } else {
        InsertTailList(&Programs, &New->Entry);
    }
    NdisReleaseRWLock(Lock, &state);
}

static VOID Replace(struct Program *New)
{
    KIRQL irql;
    KeAcquireSpinLock(&HandleLock, &irql);
    struct Program *old = Program;
    Program = New;
    Register(New, old);
    KeReleaseSpinLock(&HandleLock, irql);
    ZooFree(old);
}

static VOID Run(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&HandleLock, &irql);
    if (!Running) {
        Register(Program, NULL);
        Running = TRUE;
    }
    KeReleaseSpinLock(&HandleLock, irql);
}
