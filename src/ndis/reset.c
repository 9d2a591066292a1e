/*
 * reset.c - MiniportCheckForHangEx and MiniportResetEx.
 *
 * A reset does not change the adapter's state and may overlap with traffic and with a pause.  New OID
 * requests wait for its end.
 */
#include "ke/ddi.h"
#include "ndis/adapter.h"

static void indicate(struct ndis_adapter *adapter, NDIS_STATUS code, void *buffer, ULONG size)
{
    struct ndis_binding *binding = adapter->binding;
    if (binding == NULL) {
        return;
    }
    NDIS_STATUS_INDICATION indication = {
        .Header = {.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION,
                   .Revision = NDIS_STATUS_INDICATION_REVISION_1,
                   .Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter,
        .StatusCode = code,
        .StatusBuffer = buffer,
        .StatusBufferSize = size,
    };
    binding->handlers->status(binding->context, &indication);
}

static bool begin(struct ndis_adapter *adapter, NDIS_OID_REQUEST **pending)
{
    KIRQL old = ke_guard_enter(&adapter->guard);
    ndis_require(adapter->state == ADAPTER_PAUSED || adapter->state == ADAPTER_RESTARTING ||
                     adapter->state == ADAPTER_RUNNING || adapter->state == ADAPTER_PAUSING,
                 "MiniportResetEx is called for a working adapter only");
    bool ours = !adapter->resetting;
    if (ours) {
        adapter->resetting = TRUE;
        *pending = adapter->oid_current;
    }
    ke_guard_leave(&adapter->guard, old);
    return ours;
}

/*
 * From NDIS 6.30 on a reset ends only after every OID request that was pending has ended (SE-7).  A request
 * whose handler has not returned is none: whether it will be pending is open, and a driver that answers all
 * requests at once has nothing to wait for.
 */
static void check_oids(struct ndis_adapter *adapter, const NDIS_OID_REQUEST *pending)
{
    const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c = &adapter->driver->handlers;
    if (pending != NULL && adapter->oid_current == pending && !adapter->oid_busy &&
        c->MajorNdisVersion == 6 && c->MinorNdisVersion >= 30) {
        adapter_fault(adapter, "a reset was completed while an OID request was pending");
    }
}

static NDIS_STATUS call_reset(struct ndis_adapter *adapter, BOOLEAN *addressing)
{
    bool raise = ke_choose(CHOICE_IRQL, 2) != 0;
    KIRQL old = PASSIVE_LEVEL;
    if (raise) {
        old = ke_raise(DISPATCH_LEVEL);
    }
    MINIPORT_ENTER(frame, "MiniportResetEx", adapter->driver->handlers.ResetHandlerEx);
    NDIS_STATUS status = adapter->driver->handlers.ResetHandlerEx(adapter->context, addressing);
    callback_leave(&frame);
    if (raise) {
        ke_lower(old);
    }
    if (status == NDIS_STATUS_PENDING) {
        ndis_gate_wait(&adapter->reset_done);
        status = adapter->reset_status;
        *addressing = adapter->reset_addressing;
    }
    return status;
}

NDIS_STATUS adapter_reset(struct ndis_adapter *adapter)
{
    if (adapter->driver->handlers.ResetHandlerEx == NULL) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    NDIS_OID_REQUEST *pending = NULL;
    if (!begin(adapter, &pending)) {
        return NDIS_STATUS_RESET_IN_PROGRESS;
    }
    ndis_gate_close(&adapter->reset_done);
    indicate(adapter, NDIS_STATUS_RESET_START, NULL, 0);
    BOOLEAN addressing = FALSE;
    NDIS_STATUS status = call_reset(adapter, &addressing);
    check_oids(adapter, pending);
    KIRQL old = ke_guard_enter(&adapter->guard);
    adapter->resetting = FALSE;
    ke_guard_leave(&adapter->guard, old);
    InterlockedIncrement(&adapter->resets);
    adapter_oid_resume(adapter);
    if (addressing && adapter->packet_filter_set) {
        ULONG filter = adapter->packet_filter;
        adapter_oid(adapter, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter,
                    NULL);
    }
    indicate(adapter, NDIS_STATUS_RESET_END, &status, sizeof status);
    return status;
}

bool adapter_check_for_hang(struct ndis_adapter *adapter)
{
    if (adapter->driver->handlers.CheckForHangHandlerEx == NULL ||
        __atomic_exchange_n(&adapter->checking, TRUE, __ATOMIC_ACQUIRE)) {
        return false; /* nobody to ask, or being asked already */
    }
    MINIPORT_ENTER(frame, "MiniportCheckForHangEx", adapter->driver->handlers.CheckForHangHandlerEx);
    BOOLEAN hung = adapter->driver->handlers.CheckForHangHandlerEx(adapter->context);
    callback_leave(&frame);
    InterlockedIncrement(&adapter->hang_checks);
    if (hung) {
        adapter_reset(adapter);
    }
    __atomic_store_n(&adapter->checking, FALSE, __ATOMIC_RELEASE);
    return hung;
}

static void watch(void *context)
{
    struct ndis_adapter *adapter = context;
    LARGE_INTEGER interval = {.QuadPart = -10000000LL * adapter->hang_seconds};
    while (KeWaitForSingleObject(&adapter->hang_stop, Executive, KernelMode, FALSE, &interval) ==
           STATUS_TIMEOUT) {
        adapter_check_for_hang(adapter);
    }
}

void adapter_hang_watch_start(struct ndis_adapter *adapter)
{
    KeClearEvent(&adapter->hang_stop);
    adapter->hang_watch = ke_thread_create(watch, adapter, "NDIS hang check", true);
}

void adapter_hang_watch_stop(struct ndis_adapter *adapter)
{
    if (adapter->hang_watch != NULL) {
        KeSetEvent(&adapter->hang_stop, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(adapter->hang_watch, Executive, KernelMode, FALSE, NULL);
        ke_thread_dereference(adapter->hang_watch);
        adapter->hang_watch = NULL;
    }
}

/*
 * Ends a reset for which MiniportResetEx returned NDIS_STATUS_PENDING.  <= DISPATCH_LEVEL.  Without such a
 * reset: bug check 0x7C/0x0F.  nf-ndis-ndismresetcomplete.
 */
VOID NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status, BOOLEAN AddressingReset)
{
    ddi_enter(NdisMResetComplete);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter != NULL && adapter->resetting) {
        adapter->reset_status = Status;
        adapter->reset_addressing = AddressingReset;
        if (ndis_gate_open(&adapter->reset_done)) {
            return;
        }
    }
    ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x0F, (ULONG_PTR)adapter, (ULONG_PTR)Status, AddressingReset);
}
