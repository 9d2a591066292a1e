/*
 * As it should be: a handle taken off the list is referenced before the lock is released.
 *
 * https://github.com/nmap/npcap/commit/6b8a159ecf321c2fb168604d02293005c391b216
 * Verdict: complete.
 */
#include "story.h"

static VOID Detach(VOID)
{
    KIRQL irql;
    PSINGLE_LIST_ENTRY entry;
    do {
        KeAcquireSpinLock(&Lock, &irql);
        entry = PopEntryList(&Opens);
        if (entry != NULL) {
            CONTAINING_RECORD(entry, struct Open, Entry)->References++;
        }
        KeReleaseSpinLock(&Lock, irql);
        if (entry != NULL) {
            struct Open *open = CONTAINING_RECORD(entry, struct Open, Entry);
            open->Detached = TRUE;
            Dereference(open);
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
    Dereference(open);
}
