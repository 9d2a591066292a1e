/*
 * NdisWaitEvent at APC_LEVEL, where a KEVENT could be waited for: the run goes on.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_EVENT Event;

static VOID body(VOID)
{
    KIRQL irql;
    NdisInitializeEvent(&Event);
    NdisSetEvent(&Event);
    KeRaiseIrql(APC_LEVEL, &irql);
    NdisWaitEvent(&Event, 0);
    KeLowerIrql(irql);
}
