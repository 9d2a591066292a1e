/*
 * An event is signalled at DISPATCH_LEVEL with the promise that a wait follows.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KEVENT Event;

static VOID body(VOID)
{
    LARGE_INTEGER zero = {.QuadPart = 0};
    KIRQL irql;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetEvent(&Event, IO_NO_INCREMENT, TRUE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &zero);
    KeLowerIrql(irql);
}
