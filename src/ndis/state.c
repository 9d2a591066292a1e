/*
 * state.c - the state table of a miniport adapter (lifecycle.md section 1), from NDIS's side.
 *
 * Initialize, restart, pause and halt are made by one thread at a time: the scenario's.  The data path, OID
 * requests and interrupts run beside them.
 */
#include "ndis/adapter.h"

#include "ke/ddi.h"
#include "ke/observer.h"

static void become(struct ndis_adapter *adapter, enum adapter_state from, enum adapter_state to,
                   const char *promise)
{
    ke_about_to_change((const void *)&adapter->state);
    KIRQL old = ke_guard_enter_quietly(&adapter->guard);
    ndis_require(adapter->state == from, promise);
    adapter->state = to;
    ke_guard_leave(&adapter->guard, old);
}

static void fill_parameters(const struct ndis_adapter *adapter, NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    RtlZeroMemory(parameters, sizeof *parameters);
    parameters->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS;
    parameters->Header.Revision = NDIS_MINIPORT_INIT_PARAMETERS_REVISION_1;
    parameters->Header.Size = NDIS_SIZEOF_MINIPORT_INIT_PARAMETERS_REVISION_1;
    parameters->AllocatedResources = adapter->resources->Count == 0 ? NULL : adapter->resources;
    parameters->MiniportAddDeviceContext = adapter->add_device_context;
    parameters->NetLuid.Value = (ULONG64)adapter->index << 24 | (ULONG64)6 << 48; /* ifType 6: Ethernet */
    parameters->IfIndex = adapter->index;
}

/* What the miniport left behind outlives its adapter from here on; then NDIS makes sure that it cannot be
 * called. */
static void end_of_adapter(struct ndis_adapter *adapter)
{
    if (!adapter->device_added) { /* else what it made then is for MiniportRemoveDevice */
        event_send(EVENT_OWNER_END, adapter, 0, 0, 0, 0);
    }
    adapter_timers_stop(adapter);
    adapter_interrupts_stop(adapter);
    adapter_polls_stop(adapter);
    adapter->context = NULL;
    adapter->registered = FALSE;
    adapter->general = FALSE;
}

NDIS_STATUS adapter_initialize(struct ndis_adapter *adapter)
{
    become(adapter, ADAPTER_HALTED, ADAPTER_INITIALIZING, "MiniportInitializeEx is called in Halted only");
    NDIS_MINIPORT_INIT_PARAMETERS parameters;
    NDIS_STATUS status = adapter_device_start(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        become(adapter, ADAPTER_INITIALIZING, ADAPTER_HALTED, "a device that does not start is Halted");
        return status;
    }
    fill_parameters(adapter, &parameters);
    adapter->removed = FALSE;
    adapter->packet_filter_set = FALSE;
    KeClearEvent(&adapter->calls_done);
    adapter->unlogged = NULL;
    MINIPORT_ENTER(frame, "MiniportInitializeEx", adapter->driver->handlers.InitializeHandlerEx);
    status = adapter->driver->handlers.InitializeHandlerEx(adapter, adapter->driver->context, &parameters);
    callback_leave(&frame);
    if (adapter->unlogged != NULL) {
        event_misuse("WriteErrorLog",
                     "MiniportInitializeEx gets no shared memory and does not call NdisWriteErrorLogEntry",
                     adapter->unlogged, 0, 0);
    }
    if (status == NDIS_STATUS_SUCCESS && !(adapter->registered && adapter->general)) {
        adapter_fault(adapter, "MiniportInitializeEx succeeded without registration and general attributes");
    }
    if (status != NDIS_STATUS_SUCCESS) {
        end_of_adapter(adapter);
        become(adapter, ADAPTER_INITIALIZING, ADAPTER_HALTED, "a failed initialization ends in Halted");
        return status;
    }
    adapter->calls_closed = FALSE;
    __atomic_store_n(&adapter->calls, 1, __ATOMIC_SEQ_CST);
    become(adapter, ADAPTER_INITIALIZING, ADAPTER_PAUSED, "initialization ends in Paused");
    adapter_oid_worker_start(adapter);
    return status;
}

static NDIS_STATUS call_restart(struct ndis_adapter *adapter)
{
    NDIS_MINIPORT_RESTART_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NDIS_MINIPORT_RESTART_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_RESTART_PARAMETERS_REVISION_1},
    };
    MINIPORT_ENTER(frame, "MiniportRestart", adapter->driver->handlers.RestartHandler);
    NDIS_STATUS status = adapter->driver->handlers.RestartHandler(adapter->context, &parameters);
    callback_leave(&frame);
    return status;
}

NDIS_STATUS adapter_restart(struct ndis_adapter *adapter)
{
    ndis_gate_close(&adapter->operation_done);
    become(adapter, ADAPTER_PAUSED, ADAPTER_RESTARTING, "MiniportRestart is called in Paused only");
    NDIS_STATUS status = call_restart(adapter);
    if (status == NDIS_STATUS_PENDING) {
        ndis_gate_wait(&adapter->operation_done);
        status = adapter->operation_status;
    }
    become(adapter, ADAPTER_RESTARTING, status == NDIS_STATUS_SUCCESS ? ADAPTER_RUNNING : ADAPTER_PAUSED,
           "a restart ends in Running or Paused");
    __atomic_store_n(&adapter->send_open, status == NDIS_STATUS_SUCCESS, __ATOMIC_SEQ_CST);
    return status;
}

void adapter_pause(struct ndis_adapter *adapter)
{
    NDIS_MINIPORT_PAUSE_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NDIS_MINIPORT_PAUSE_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_PAUSE_PARAMETERS_REVISION_1},
        .Flags = 0,
        .PauseReason = NDIS_PAUSE_NDIS_INTERNAL,
    };
    ndis_gate_close(&adapter->operation_done);
    ndis_require(adapter->state == ADAPTER_RUNNING, "MiniportPause is called in Running only");
    adapter_sends_close(adapter);
    become(adapter, ADAPTER_RUNNING, ADAPTER_PAUSING, "MiniportPause is called in Running only");
    MINIPORT_ENTER(frame, "MiniportPause", adapter->driver->handlers.PauseHandler);
    NDIS_STATUS status = adapter->driver->handlers.PauseHandler(adapter->context, &parameters);
    callback_leave(&frame);
    if (status == NDIS_STATUS_PENDING) {
        ndis_gate_wait(&adapter->operation_done);
    } else if (status != NDIS_STATUS_SUCCESS) {
        static const char what[] =
            "MiniportPause returns neither NDIS_STATUS_SUCCESS nor NDIS_STATUS_PENDING";
        const void *routine = (const void *)(uintptr_t)adapter->driver->handlers.PauseHandler;
        if (!event_misuse("MiniportPause_Return", what, routine, 0, 0)) {
            adapter_fault(adapter, what);
        }
    }
    if (adapter->sends != 0 || adapter->receives != 0) {
        adapter_polls_settle(
            adapter); /* a driver cannot tell when NDIS has taken what its callback returned */
    }
    ke_about_to_change_both((const void *)&adapter->sends, (const void *)&adapter->receives);
    ke_acquires(&adapter->sends);
    ke_acquires(&adapter->receives);
    if (adapter->sends != 0) {
        adapter_fault(adapter, "a pause was completed while sends were not completed yet");
    }
    if (adapter->receives != 0) {
        adapter_fault(adapter, "a pause was completed while receive indications were not returned yet");
    }
    become(adapter, ADAPTER_PAUSING, ADAPTER_PAUSED, "a pause ends in Paused");
}

void adapter_returned(struct ndis_adapter *adapter, LONG left)
{
    if (left == 0 && __atomic_load_n(&adapter->quiescing, __ATOMIC_SEQ_CST)) {
        KeSetEvent(&adapter->returned, IO_NO_INCREMENT, FALSE);
    }
}

/* SE-4: no OID request, no send and no call on the data path is left when MiniportHaltEx is called. */
static void quiesce(struct ndis_adapter *adapter)
{
    adapter_oid_drain(adapter);
    adapter_oid_worker_stop(adapter);
    ke_about_to_change_both((const void *)&adapter->sends, (const void *)&adapter->receives);
    __atomic_store_n(&adapter->quiescing, TRUE, __ATOMIC_SEQ_CST);
    while (adapter->sends != 0 || adapter->receives != 0 || adapter->direct_oids != 0) {
        KeWaitForSingleObject(&adapter->returned, Executive, KernelMode, FALSE, NULL);
    }
    adapter->quiescing = FALSE;
    adapter->calls_closed = TRUE;
    adapter_leave(adapter);
    KeWaitForSingleObject(&adapter->calls_done, Executive, KernelMode, FALSE, NULL);
    ke_acquires(&adapter->calls);
}

void adapter_halt(struct ndis_adapter *adapter, NDIS_HALT_ACTION action)
{
    ndis_require(adapter->state == ADAPTER_PAUSED, "MiniportHaltEx is called in Paused only");
    ndis_require(adapter->hang_watch == NULL, "no hang check is left at MiniportHaltEx");
    quiesce(adapter);
    ndis_require(adapter->oid_current == NULL && adapter->sends == 0,
                 "nothing is outstanding at MiniportHaltEx");
    MINIPORT_ENTER(frame, "MiniportHaltEx", adapter->driver->handlers.HaltHandlerEx);
    adapter->driver->handlers.HaltHandlerEx(adapter->context, action);
    callback_leave(&frame);
    end_of_adapter(adapter);
    become(adapter, ADAPTER_PAUSED, ADAPTER_HALTED, "a halt ends in Halted");
}

void adapter_shutdown(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action)
{
    ndis_require(adapter->state == ADAPTER_PAUSED || adapter->state == ADAPTER_PAUSING ||
                     adapter->state == ADAPTER_RUNNING,
                 "MiniportShutdownEx is called for a working adapter only");
    adapter_sends_close(adapter);
    adapter_oid_drain(adapter);
    adapter_oid_worker_stop(adapter);
    MINIPORT_ENTER(frame, "MiniportShutdownEx", adapter->driver->handlers.ShutdownHandlerEx);
    adapter->driver->handlers.ShutdownHandlerEx(adapter->context, action);
    callback_leave(&frame);
    adapter_timers_stop(adapter);
    adapter_interrupts_stop(adapter);
    adapter_polls_stop(adapter);
    adapter->state = ADAPTER_SHUTDOWN;
}

void adapter_surprise_remove(struct ndis_adapter *adapter)
{
    ndis_require(adapter->state != ADAPTER_HALTED && adapter->state != ADAPTER_INITIALIZING &&
                     adapter->state != ADAPTER_SHUTDOWN,
                 "only a working adapter can be removed by surprise");
    adapter->removed = TRUE;
    NET_DEVICE_PNP_EVENT event = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_DEVICE_PNP_EVENT_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1},
        .DevicePnPEvent = NdisDevicePnPEventSurpriseRemoved,
    };
    MINIPORT_ENTER(frame, "MiniportDevicePnPEventNotify",
                   adapter->driver->handlers.DevicePnPEventNotifyHandler);
    adapter->driver->handlers.DevicePnPEventNotifyHandler(adapter->context, &event);
    callback_leave(&frame);
}

static void operation_complete(struct ndis_adapter *adapter, enum adapter_state expected, NDIS_STATUS status)
{
    if (adapter != NULL && adapter->state == expected) {
        adapter->operation_status = status;
        if (ndis_gate_open(&adapter->operation_done)) {
            return;
        }
    }
    ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x1F, expected, (ULONG_PTR)adapter, 0);
}

/*
 * Ends a restart for which MiniportRestart returned NDIS_STATUS_PENDING.  <= DISPATCH_LEVEL.  Without such a
 * restart: bug check 0x7C/0x1F.  nf-ndis-ndismrestartcomplete.
 */
VOID NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
    ddi_enter(NdisMRestartComplete);
    operation_complete(adapter_of(MiniportAdapterHandle), ADAPTER_RESTARTING, Status);
}

/*
 * Ends a pause for which MiniportPause returned NDIS_STATUS_PENDING.  <= DISPATCH_LEVEL.  Without such a
 * pause: bug check 0x7C/0x1F.  nf-ndis-ndismpausecomplete.
 */
VOID NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle)
{
    ddi_enter(NdisMPauseComplete);
    operation_complete(adapter_of(MiniportAdapterHandle), ADAPTER_PAUSING, NDIS_STATUS_SUCCESS);
}
