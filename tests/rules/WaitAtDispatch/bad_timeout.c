/*
 * A delay at DISPATCH_LEVEL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql;
    LARGE_INTEGER interval;
    interval.QuadPart = -10000;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    KeLowerIrql(irql);
}
