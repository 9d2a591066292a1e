/*
 * A handle is enabled by its first user, which waits for the adapter.  Who uses it says by a parameter
 * whether IRQL is DISPATCH_LEVEL; here the first user is a send, and it is.
 */
#include "../zoo.h"

enum OpenStatus { OpenRunning, OpenAttached };

static NDIS_SPIN_LOCK OpenInUseLock;
static NDIS_EVENT Enabled;
static KDPC Answer;
static enum OpenStatus Status = OpenAttached;
static ULONG Used;

static BOOLEAN StartUsing(BOOLEAN AtDispatchLevel);

static VOID AdapterAnswers(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    NdisSetEvent(&Enabled);
}

static VOID EnableOps(VOID)
{
    KeInsertQueueDpc(&Answer, NULL, NULL);
    NdisWaitEvent(&Enabled, 0);
}

static VOID AcquireOpen(BOOLEAN AtDispatchLevel)
{
    if (AtDispatchLevel) {
        NdisDprAcquireSpinLock(&OpenInUseLock);
    } else {
        NdisAcquireSpinLock(&OpenInUseLock);
    }
}

static VOID ReleaseOpen(BOOLEAN AtDispatchLevel)
{
    if (AtDispatchLevel) {
        NdisDprReleaseSpinLock(&OpenInUseLock);
    } else {
        NdisReleaseSpinLock(&OpenInUseLock);
    }
}

static VOID Send(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    BOOLEAN started = StartUsing(TRUE);
    KeLowerIrql(irql);
    if (!started) {
        started = StartUsing(FALSE);
    }
    Used = started;
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&OpenInUseLock);
    NdisInitializeEvent(&Enabled);
    KeInitializeDpc(&Answer, AdapterAnswers, NULL);
    ZooThread(0, Send);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
    NdisFreeSpinLock(&OpenInUseLock);
    NT_ASSERT(Used == 1);
}
