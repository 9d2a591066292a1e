/*
 * At DISPATCH_LEVEL the event is only looked at.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KEVENT Event;

static VOID body(VOID)
{
    KIRQL irql;
    LARGE_INTEGER zero;
    zero.QuadPart = 0;
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &zero);
    KeLowerIrql(irql);
    if (KeGetCurrentIrql() < DISPATCH_LEVEL) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
}
