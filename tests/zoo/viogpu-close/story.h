/*
 * Closing an adapter stops its interrupt and deletes the queues, while the interrupt's DPC may be queued
 * still. Compiled with -DAT_DISPATCH=1, the system closes it at DISPATCH_LEVEL.
 */
#include "../zoo.h"

#ifndef AT_DISPATCH
#define AT_DISPATCH 0
#endif

struct Queue {
    ULONG Processed;
};

static struct Queue *Queue;
static volatile LONG InterruptsOn = 1;
static KDPC Dpc;

/* Interrupts are off; from here on the queue may be deleted. */
static VOID WaitForDpc(VOID);

static VOID ProcessQueue(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Queue->Processed++;
}

static VOID Interrupt(VOID)
{
    if (InterlockedCompareExchange(&InterruptsOn, 1, 1)) {
        KeInsertQueueDpc(&Dpc, NULL, NULL);
    }
}

static VOID Close(VOID)
{
    KIRQL irql = KeGetCurrentIrql();
    if (AT_DISPATCH) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    }
    InterlockedExchange(&InterruptsOn, 0);
    WaitForDpc();
    ZooFree(Queue);
    if (AT_DISPATCH) {
        KeLowerIrql(irql);
    }
}

static BOOLEAN ZooStart(VOID)
{
    Queue = ZooAllocate(sizeof(*Queue));
    if (Queue == NULL) {
        return FALSE;
    }
    KeInitializeDpc(&Dpc, ProcessQueue, NULL);
    KeSetTargetProcessorDpc(&Dpc, 1);
    Interrupt();
    ZooThread(0, Close);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
}
