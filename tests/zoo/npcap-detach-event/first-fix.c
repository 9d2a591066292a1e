/*
 * npcap, 2019-06: no event any more; the unload routine looks again every millisecond.  But taking the
 * instance off the list is still not the last thing that detach does: what it hands back afterwards is gone.
 *
 * https://github.com/nmap/npcap/commit/88b8c8955f78cda70aa4f2e433e274c62ce73192
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Detach(VOID)
{
    struct Instance *instance = First();
    Unlink(instance);
    Shared->Returned++;
    ZooFree(instance);
}

static VOID WaitForDetach(VOID)
{
    LARGE_INTEGER millisecond;
    millisecond.QuadPart = -10000;
    while (!NoneLeft()) {
        KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
    }
}
