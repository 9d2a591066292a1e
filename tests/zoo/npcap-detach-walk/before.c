/*
 * npcap, before 2021-11: detach walks the list without its lock, for the module is paused; but handles can be
 * closed all the same.
 *
 * https://github.com/nmap/npcap/commit/6b8a159ecf321c2fb168604d02293005c391b216
 * Verdict: DataRace, no preemption; PoolUseAfterFree, 1 preemption; 2 processors.
 */
#include "story.h"

static VOID Detach(VOID)
{
    for (PSINGLE_LIST_ENTRY entry = Opens.Next; entry != NULL; entry = entry->Next) {
        CONTAINING_RECORD(entry, struct Open, Entry)->Detached = TRUE;
    }
}

static VOID Close(VOID)
{
    KIRQL irql;
    struct Open *open = All[0];
    KeAcquireSpinLock(&Lock, &irql);
    Unlink(open);
    KeReleaseSpinLock(&Lock, irql);
    Free(open);
}
