/*
 * oid.c - OID requests: serialised ones (SE-1), direct ones (SE-2), and NDIS's own.
 *
 * A request waits in the adapter's queue until no other is pending, then MiniportOidRequest is called at
 * PASSIVE_LEVEL, by the thread that made the request or by the adapter's worker.
 */
#include "ndis/adapter.h"

#include "ke/ddi.h"
#include "ke/observer.h"

/* What NDIS keeps in a request's NdisReserved while it has it. */
struct oid_slot {
    NDIS_OID_REQUEST *next;
    struct ndis_binding *binding; /* NULL: NDIS's own */
    struct oid_wait *wait;
    ULONG_PTR direct;
};

struct oid_wait {
    KEVENT done;
    NDIS_STATUS status;
};

_Static_assert(sizeof(struct oid_slot) <= sizeof(((NDIS_OID_REQUEST *)0)->NdisReserved), "NdisReserved");

static struct oid_slot *slot_of(NDIS_OID_REQUEST *request)
{
    return (struct oid_slot *)(void *)request->NdisReserved;
}

static void remember(struct ndis_adapter *adapter, const NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    if (status == NDIS_STATUS_SUCCESS && request->RequestType == NdisRequestSetInformation &&
        request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER &&
        request->DATA.SET_INFORMATION.InformationBufferLength >= sizeof(ULONG)) {
        RtlCopyMemory(&adapter->packet_filter, request->DATA.SET_INFORMATION.InformationBuffer,
                      sizeof(ULONG));
        adapter->packet_filter_set = TRUE;
    }
}

/* Tells whoever made the request.  The request is theirs again. */
static void tell(NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    struct oid_slot slot = *slot_of(request);
    if (slot.wait != NULL) {
        slot.wait->status = status;
        KeSetEvent(&slot.wait->done, IO_NO_INCREMENT, FALSE);
    } else {
        slot.binding->handlers->oid_complete(slot.binding->context, request, status);
    }
}

/* Nothing is queued, pending, being handed over or told of.  Under the adapter's guard. */
static bool is_idle(const struct ndis_adapter *adapter)
{
    return adapter->oid_head == NULL && adapter->oid_current == NULL && !adapter->oid_busy &&
           adapter->oid_telling == 0;
}

/* Leaves the adapter's guard; tells who waits for rest when there is any. */
static void leave(struct ndis_adapter *adapter, KIRQL old)
{
    ke_releases(&adapter->oid_current);
    bool tell_idle = adapter->oid_draining && is_idle(adapter);
    adapter->oid_draining = adapter->oid_draining && !tell_idle;
    ke_guard_leave(&adapter->guard, old);
    if (tell_idle) {
        KeSetEvent(&adapter->oid_idle, IO_NO_INCREMENT, FALSE);
    }
}

/* The binding's handler has returned: who waits for rest may end the binding now. */
static void told(struct ndis_adapter *adapter)
{
    KIRQL old = ke_guard_enter(&adapter->guard);
    adapter->oid_telling--;
    leave(adapter, old);
}

/*
 * Requests that take something back, which a miniport may not refuse to do: ndis-ndisoidcomplete.  Their
 * names are not on the page, these are what it describes.
 */
static bool takes_back(const NDIS_OID_REQUEST *request)
{
    switch (request->DATA.SET_INFORMATION.Oid) {
    case OID_RECEIVE_FILTER_CLEAR_FILTER:
    case OID_RECEIVE_FILTER_FREE_QUEUE:
    case OID_NIC_SWITCH_FREE_VF:
    case OID_NIC_SWITCH_DELETE_SWITCH:
    case OID_802_3_DELETE_MULTICAST_ADDRESS:
    case OID_PM_REMOVE_WOL_PATTERN:
    case OID_PM_REMOVE_PROTOCOL_OFFLOAD:
        return true;
    default:
        return false;
    }
}

/* A request ends with that status: may it?  `about` = who says so. */
static void judge_status(const NDIS_OID_REQUEST *request, NDIS_STATUS status, const void *about)
{
    if (status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_NOT_ACCEPTED ||
        (request->RequestType != NdisRequestSetInformation && request->RequestType != NdisRequestMethod)) {
        return;
    }
    if (request->DATA.SET_INFORMATION.Oid == OID_PNP_SET_POWER) {
        event_misuse("NdisOidComplete", "OID_PNP_SET_POWER fails, which it may not", about, 0xC4, 0x91001);
    } else if (takes_back(request) && status != NDIS_STATUS_REQUEST_ABORTED) {
        event_misuse("NdisOidComplete", "an OID request fails that takes something back, which it may not",
                     about, 0xC4, 0x91001);
    }
}

/* `about` = who ends it, for a finding; NULL: there is one already. */
static void finish(struct ndis_adapter *adapter, NDIS_OID_REQUEST *request, NDIS_STATUS status,
                   const void *about)
{
    KIRQL old = ke_guard_enter(&adapter->guard);
    bool pending = adapter->oid_current == request && request != NULL;
    if (pending) {
        adapter->oid_current = NULL;
        adapter->oid_telling++;
    }
    bool more = adapter->oid_head != NULL;
    leave(adapter, old);
    if (!pending) {
        event_misuse("DoubleComplete",
                     "an OID request is completed that is not pending: it was completed before, or "
                     "MiniportOidRequest returned another status than NDIS_STATUS_PENDING",
                     request, 0x7C, 0x26);
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x26, (ULONG_PTR)adapter->driver, (ULONG_PTR)request, 0);
    }
    if (about != NULL) {
        judge_status(request, status, about);
    }
    remember(adapter, request, status);
    tell(request, status);
    told(adapter);
    if (more) {
        KeReleaseSemaphore(&adapter->oid_work, IO_NO_INCREMENT, 1, FALSE);
    }
}

/* The next request that may go.  `goes_on`: the caller has handed over one, which is over. */
static NDIS_OID_REQUEST *take(struct ndis_adapter *adapter, bool goes_on)
{
    NDIS_OID_REQUEST *request = NULL;
    KIRQL old = ke_guard_enter(&adapter->guard);
    if (goes_on) {
        adapter->oid_busy = FALSE;
    }
    if (!adapter->oid_busy && !adapter->resetting && adapter->oid_current == NULL &&
        adapter->oid_head != NULL) {
        request = adapter->oid_head;
        adapter->oid_head = slot_of(request)->next;
        if (adapter->oid_head == NULL) {
            adapter->oid_tail = NULL;
        }
        adapter->oid_current = request;
        adapter->oid_busy = TRUE;
        ke_acquires(request);
        ke_acquires(&adapter->oid_current); /* what was done for the one before is over */
    }
    leave(adapter, old);
    return request;
}

/* Calls MiniportOidRequest as long as requests may go.  PASSIVE_LEVEL. */
static void pump(struct ndis_adapter *adapter)
{
    NDIS_OID_REQUEST *request;
    for (bool goes_on = false; (request = take(adapter, goes_on)) != NULL; goes_on = true) {
        ndis_require(adapter->state != ADAPTER_HALTED && adapter->state != ADAPTER_INITIALIZING &&
                         adapter->state != ADAPTER_SHUTDOWN,
                     "OID requests reach a working adapter only");
        MINIPORT_ENTER(frame, "MiniportOidRequest", adapter->driver->handlers.OidRequestHandler);
        NDIS_STATUS status = adapter->driver->handlers.OidRequestHandler(adapter->context, request);
        callback_leave(&frame);
        if (status != NDIS_STATUS_PENDING) {
            finish(adapter, request, status,
                   (const void *)(uintptr_t)adapter->driver->handlers.OidRequestHandler);
        }
    }
}

static void submit(struct ndis_adapter *adapter, NDIS_OID_REQUEST *request)
{
    slot_of(request)->next = NULL;
    ke_releases(request);
    KIRQL old = ke_guard_enter(&adapter->guard);
    if (adapter->oid_tail != NULL) {
        slot_of(adapter->oid_tail)->next = request;
    } else {
        adapter->oid_head = request;
    }
    adapter->oid_tail = request;
    ke_guard_leave(&adapter->guard, old);
    if (ke_irql() == PASSIVE_LEVEL && ke_choose(CHOICE_TIMING, 2) == 0) {
        pump(adapter);
    } else {
        KeReleaseSemaphore(&adapter->oid_work, IO_NO_INCREMENT, 1, FALSE);
    }
}

static void worker(void *context)
{
    struct ndis_adapter *adapter = context;
    while (!adapter->worker_stop) {
        KeWaitForSingleObject(&adapter->oid_work, Executive, KernelMode, FALSE, NULL);
        pump(adapter);
    }
}

void adapter_oid_worker_start(struct ndis_adapter *adapter)
{
    adapter->worker_stop = FALSE;
    adapter->worker = ke_thread_create(worker, adapter, "NDIS OID requests", true);
    ndis_require(adapter->worker != NULL, "there is memory for a thread per adapter");
    adapter->worker->only_joined = TRUE;
}

void adapter_oid_worker_stop(struct ndis_adapter *adapter)
{
    if (adapter->worker == NULL) {
        return;
    }
    adapter->worker_stop = TRUE;
    KeReleaseSemaphore(&adapter->oid_work, IO_NO_INCREMENT, 1, FALSE);
    ke_thread_join(adapter->worker);
    adapter->worker = NULL;
}

void adapter_oid_drain(struct ndis_adapter *adapter)
{
    for (;;) {
        KIRQL old = ke_guard_enter(&adapter->guard);
        bool idle = is_idle(adapter);
        adapter->oid_draining = !idle;
        ke_guard_leave(&adapter->guard, old);
        if (idle) {
            ke_acquires(&adapter->oid_current);
            return;
        }
        KeWaitForSingleObject(&adapter->oid_idle, Executive, KernelMode, FALSE, NULL);
    }
}

void adapter_oid_resume(struct ndis_adapter *adapter)
{
    KeReleaseSemaphore(&adapter->oid_work, IO_NO_INCREMENT, 1, FALSE);
}

static void fill_request(NDIS_OID_REQUEST *request, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer,
                         ULONG length)
{
    request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request->RequestType = type;
    if (type == NdisRequestSetInformation) {
        request->DATA.SET_INFORMATION.Oid = oid;
        request->DATA.SET_INFORMATION.InformationBuffer = buffer;
        request->DATA.SET_INFORMATION.InformationBufferLength = length;
    } else {
        request->DATA.QUERY_INFORMATION.Oid = oid;
        request->DATA.QUERY_INFORMATION.InformationBuffer = buffer;
        request->DATA.QUERY_INFORMATION.InformationBufferLength = length;
    }
}

NDIS_STATUS adapter_oid(struct ndis_adapter *adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer,
                        ULONG length, ULONG *transferred)
{
    struct {
        NDIS_OID_REQUEST request;
        struct oid_wait wait;
    } *own = ke_allocate(sizeof *own);
    if (own == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    fill_request(&own->request, type, oid, buffer, length);
    KeInitializeEvent(&own->wait.done, NotificationEvent, FALSE);
    slot_of(&own->request)->wait = &own->wait;
    submit(adapter, &own->request);
    KeWaitForSingleObject(&own->wait.done, Executive, KernelMode, FALSE, NULL);
    NDIS_STATUS status = own->wait.status;
    if (transferred != NULL) {
        *transferred = type == NdisRequestSetInformation ? own->request.DATA.SET_INFORMATION.BytesRead
                                                         : own->request.DATA.QUERY_INFORMATION.BytesWritten;
    }
    ke_free(own);
    return status;
}

/*
 * Makes an OID request; ends with the binding's completion handler, always (the answer here is
 * NDIS_STATUS_PENDING).  <= DISPATCH_LEVEL.  nf-ndis-ndisoidrequest.
 */
NDIS_STATUS NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    ddi_enter(NdisOidRequest);
    event_calls_out("NdisOidRequest");
    struct ndis_binding *binding = NdisBindingHandle;
    *slot_of(OidRequest) = (struct oid_slot){.binding = binding};
    submit(binding->adapter, OidRequest);
    return NDIS_STATUS_PENDING;
}

static NDIS_OID_REQUEST *take_cancelled(struct ndis_adapter *adapter, PVOID id)
{
    NDIS_OID_REQUEST *before = NULL, *request;
    KIRQL old = ke_guard_enter(&adapter->guard);
    for (request = adapter->oid_head; request != NULL && request->RequestId != id;
         request = slot_of(request)->next) {
        before = request;
    }
    if (request != NULL) {
        NDIS_OID_REQUEST *next = slot_of(request)->next;
        if (before != NULL) {
            slot_of(before)->next = next;
        } else {
            adapter->oid_head = next;
        }
        if (adapter->oid_tail == request) {
            adapter->oid_tail = before;
        }
        adapter->oid_telling++;
    }
    leave(adapter, old);
    return request;
}

/*
 * Cancels requests with that RequestId: those still queued end with NDIS_STATUS_REQUEST_ABORTED, the one that
 * the miniport has pended is left to MiniportCancelOidRequest.  <= DISPATCH_LEVEL.
 * nf-ndis-ndiscanceloidrequest.
 */
VOID NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
    ddi_enter(NdisCancelOidRequest);
    struct ndis_adapter *adapter = ((struct ndis_binding *)NdisBindingHandle)->adapter;
    NDIS_OID_REQUEST *request;
    while ((request = take_cancelled(adapter, RequestId)) != NULL) {
        tell(request, NDIS_STATUS_REQUEST_ABORTED);
        told(adapter);
    }
    if (!adapter_enter(adapter)) {
        return;
    }
    KIRQL old = ke_guard_enter(&adapter->guard);
    bool pending = adapter->oid_current != NULL && adapter->oid_current->RequestId == RequestId;
    ke_guard_leave(&adapter->guard, old);
    if (pending) {
        MINIPORT_ENTER(frame, "MiniportCancelOidRequest", adapter->driver->handlers.CancelOidRequestHandler);
        adapter->driver->handlers.CancelOidRequestHandler(adapter->context, RequestId);
        callback_leave(&frame);
    }
    adapter_leave(adapter);
}

/*
 * Ends a request for which MiniportOidRequest returned NDIS_STATUS_PENDING.  <= DISPATCH_LEVEL.  A request
 * that is not pending: bug check 0x7C/0x26.  nf-ndis-ndismoidrequestcomplete.
 */
VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest,
                             NDIS_STATUS Status)
{
    ddi_enter(NdisMOidRequestComplete);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x26, (ULONG_PTR)MiniportAdapterHandle, (ULONG_PTR)OidRequest, 0);
    }
    event_calls_out("NdisMOidRequestComplete");
    if (Status == NDIS_STATUS_PENDING &&
        event_misuse("NdisOidComplete", "an OID request is completed with NDIS_STATUS_PENDING", OidRequest,
                     0xC4, 0x91001)) {
        finish(adapter, OidRequest, NDIS_STATUS_FAILURE, NULL);
        return;
    }
    finish(adapter, OidRequest, Status, OidRequest);
}

static void finish_direct(struct ndis_adapter *adapter, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    if (slot_of(request)->direct != 1) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x26, (ULONG_PTR)adapter->driver, (ULONG_PTR)request, 0);
    }
    slot_of(request)->direct = 0;
    ndis_require(adapter_enter(adapter), "an adapter is not halted while direct OID requests are pending");
    tell(request, status);
    adapter_about_to_count(adapter, &adapter->sends); /* direct requests are counted with the sends */
    adapter_returned(adapter, __atomic_sub_fetch(&adapter->direct_oids, 1, __ATOMIC_SEQ_CST));
    adapter_leave(adapter);
}

/*
 * Makes a direct OID request, which is serialised with nothing; ends as NdisOidRequest does.
 * NDIS_STATUS_NOT_SUPPORTED when the miniport has no handler.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisdirectoidrequest.
 */
NDIS_STATUS NdisDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    ddi_enter(NdisDirectOidRequest);
    event_calls_out("NdisDirectOidRequest");
    struct ndis_binding *binding = NdisBindingHandle;
    struct ndis_adapter *adapter = binding->adapter;
    if (adapter->driver->handlers.DirectOidRequestHandler == NULL || !adapter_enter(adapter)) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    *slot_of(OidRequest) = (struct oid_slot){.binding = binding, .direct = 1};
    __atomic_add_fetch(&adapter->direct_oids, 1, __ATOMIC_SEQ_CST);
    MINIPORT_ENTER(frame, "MiniportDirectOidRequest", adapter->driver->handlers.DirectOidRequestHandler);
    NDIS_STATUS status = adapter->driver->handlers.DirectOidRequestHandler(adapter->context, OidRequest);
    callback_leave(&frame);
    if (status != NDIS_STATUS_PENDING) {
        finish_direct(adapter, OidRequest, status);
    }
    adapter_leave(adapter);
    return NDIS_STATUS_PENDING;
}

/*
 * Ends a direct request for which MiniportDirectOidRequest returned NDIS_STATUS_PENDING.  <= DISPATCH_LEVEL.
 * nf-ndis-ndismdirectoidrequestcomplete.
 */
VOID NdisMDirectOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest,
                                   NDIS_STATUS Status)
{
    ddi_enter(NdisMDirectOidRequestComplete);
    event_calls_out("NdisMDirectOidRequestComplete");
    finish_direct(adapter_of(MiniportAdapterHandle), OidRequest, Status);
}

/*
 * Makes a synchronous OID request: the miniport's handler is called here and now, beside anything else, and
 * its answer is the request's.  NDIS_STATUS_NOT_SUPPORTED when the miniport has no handler,
 * NDIS_STATUS_NOT_ACCEPTED while it is halted.  <= DISPATCH_LEVEL.  nf-ndis-ndissynchronousoidrequest.
 */
NDIS_STATUS NdisSynchronousOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
    ddi_enter(NdisSynchronousOidRequest);
    event_calls_out("NdisSynchronousOidRequest");
    struct ndis_adapter *adapter = ((struct ndis_binding *)NdisBindingHandle)->adapter;
    MINIPORT_SYNCHRONOUS_OID_REQUEST_HANDLER handler = adapter->driver->handlers.SynchronousOidRequestHandler;
    if (handler == NULL) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    if (!adapter_enter(adapter)) {
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    MINIPORT_ENTER(frame, "MiniportSynchronousOidRequest", handler);
    NDIS_STATUS status = handler(adapter->context, OidRequest);
    callback_leave(&frame);
    if (status == NDIS_STATUS_PENDING &&
        event_misuse("NdisOidComplete", "MiniportSynchronousOidRequest returns NDIS_STATUS_PENDING",
                     (const void *)(uintptr_t)handler, 0xC4, 0x91001)) {
        status = NDIS_STATUS_FAILURE;
    }
    adapter_leave(adapter);
    return status;
}
