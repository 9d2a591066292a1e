/*
 * npcap, 2021-06: the first is taken off, the lock released, the handle closed; then the next.
 *
 * https://github.com/nmap/npcap/commit/01ba22d44a70c80186affa71955240a3fabff126
 * Verdict: clean.
 */
#include "story.h"

static VOID CloseAll(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(AllOpensLock, &state, 0);
    for (PLIST_ENTRY entry = RemoveHeadList(&AllOpens); entry != &AllOpens;
         entry = RemoveHeadList(&AllOpens)) {
        NdisReleaseRWLock(AllOpensLock, &state);
        CloseOpen(CONTAINING_RECORD(entry, struct Open, Entry));
        NdisAcquireRWLockWrite(AllOpensLock, &state, 0);
    }
    NdisReleaseRWLock(AllOpensLock, &state);
}
