/*
 * Two work items write one variable: that one worker thread runs them after each other is no order.
 * Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

ULONG Total;
static WORK_QUEUE_ITEM Items[2];
static KEVENT Done[2];

static VOID Add(volatile ULONG *Amount)
{
    Total = *Amount;
}

static VOID Work(PVOID Context)
{
    volatile ULONG own[4] = {1, 2, 3, 4};
    Add(&own[2]);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

static VOID body(VOID)
{
    for (ULONG i = 0; i < 2; i++) {
        KeInitializeEvent(&Done[i], NotificationEvent, FALSE);
        ExInitializeWorkItem(&Items[i], Work, &Done[i]);
        ExQueueWorkItem(&Items[i], DelayedWorkQueue);
    }
    for (ULONG i = 0; i < 2; i++) {
        KeWaitForSingleObject(&Done[i], Executive, KernelMode, FALSE, NULL);
    }
    Total += 1;
}
