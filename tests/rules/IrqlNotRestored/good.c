/*
 * IRQL is lowered again.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql;
    KeRaiseIrql(5, &irql);
    KeLowerIrql(irql);
}
