/*
 * A DPC lowers IRQL below DISPATCH_LEVEL.
 * Contexts: dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql;
    KeLowerIrql(PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}
