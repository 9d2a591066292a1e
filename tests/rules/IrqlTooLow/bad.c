/*
 * A device queue is used at PASSIVE_LEVEL; its routines are for DISPATCH_LEVEL.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KDEVICE_QUEUE Queue;
static KDEVICE_QUEUE_ENTRY Entry;

static VOID body(VOID)
{
    KeInitializeDeviceQueue(&Queue);
    KeInsertDeviceQueue(&Queue, &Entry); /* idle: not inserted */
}
