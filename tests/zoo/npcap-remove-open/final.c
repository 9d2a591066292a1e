/*
 * npcap, 2020-06: the group is left when the lock has been released.
 *
 * https://github.com/nmap/npcap/commit/978b10b2077a45d397f776103c5b99747e24553b
 * Verdict: clean.
 */
#include "story.h"

static VOID DetachOpen(VOID)
{
    NdisAcquireSpinLock(&OpenInUseLock);
    WaitForRequests();
    NdisReleaseSpinLock(&OpenInUseLock);
    RemoveFromGroup();
}
