/*
 * The wait for the device gives up in time.
 * Contexts: entry thread dpc.
 * Options: --watchdog 1.
 */
#include "../contexts.h"

static volatile BOOLEAN Ready;

static VOID body(VOID)
{
    KIRQL irql;
    ULONG i;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (i = 0; i < 100 && !Ready; i++) {
        KeStallExecutionProcessor(10);
    }
    KeLowerIrql(irql);
}
