/*
 * npcap, before 2020-06: the function's own wait drops the spin lock as it should; the one that hides in
 * RemoveFromGroup does not.
 *
 * https://github.com/nmap/npcap/issues/181
 * Verdict: WaitAtDispatch, as bug check 0x7C with 0x14.
 */
#include "story.h"

static VOID DetachOpen(VOID)
{
    NdisAcquireSpinLock(&OpenInUseLock);
    RemoveFromGroup();
    WaitForRequests();
    NdisReleaseSpinLock(&OpenInUseLock);
}
