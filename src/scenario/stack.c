/*
 * stack.c - the scripted protocol: made, bound, started, stopped, and its OID requests.
 */
#include "scenario/stack.h"

#include <string.h>

#define TAG_LIST 0x7473424C   /* "LBst" */
#define TAG_BUFFER 0x7473424E /* "NBst" */

static const struct ndis_binding_handlers handlers = {
    .send_complete = stack_send_complete,
    .receive = stack_receive,
    .oid_complete = stack_oid_complete,
    .status = stack_status,
};

void stack_fault(struct stack *stack, const char *fault)
{
    const char *none = NULL;
    __atomic_compare_exchange_n(&stack->fault, &none, fault, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void stack_warn(struct stack *stack, const char *warning)
{
    const char *none = NULL;
    __atomic_compare_exchange_n(&stack->warning, &none, warning, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

bool stack_create(struct stack *stack, const struct capture *capture)
{
    memset(stack, 0, sizeof *stack);
    KeInitializeEvent(&stack->room, SynchronizationEvent, FALSE);
    KeInitializeEvent(&stack->kept_some, SynchronizationEvent, FALSE);
    KeInitializeEvent(&stack->oids_done, NotificationEvent, TRUE);
    stack->counts = ke_allocate(capture->count * sizeof *stack->counts);
    return frame_set_create(&stack->frames, capture) && stack->counts != NULL;
}

void stack_destroy(struct stack *stack)
{
    frame_set_destroy(&stack->frames);
    ke_free(stack->counts);
    stack->counts = NULL;
}

bool stack_bind(struct stack *stack, struct ndis_adapter *adapter)
{
    stack->adapter = adapter;
    stack->bound = true;
    binding_open(&stack->binding, adapter, &handlers, stack);
    return send_pools_make(&stack->pools, &stack->binding, TAG_LIST, TAG_BUFFER);
}

void stack_unbind(struct stack *stack)
{
    if (!stack->bound) {
        return;
    }
    binding_close(&stack->binding);
    send_pools_free(&stack->pools);
    event_send(EVENT_OWNER_END, &stack->binding, 0, 0, 0, 0);
    stack->bound = false;
}

static bool start_threads(struct stack *stack)
{
    stack->sender_count = ke_processor_count < STACK_SENDERS ? ke_processor_count : STACK_SENDERS;
    if (stack->sender_count < 2) {
        stack->sender_count = 2;
    }
    for (unsigned n = 0; n < STACK_SENDERS; n++) {
        KeInitializeDpc(&stack->send_dpcs[n], stack_send_dpc, stack);
        KeSetTargetProcessorDpc(&stack->send_dpcs[n], (CCHAR)((n + 1) % ke_processor_count));
    }
    KeInitializeDpc(&stack->return_dpc, stack_return_dpc, stack);
    stack->returner = ke_thread_create(stack_return_loop, stack, "stack return", true);
    bool all = stack->returner != NULL;
    for (unsigned n = 0; n < stack->sender_count; n++) {
        stack->senders[n] = ke_thread_create(stack_send_loop, stack, "stack send", true);
        all = all && stack->senders[n] != NULL;
    }
    return all;
}

bool stack_start(struct stack *stack, uint64_t frames)
{
    memset(stack->counts, 0, stack->frames.capture->count * sizeof *stack->counts);
    stack->send_next = stack->offer_next = 0;
    stack->completed = stack->received = 0;
    stack->send_target = (LONG64)frames;
    stack->sending = true;
    stack->returning = true;
    __atomic_store_n(&stack->offer_target, stack->wire == NULL ? 0 : (LONG64)frames, __ATOMIC_SEQ_CST);
    if (!start_threads(stack)) {
        stack_stop(stack);
        return false;
    }
    if (stack->wire != NULL) {
        wire_kick(stack->wire);
    }
    return true;
}

bool stack_finished(const struct stack *stack)
{
    bool sent = stack->completed >= stack->send_target;
    bool received = stack->offer_next >= stack->offer_target && stack->received >= stack->offer_target;
    return (sent && received) || stack->fault != NULL;
}

static void join(struct _KTHREAD **thread)
{
    if (*thread != NULL) {
        ke_thread_join(*thread);
        *thread = NULL;
    }
}

void stack_stop(struct stack *stack)
{
    stack->sending = false;
    __atomic_store_n(&stack->offer_target, 0, __ATOMIC_SEQ_CST);
    KeSetEvent(&stack->room, IO_NO_INCREMENT, FALSE);
    for (unsigned n = 0; n < stack->sender_count; n++) {
        join(&stack->senders[n]);
    }
    stack->returning = false;
    KeSetEvent(&stack->kept_some, IO_NO_INCREMENT, FALSE);
    join(&stack->returner);
    KeFlushQueuedDpcs();
}

bool stack_is_quiet(struct stack *stack)
{
    stack_return_kept(stack);
    return stack->outstanding == 0 && stack->kept == NULL && stack->adapter->sends == 0 &&
           stack->adapter->receives == 0;
}

/* ---- OID requests and status ------------------------------------------------------------------------- */

/* One request with room for its answer. */
struct question {
    NDIS_OID_REQUEST request;
    ULONG64 answer[128];
};

void stack_oid_complete(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    struct stack *stack = context;
    if (status == NDIS_STATUS_PENDING) {
        stack_fault(stack, "an OID request was completed with NDIS_STATUS_PENDING");
    }
    if (request->RequestType != NdisRequestSetInformation && status == NDIS_STATUS_SUCCESS &&
        request->DATA.QUERY_INFORMATION.BytesWritten >
            request->DATA.QUERY_INFORMATION.InformationBufferLength) {
        stack_fault(stack, "an OID request was answered with more bytes than its buffer has");
    }
    if (__atomic_sub_fetch(&stack->oids_pending, 1, __ATOMIC_SEQ_CST) == 0) {
        KeSetEvent(&stack->oids_done, IO_NO_INCREMENT, FALSE);
    }
}

static void fill(struct question *question, NDIS_OID oid, NDIS_REQUEST_TYPE type)
{
    NDIS_OID_REQUEST *request = &question->request;
    request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request->RequestType = type;
    request->DATA.QUERY_INFORMATION.Oid = oid;
    request->DATA.QUERY_INFORMATION.InformationBuffer = question->answer;
    request->DATA.QUERY_INFORMATION.InformationBufferLength = sizeof question->answer;
}

KIRQL stack_some_level(void)
{
    return ke_choose(CHOICE_IRQL, 2) == 0 ? ke_irql() : ke_raise(DISPATCH_LEVEL);
}

/* At either level; now and then the protocol takes it back. */
static void request(struct stack *stack, NDIS_OID_REQUEST *request)
{
    request->RequestId = request;
    KIRQL old = stack_some_level();
    NdisOidRequest(&stack->binding, request);
    ke_lower(old);
    if (ke_choose(CHOICE_ORDER, 16) == 0) {
        old = stack_some_level();
        NdisCancelOidRequest(&stack->binding, request);
        ke_lower(old);
    }
}

/* Direct requests wait for nobody, so one may overtake those before it. */
static void request_directly(struct stack *stack, NDIS_OID_REQUEST *request)
{
    KIRQL old = stack_some_level();
    NDIS_STATUS status = NdisDirectOidRequest(&stack->binding, request);
    ke_lower(old);
    if (status == NDIS_STATUS_NOT_SUPPORTED) {
        stack_oid_complete(stack, request, status);
    }
}

NDIS_STATUS stack_ask(struct stack *stack)
{
    static const NDIS_OID oids[] = {
        OID_GEN_SUPPORTED_LIST,       OID_GEN_STATISTICS,
        OID_GEN_MAXIMUM_TOTAL_SIZE,   OID_GEN_VENDOR_DESCRIPTION,
        OID_802_3_CURRENT_ADDRESS,    OID_GEN_XMIT_OK,
        OID_GEN_INTERRUPT_MODERATION, 0xFF0101FF /* no miniport knows this one */};
    enum { COUNT = sizeof oids / sizeof oids[0] };
    struct question *questions = ke_allocate((COUNT + 1) * sizeof *questions);
    if (questions == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    KeClearEvent(&stack->oids_done);
    __atomic_store_n(&stack->oids_pending, COUNT + 1, __ATOMIC_SEQ_CST);
    for (int n = 0; n < COUNT; n++) {
        fill(&questions[n], oids[n], n % 3 == 1 ? NdisRequestQueryStatistics : NdisRequestQueryInformation);
        request(stack, &questions[n].request);
    }
    fill(&questions[COUNT], 0xFF0101FF, NdisRequestMethod);
    request_directly(stack, &questions[COUNT].request);
    KeWaitForSingleObject(&stack->oids_done, Executive, KernelMode, FALSE, NULL);
    ke_free(questions);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS stack_filter_set(struct stack *stack)
{
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |
                   NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS;
    return adapter_oid(stack->adapter, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter,
                       sizeof filter, NULL);
}

void stack_status(void *context, const NDIS_STATUS_INDICATION *indication)
{
    struct stack *stack = context;
    if (indication->StatusCode == NDIS_STATUS_LINK_STATE &&
        indication->StatusBufferSize >= sizeof(NDIS_LINK_STATE)) {
        const NDIS_LINK_STATE *link = indication->StatusBuffer;
        stack->connected = link->MediaConnectState == MediaConnectStateConnected;
    }
}
