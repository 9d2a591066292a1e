/*
 * As it should be: each instance holds rundown protection, and giving that up is the last thing that detach
 * does.
 *
 * https://github.com/nmap/npcap/commit/88b8c8955f78cda70aa4f2e433e274c62ce73192
 * Verdict: complete.
 */
#include "story.h"

static VOID Detach(VOID)
{
    struct Instance *instance = First();
    Unlink(instance);
    Shared->Returned++;
    ZooFree(instance);
    ExReleaseRundownProtection(&Shared->Instances);
}

static VOID WaitForDetach(VOID)
{
    ExWaitForRundownProtectionRelease(&Shared->Instances);
    NT_ASSERT(NoneLeft());
}
