/*
 * An event is signalled at DIRQL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KEVENT Event;

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeRaiseIrql(5, &irql);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeLowerIrql(irql);
}
