/*
 * xdp, 2022-05: at DISPATCH_LEVEL a work item does it.  The same change makes xdp's checked build call its
 * handler at DISPATCH_LEVEL at random: what undis does as a matter of course.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/6735b41102de7ca559d5bc276ba27a6efc95c2f9
 * Verdict: clean.
 */
#include "story.h"

static WORK_QUEUE_ITEM Worker;

static VOID Work(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InspectAndComplete();
}

static VOID OidRequest(VOID)
{
    if (KeGetCurrentIrql() == DISPATCH_LEVEL) {
        ExInitializeWorkItem(&Worker, Work, NULL);
        ExQueueWorkItem(&Worker, DelayedWorkQueue);
    } else {
        InspectAndComplete();
    }
}
