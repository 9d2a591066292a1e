/*
 * A filter looks into OID requests, and waits for a worker while it does.  NDIS calls its handler at
 * PASSIVE_LEVEL nearly always, and may call it at DISPATCH_LEVEL.
 */
#include "../zoo.h"

static KEVENT Inspected;
static WORK_QUEUE_ITEM Inspector;
static volatile LONG Completed;

/* FilterOidRequest: completes the request, now or later. */
static VOID OidRequest(VOID);

static VOID Inspect(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Inspected, IO_NO_INCREMENT, FALSE);
}

/* PASSIVE_LEVEL. */
static VOID InspectAndComplete(VOID)
{
    ExInitializeWorkItem(&Inspector, Inspect, NULL);
    ExQueueWorkItem(&Inspector, DelayedWorkQueue);
    KeWaitForSingleObject(&Inspected, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&Completed);
}

static VOID Ndis(VOID)
{
    KIRQL irql;
    OidRequest();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    OidRequest();
    KeLowerIrql(irql);
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeEvent(&Inspected, SynchronizationEvent, FALSE);
    ZooThread(0, Ndis);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Completed == 2);
}
