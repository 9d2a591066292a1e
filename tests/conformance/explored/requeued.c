/*
 * requeued.c - WI-3: a work item that is queued again from its callback may run beside itself.
 */
#include <ndis.h>

#include <undis/explore.h>

static NDIS_HANDLE item;
static volatile LONG runs, inside;

static VOID work(PVOID context, NDIS_HANDLE handle)
{
    undis_assert(InterlockedIncrement(&inside) == 1);
    if (InterlockedIncrement(&runs) == 1) {
        NdisQueueIoWorkItem(handle, work, context);
    }
    InterlockedDecrement(&inside);
}

static void end(void *argument)
{
    (void)argument;
    NdisFreeIoWorkItem(item);
}

static void queue(void *argument)
{
    (void)argument;
    NdisQueueIoWorkItem(item, work, NULL);
}

void undis_scenario(void)
{
    item = NdisAllocateIoWorkItem(NULL);
    undis_at_end(end, NULL);
    undis_thread(0, queue, NULL);
}
