/*
 * DISPATCH_LEVEL keeps the DPCs of this processor out, not those of another one.
 * Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

ULONG Speed;
static KDPC OtherDpc;

static VOID OtherRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Speed = 100;
}

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeDpc(&OtherDpc, OtherRoutine, NULL);
    KeSetTargetProcessorDpc(&OtherDpc, (CCHAR)(KeGetCurrentProcessorNumber() ^ 1));
    KeInsertQueueDpc(&OtherDpc, NULL, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Speed = 1000;
    KeLowerIrql(irql);
    KeFlushQueuedDpcs();
}
