/*
 * DISPATCH_LEVEL orders a thread and a DPC of one processor; what was written before the DPC was queued comes
 * before it.
 * Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

ULONG Speed, Before;
static KDPC OtherDpc;

static VOID OtherRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Speed += Before;
}

static VOID body(VOID)
{
    KIRQL irql;
    KeSetSystemAffinityThread(1);
    KeInitializeDpc(&OtherDpc, OtherRoutine, NULL);
    KeSetTargetProcessorDpc(&OtherDpc, 0);
    Before = 1;
    KeInsertQueueDpc(&OtherDpc, NULL, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Speed += 1000;
    KeLowerIrql(irql);
    KeFlushQueuedDpcs();
    KeRevertToUserAffinityThread();
}
