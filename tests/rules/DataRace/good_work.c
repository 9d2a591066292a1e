/*
 * Work items that one worker thread runs after each other use its stack anew; what they share is under a
 * lock. Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

ULONG Total;
static NDIS_SPIN_LOCK Lock;
static WORK_QUEUE_ITEM Items[2];
static KEVENT Done[2];

static VOID Add(volatile ULONG *Amount)
{
    NdisAcquireSpinLock(&Lock);
    Total += *Amount;
    NdisReleaseSpinLock(&Lock);
}

static VOID Work(PVOID Context)
{
    volatile ULONG own[4] = {1, 2, 3, 4};
    Add(&own[2]);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    for (ULONG i = 0; i < 2; i++) {
        KeInitializeEvent(&Done[i], NotificationEvent, FALSE);
        ExInitializeWorkItem(&Items[i], Work, &Done[i]);
        ExQueueWorkItem(&Items[i], DelayedWorkQueue);
    }
    for (ULONG i = 0; i < 2; i++) {
        KeWaitForSingleObject(&Done[i], Executive, KernelMode, FALSE, NULL);
    }
    Total += 1;
    NdisFreeSpinLock(&Lock);
}
