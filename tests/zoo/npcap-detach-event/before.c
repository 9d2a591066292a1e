/*
 * npcap, before 2019-06: detach takes its instance off the list and then signals a global event.  The unload
 * routine may look at the list in between: nothing is left, so it does not wait, and frees the event.
 *
 * https://github.com/nmap/npcap/commit/88b8c8955f78cda70aa4f2e433e274c62ce73192
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Detach(VOID)
{
    struct Instance *instance = First();
    Unlink(instance);
    ZooFree(instance);
    KeSetEvent(&Shared->Detached, IO_NO_INCREMENT, FALSE);
}

static VOID WaitForDetach(VOID)
{
    while (!NoneLeft()) {
        KeWaitForSingleObject(&Shared->Detached, Executive, KernelMode, FALSE, NULL);
        KeClearEvent(&Shared->Detached);
    }
}
