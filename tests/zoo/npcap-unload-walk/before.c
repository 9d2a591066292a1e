/*
 * npcap, before 2021-06: the list is walked, and each handle closed, under the list's lock.
 *
 * https://github.com/nmap/npcap/commit/01ba22d44a70c80186affa71955240a3fabff126
 * Verdict: WaitAtDispatch.
 */
#include "story.h"

static VOID CloseAll(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(AllOpensLock, &state, 0);
    for (PLIST_ENTRY entry = AllOpens.Flink; entry != &AllOpens; entry = entry->Flink) {
        struct Open *open = CONTAINING_RECORD(entry, struct Open, Entry);
        entry = entry->Blink;
        RemoveEntryList(&open->Entry);
        CloseOpen(open);
    }
    NdisReleaseRWLock(AllOpensLock, &state);
}
