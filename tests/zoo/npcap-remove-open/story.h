/*
 * A handle is detached from its adapter.  To leave the adapter's group is to recompute its packet filter,
 * which is an OID request, and its answer is waited for, two calls down.
 */
#include "../zoo.h"

static NDIS_SPIN_LOCK OpenInUseLock;
static NDIS_EVENT RequestDone, Never;
static KDPC Completion;
static ULONG PendingRequests = 1, Detached;

static VOID DetachOpen(VOID);

static VOID CompleteRequest(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    NdisSetEvent(&RequestDone);
}

static VOID SetPacketFilter(VOID)
{
    NdisResetEvent(&RequestDone);
    KeInsertQueueDpc(&Completion, NULL, NULL);
    NdisWaitEvent(&RequestDone, 0);
}

static VOID RemoveFromGroup(VOID)
{
    Detached++;
    SetPacketFilter();
}

/* Waits for the handle's requests; with the lock held, which it drops while it waits. */
static VOID WaitForRequests(VOID)
{
    while (PendingRequests > 0) {
        NdisReleaseSpinLock(&OpenInUseLock);
        NdisWaitEvent(&Never, 1);
        NdisAcquireSpinLock(&OpenInUseLock);
        PendingRequests--;
    }
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&OpenInUseLock);
    NdisInitializeEvent(&RequestDone);
    NdisInitializeEvent(&Never);
    KeInitializeDpc(&Completion, CompleteRequest, NULL);
    ZooThread(0, DetachOpen);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
    NdisFreeSpinLock(&OpenInUseLock);
}
