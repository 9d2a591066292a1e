/*
 * A wait at DISPATCH_LEVEL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KEVENT Event;

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    KeLowerIrql(irql);
}
