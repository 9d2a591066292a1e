/*
 * xdp, before 2021-11: cleanup leaves an event in the context and sends a notification, to be sure that a
 * poll will see it.  A poll already under way arms the context, sees the event and sets it; then the
 * notification finds the context armed and queues one more DPC.  The wait is over, the context is freed, the
 * DPC runs.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/3ea347ce149c804785e183d66cac5ee50f61ba77
 * Verdict: PoolUseAfterFree; 2 processors.
 */
#include "story.h"

static VOID Finish(struct Context *Ec)
{
    KeSetEvent(Ec->CleanupComplete, IO_NO_INCREMENT, FALSE);
}
