/*
 * npcap, 2021-11: detach takes each handle off the list with the lock held, then works on it without.  The
 * list is whole now; the handle may still be freed by who closes it (in this model: the original has other
 * means against that).
 *
 * https://github.com/nmap/npcap/commit/6b8a159ecf321c2fb168604d02293005c391b216
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Detach(VOID)
{
    KIRQL irql;
    PSINGLE_LIST_ENTRY entry;
    do {
        KeAcquireSpinLock(&Lock, &irql);
        entry = PopEntryList(&Opens);
        KeReleaseSpinLock(&Lock, irql);
        if (entry != NULL) {
            CONTAINING_RECORD(entry, struct Open, Entry)->Detached = TRUE;
        }
    } while (entry != NULL);
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
