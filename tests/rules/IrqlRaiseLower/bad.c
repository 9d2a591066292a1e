/*
 * KeRaiseIrql to a lower level.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql, again;
    KeRaiseIrql(5, &irql);
    KeRaiseIrql(DISPATCH_LEVEL, &again);
    KeLowerIrql(irql);
}
