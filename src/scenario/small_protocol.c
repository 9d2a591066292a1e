/*
 * small_protocol.c - the protocol of a small life (contract in small_parts.h and small_protocol.h).
 */
#include "scenario/small_protocol.h"

#include "ke/observer.h"
#include "ndis/buffer.h"

#include <string.h>

#define TAG_LIST 0x6D73424C   /* "LBsm" */
#define TAG_BUFFER 0x6D73424E /* "NBsm" */

static void return_kept(KDPC *dpc, void *context, void *lists, void *unused);

/* ---- sends -------------------------------------------------------------------------------------------- */

/* Frames are told apart by the byte behind the header. */
static void fill_frame(unsigned char *frame, unsigned char mark)
{
    static const unsigned char header[14] = {0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00};
    memset(frame, 0, SMALL_FRAME);
    memcpy(frame, header, sizeof header);
    frame[sizeof header] = mark;
}

static bool make_send(struct small *small, struct small_end *end, struct small_send *send, unsigned char mark)
{
    fill_frame(send->frame, mark);
    KeInitializeEvent(&send->done, NotificationEvent, FALSE);
    MDL *mdl = mdl_allocate_for(send->frame, SMALL_FRAME);
    NET_BUFFER *buffer = mdl == NULL ? NULL : NdisAllocateNetBuffer(end->pools.buffers, mdl, 0, SMALL_FRAME);
    send->list = buffer == NULL ? NULL : NdisAllocateNetBufferList(end->pools.lists, 0, 0);
    if (send->list == NULL) {
        if (buffer != NULL) {
            NdisFreeNetBuffer(buffer);
        }
        mdl_free_chain(mdl);
        return false;
    }
    NET_BUFFER_LIST_FIRST_NB(send->list) = buffer;
    small->send_count++;
    return true;
}

bool protocol_make_sends(struct small *small)
{
    for (unsigned i = 0; i < (small->has_wire ? SMALL_PEERS : SMALL_SENDS); i++) {
        struct small_end *end = i == SMALL_PEERS ? &small->peer : &small->end;
        if (!make_send(small, end, &small->sends[i], (unsigned char)(1 + i))) {
            return false;
        }
    }
    KeInitializeDpc(&small->return_dpc, return_kept, small);
    KeSetTargetProcessorDpc(&small->return_dpc, 0);
    for (unsigned i = 0; i < SMALL_OFFERS; i++) {
        fill_frame(small->offers[i], (unsigned char)(0x81 + i));
    }
    return true;
}

void protocol_free_sends(struct small *small)
{
    for (unsigned i = 0; i < small->send_count; i++) {
        struct small_send *send = &small->sends[i];
        if (send->submitted && send->completed == 0) {
            continue; /* the miniport has it still */
        }
        NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(send->list);
        mdl_free(NET_BUFFER_FIRST_MDL(buffer));
        NdisFreeNetBuffer(buffer);
        NdisFreeNetBufferList(send->list);
    }
    small->send_count = 0;
}

/* NDIS may send at PASSIVE_LEVEL, or at DISPATCH_LEVEL and say so; of two sends the first shows it. */
void small_send(struct small *small, unsigned number, bool with_cancel_id)
{
    struct small_send *send = &small->sends[number];
    if (with_cancel_id) {
        NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(send->list, small);
    }
    send->submitted = true;
    if (number != 0 || ke_choose(CHOICE_IRQL, 2) == 0) {
        NdisSendNetBufferLists(&small->end.binding, send->list, NDIS_DEFAULT_PORT_NUMBER, 0);
        return;
    }
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    NdisSendNetBufferLists(&small->end.binding, send->list, NDIS_DEFAULT_PORT_NUMBER,
                           NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    ke_lower(old);
}

void small_await_send(struct small *small, unsigned number)
{
    KeWaitForSingleObject(&small->sends[number].done, Executive, KernelMode, FALSE, NULL);
}

void small_cancel(struct small *small)
{
    NdisCancelSendNetBufferLists(&small->end.binding, small);
}

static struct small_send *find_send(struct small *small, const NET_BUFFER_LIST *list)
{
    for (unsigned i = 0; i < SMALL_SENDS; i++) {
        if (small->sends[i].list == list) {
            return &small->sends[i];
        }
    }
    return NULL;
}

static void send_complete(void *context, NET_BUFFER_LIST *lists, ULONG flags)
{
    struct small_end *end = context;
    (void)flags;
    while (lists != NULL) {
        NET_BUFFER_LIST *next = NET_BUFFER_LIST_NEXT_NBL(lists);
        struct small_send *send = find_send(end->small, lists);
        small_expect(end->small, send != NULL && send->submitted, "what is completed was sent");
        if (send != NULL) {
            ke_about_to_change(send);
            small_expect(end->small, InterlockedIncrement(&send->completed) == 1, "a send is completed once");
            send->status = NET_BUFFER_LIST_STATUS(lists);
            KeSetEvent(&send->done, IO_NO_INCREMENT, FALSE);
        }
        lists = next;
    }
}

static void verify_send(struct small *small, const struct small_send *send)
{
    if (!send->submitted) {
        small_expect(small, send->on_wire == 0, "what was not sent is not on the wire");
        return;
    }
    small_expect(small, send->completed == 1, "a send is completed before a pause is");
    small_expect(small, send->on_wire <= 1, "a frame is put on the wire once");
    if (small->has_wire && send->completed == 1) {
        small_expect(small, send->status != NDIS_STATUS_SUCCESS || send->on_wire == 1,
                     "a send is completed with success when its frame was on the wire");
        small_expect(small, send->status != NDIS_STATUS_SEND_ABORTED || send->on_wire == 0,
                     "a cancelled frame is not on the wire");
    }
}

void protocol_verify(struct small *small)
{
    for (unsigned i = 0; i < small->send_count; i++) {
        verify_send(small, &small->sends[i]);
    }
    small_expect(small, !small->has_wire || small->received <= (LONG)small->offer_next,
                 "a frame is received as often as it was on the wire");
}

/* ---- receives ------------------------------------------------------------------------------------------ */

static bool was_offered(const struct small *small, NET_BUFFER *buffer)
{
    unsigned char storage[SMALL_FRAME];
    const unsigned char *data = NET_BUFFER_DATA_LENGTH(buffer) < SMALL_FRAME
                                    ? NULL
                                    : NdisGetDataBuffer(buffer, SMALL_FRAME, storage, 1, 0);
    for (unsigned i = 0; i < SMALL_OFFERS && data != NULL; i++) {
        if (memcmp(data, small->offers[i], SMALL_FRAME) == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < SMALL_SENDS && data != NULL && !small->has_wire; i++) {
        if (memcmp(data, small->sends[i].frame, SMALL_FRAME) == 0) {
            return true;
        }
    }
    return false;
}

static ULONG return_flags(ULONG receive_flags)
{
    return (receive_flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0 ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0;
}

static void return_kept(KDPC *dpc, void *context, void *lists, void *unused)
{
    struct small *small = context;
    (void)dpc, (void)unused;
    NdisReturnNetBufferLists(&small->end.binding, lists, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}

/* A protocol may return what it gets at once, or later from elsewhere. */
static void receive(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    struct small_end *end = context;
    struct small *small = end->small;
    (void)port, (void)count;
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        for (NET_BUFFER *b = NET_BUFFER_LIST_FIRST_NB(list); b != NULL; b = NET_BUFFER_NEXT_NB(b)) {
            small_expect(small, was_offered(small, b), "what is received was on the wire");
            InterlockedIncrement(&small->received);
        }
    }
    if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0) {
        return; /* the miniport's again as soon as this returns */
    }
    bool later = end == &small->end && ke_choose(CHOICE_TIMING, 2) == 1;
    if (!later || !KeInsertQueueDpc(&small->return_dpc, lists, NULL)) {
        NdisReturnNetBufferLists(&end->binding, lists, return_flags(flags));
    }
}

/* To a miniport without hardware frames come from its other adapter. */
void small_offer(struct small *small)
{
    if (!small->has_wire) {
        small->sends[SMALL_PEERS].submitted = true;
        NdisSendNetBufferLists(&small->peer.binding, small->sends[SMALL_PEERS].list, NDIS_DEFAULT_PORT_NUMBER,
                               0);
        return;
    }
    ke_about_to_change(small->device);
    small->offer_target++;
    wire_kick(small->wire);
}

bool small_wire_offers(void *context)
{
    const struct small *small = context;
    return small->offer_next < small->offer_target && small->offer_next < SMALL_OFFERS;
}

size_t small_wire_next(void *context, uint8_t *frame)
{
    struct small *small = context;
    if (!small_wire_offers(small)) {
        return 0;
    }
    memcpy(frame, small->offers[small->offer_next++], SMALL_FRAME);
    return SMALL_FRAME;
}

void small_wire_sent(void *context, const uint8_t *frame, size_t length)
{
    struct small *small = context;
    for (unsigned i = 0; i < SMALL_SENDS; i++) {
        if (length == SMALL_FRAME && memcmp(frame, small->sends[i].frame, SMALL_FRAME) == 0) {
            small->sends[i].on_wire++;
            return;
        }
    }
    small_expect(small, false, "what is on the wire was sent");
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static void oid_complete(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
    struct small_end *end = context;
    (void)request;
    small_expect(end->small, status != NDIS_STATUS_PENDING, "a completed request is not pending");
    ndis_gate_open(&end->small->oid_done);
}

void small_ask(struct small *small, NDIS_OID oid)
{
    struct question {
        NDIS_OID_REQUEST request;
        ULONG64 answer[64];
    } *question = ke_allocate(sizeof *question);
    ndis_require(question != NULL, "there is memory for a request");
    ndis_gate_initialize(&small->oid_done);
    question->request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    question->request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    question->request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    question->request.RequestType = NdisRequestQueryInformation;
    question->request.DATA.QUERY_INFORMATION.Oid = oid;
    question->request.DATA.QUERY_INFORMATION.InformationBuffer = question->answer;
    question->request.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof question->answer;
    NdisOidRequest(&small->end.binding, &question->request);
    ndis_gate_wait(&small->oid_done);
    ke_free(question);
}

static void status(void *context, const NDIS_STATUS_INDICATION *indication)
{
    (void)context, (void)indication;
}

/* ---- the binding --------------------------------------------------------------------------------------- */

static const struct ndis_binding_handlers handlers = {
    .send_complete = send_complete,
    .receive = receive,
    .oid_complete = oid_complete,
    .status = status,
};

bool protocol_bind(struct small_end *end)
{
    binding_open(&end->binding, end->adapter, &handlers, end);
    end->bound = true;
    return send_pools_make(&end->pools, &end->binding, TAG_LIST, TAG_BUFFER);
}

void protocol_unbind(struct small_end *end)
{
    if (end->bound) {
        binding_close(&end->binding);
        end->bound = false;
    }
}

bool protocol_filter_set(struct small_end *end)
{
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
                   NDIS_PACKET_TYPE_PROMISCUOUS;
    return adapter_oid(end->adapter, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter,
                       sizeof filter, NULL) == NDIS_STATUS_SUCCESS;
}
