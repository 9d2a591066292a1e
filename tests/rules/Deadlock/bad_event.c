/*
 * A wait for an event that nobody sets.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KEVENT Event;

static VOID body(VOID)
{
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}
