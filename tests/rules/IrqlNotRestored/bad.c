/*
 * IRQL is raised and not lowered.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql;
    KeRaiseIrql(5, &irql);
}
