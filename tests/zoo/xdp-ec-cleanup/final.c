/*
 * xdp since 2021-11: the poll disarms the context once more, and only who wins that may tell that all is
 * over.  When the notification was faster, the DPC that it has queued comes this way again.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/3ea347ce149c804785e183d66cac5ee50f61ba77
 * Verdict: complete.
 */
#include "story.h"

static VOID Finish(struct Context *Ec)
{
    if (InterlockedExchange(&Ec->Armed, FALSE)) {
        KeSetEvent(Ec->CleanupComplete, IO_NO_INCREMENT, FALSE);
    }
}
