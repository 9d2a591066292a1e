/*
 * What is for DISPATCH_LEVEL is called there.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KDEVICE_QUEUE Queue;
static KDEVICE_QUEUE_ENTRY First, Second;

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeDeviceQueue(&Queue);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertDeviceQueue(&Queue, &First); /* idle: not inserted */
    KeInsertDeviceQueue(&Queue, &Second);
    KeRemoveDeviceQueue(&Queue);
    KeRemoveDeviceQueue(&Queue);
    KeLowerIrql(irql);
}
