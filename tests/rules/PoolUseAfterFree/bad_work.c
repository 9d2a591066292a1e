/*
 * A device extension of sorts goes while its work item is still queued.
 * Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

static VOID Work(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID body(VOID)
{
    PWORK_QUEUE_ITEM item = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*item), 'krow');
    if (item != NULL) {
        ExInitializeWorkItem(item, Work, NULL);
        ExQueueWorkItem(item, DelayedWorkQueue);
        ExFreePoolWithTag(item, 'krow');
    }
}
