/*
 * Raises nest, each undone with the level it saved.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql, again;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeRaiseIrql(5, &again);
    KeLowerIrql(again);
    KeLowerIrql(irql);
    KeRaiseIrql(KeGetCurrentIrql(), &irql);
    KeLowerIrql(irql);
}
