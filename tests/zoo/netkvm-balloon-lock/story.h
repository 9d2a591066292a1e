/* A queue to the host, with room for one buffer: a thread puts in, a DPC takes out. */
#include "../zoo.h"

static BOOLEAN QueueFull;
static KDPC Dpc;

static VOID AcquireQueue(PKIRQL Irql);
static VOID ReleaseQueue(KIRQL Irql);
/* Tells the host about pages. */
static VOID TellHost(VOID);

static BOOLEAN AddBuffer(VOID)
{
    if (QueueFull) {
        return FALSE;
    }
    QueueFull = TRUE;
    return TRUE;
}

static VOID HostHasAnswered(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KIRQL irql;
    AcquireQueue(&irql);
    QueueFull = FALSE;
    ReleaseQueue(irql);
}

static VOID Balloon(VOID)
{
    TellHost();
    KeInsertQueueDpc(&Dpc, NULL, NULL); /* the host's interrupt */
    TellHost();                         /* the queue is full, unless the host has been quick */
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeDpc(&Dpc, HostHasAnswered, NULL);
    KeSetTargetProcessorDpc(&Dpc, 1);
    ZooThread(0, Balloon);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
}
