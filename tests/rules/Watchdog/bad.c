/*
 * An endless loop at DISPATCH_LEVEL.
 * Contexts: entry thread dpc.
 * Options: --watchdog 1.
 */
#include "../contexts.h"

static volatile BOOLEAN Ready;

static VOID body(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    while (!Ready) {
        YieldProcessor();
    }
    KeLowerIrql(irql);
}
