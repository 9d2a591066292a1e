/*
 * crash.c - an adapter in a bug check (crash.h).
 */
#include "ndis/crash.h"

static bool is_told(const struct ndis_adapter *adapter)
{
    const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *driver = &adapter->driver->handlers;
    bool asks =
        driver->MajorNdisVersion > 6 || (driver->MajorNdisVersion == 6 && driver->MinorNdisVersion >= 30);
    return !asks || (adapter->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK) != 0;
}

bool adapter_crash(struct ndis_adapter *adapter)
{
    KIRQL old;
    ndis_require(adapter->state == ADAPTER_PAUSED || adapter->state == ADAPTER_PAUSING ||
                     adapter->state == ADAPTER_RUNNING,
                 "MiniportShutdownEx is called for a working adapter only");
    bool told = is_told(adapter);
    if (told) {
        KeRaiseIrql(HIGH_LEVEL, &old);
        MINIPORT_ENTER(frame, "MiniportShutdownEx", adapter->driver->handlers.ShutdownHandlerEx);
        adapter->driver->handlers.ShutdownHandlerEx(adapter->context, NdisShutdownBugCheck);
        callback_leave(&frame);
        KeLowerIrql(old);
    }
    adapter_sends_close(adapter);
    adapter_oid_drain(adapter);
    adapter_oid_worker_stop(adapter);
    adapter_timers_stop(adapter);
    adapter_interrupts_stop(adapter);
    adapter_polls_stop(adapter);
    adapter->state = ADAPTER_SHUTDOWN;
    return told;
}
