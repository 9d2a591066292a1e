/*
 * A block is freed while the DPC in it is queued: it has not been waited for.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID Routine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static VOID body(VOID)
{
    KIRQL irql;
    PKDPC dpc = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*dpc), 'cpdk');
    if (dpc != NULL) {
        KeInitializeDpc(dpc, Routine, NULL);
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        KeInsertQueueDpc(dpc, NULL, NULL);
        ExFreePoolWithTag(dpc, 'cpdk');
        KeLowerIrql(irql);
    }
}
