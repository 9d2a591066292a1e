/*
 * stack_send.c - the scripted protocol's sends: their shapes are NDIS's freedom, so each is a choice.
 */
#include "scenario/stack.h"

#include "ndis/buffer.h"

#include <string.h>

#define OUTSTANDING_LIMIT 512 /* frames */
#define CHAIN_LIMIT 8         /* NET_BUFFER_LISTs */
#define BUFFER_LIMIT 3        /* NET_BUFFERs in a list */
#define PIECE_LIMIT 4         /* MDLs of a NET_BUFFER */
#define MILLISECOND (-10000LL)

/* How a chain goes down. */
enum way { WAY_PASSIVE, WAY_RAISED, WAY_RAISED_AND_SAID, WAY_DPC, WAYS };

/* A sent NET_BUFFER's: which frame it carries and the memory that holds it. */
#define FRAME_OF(buffer) NET_BUFFER_PROTOCOL_RESERVED(buffer)[0]
#define MEMORY_OF(buffer) NET_BUFFER_PROTOCOL_RESERVED(buffer)[1]

static void free_buffer(NET_BUFFER *buffer)
{
    mdl_free_chain(NET_BUFFER_FIRST_MDL(buffer));
    ke_free(MEMORY_OF(buffer));
    NdisFreeNetBuffer(buffer);
}

static void free_list(NET_BUFFER_LIST *list)
{
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
    while (buffer != NULL) {
        NET_BUFFER *next = NET_BUFFER_NEXT_NB(buffer);
        free_buffer(buffer);
        buffer = next;
    }
    NdisFreeNetBufferList(list);
}

/* Describes [memory, memory + length) with up to `pieces` MDLs. */
static MDL *fragment(unsigned char *memory, ULONG length, ULONG pieces)
{
    MDL *head = NULL, **link = &head;
    while (length > 0) {
        ULONG piece = pieces < 2 ? length : 1 + ke_choose(CHOICE_CHAIN, length);
        MDL *mdl = mdl_allocate_for(memory, piece);
        if (mdl == NULL) {
            break;
        }
        *link = mdl;
        link = &mdl->Next;
        memory += piece;
        length -= piece;
        pieces--;
    }
    if (length == 0) {
        return head;
    }
    mdl_free_chain(head);
    return NULL;
}

/* A NET_BUFFER with a copy of one frame, behind some unused space. */
static NET_BUFFER *make_buffer(struct stack *stack, size_t frame)
{
    const struct capture_frame *from = &stack->frames.capture->frames[frame];
    ULONG unused = ke_choose(CHOICE_CHAIN, 2) * ke_choose(CHOICE_CHAIN, 64);
    unsigned char *memory = ke_allocate(unused + from->length);
    if (memory == NULL) {
        return NULL;
    }
    memcpy(memory + unused, from->data, from->length);
    MDL *chain = fragment(memory, unused + from->length, 1 + ke_choose(CHOICE_CHAIN, PIECE_LIMIT));
    NET_BUFFER *buffer =
        chain == NULL ? NULL : NdisAllocateNetBuffer(stack->pools.buffers, chain, unused, from->length);
    if (buffer == NULL) {
        mdl_free_chain(chain);
        ke_free(memory);
        return NULL;
    }
    FRAME_OF(buffer) = (void *)(uintptr_t)stack->frames.same[frame];
    MEMORY_OF(buffer) = memory;
    return buffer;
}

/* Takes up to `most` of the frames that are still to be sent; returns how many, the first in *first. */
static ULONG take_frames(struct stack *stack, ULONG most, LONG64 *first)
{
    LONG64 next = stack->send_next;
    for (;;) {
        LONG64 left = stack->send_target - next;
        ULONG count = left < (LONG64)most ? (ULONG)(left < 0 ? 0 : left) : most;
        if (count == 0 || __atomic_compare_exchange_n(&stack->send_next, &next, next + count, false,
                                                      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            *first = next;
            return count;
        }
    }
}

static NET_BUFFER_LIST *make_list(struct stack *stack, ULONG most)
{
    LONG64 first;
    ULONG count = take_frames(stack, most, &first);
    NET_BUFFER_LIST *list = count == 0 ? NULL : NdisAllocateNetBufferList(stack->pools.lists, 0, 0);
    if (list == NULL) {
        return NULL;
    }
    if (stack->cancelling && ke_choose(CHOICE_ORDER, 4) == 0) {
        NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(list, stack);
    }
    NET_BUFFER **link = &NET_BUFFER_LIST_FIRST_NB(list);
    for (ULONG n = 0; n < count; n++) {
        NET_BUFFER *buffer = make_buffer(stack, (size_t)(first + n) % stack->frames.capture->count);
        if (buffer == NULL) {
            stack_fault(stack, "not enough memory for the frames to send");
            free_list(list);
            return NULL;
        }
        *link = buffer;
        link = &NET_BUFFER_NEXT_NB(buffer);
    }
    return list;
}

/* Counts a chain in before it goes down: its completion may come at once. */
static void count_in(struct stack *stack, NET_BUFFER_LIST *lists)
{
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        for (NET_BUFFER *b = NET_BUFFER_LIST_FIRST_NB(list); b != NULL; b = NET_BUFFER_NEXT_NB(b)) {
            InterlockedIncrement(&stack->outstanding);
            InterlockedIncrement(&stack->counts[(uintptr_t)FRAME_OF(b)].submitted);
        }
    }
}

static NET_BUFFER_LIST *make_chain(struct stack *stack)
{
    NET_BUFFER_LIST *head = NULL, **link = &head;
    ULONG lists = ke_choose(CHOICE_CHAIN, 2) == 0 ? 1 : 1 + ke_choose(CHOICE_CHAIN, CHAIN_LIMIT);
    for (ULONG n = 0; n < lists; n++) {
        NET_BUFFER_LIST *list = make_list(stack, 1 + ke_choose(CHOICE_CHAIN, BUFFER_LIMIT));
        if (list == NULL) {
            break;
        }
        *link = list;
        link = &NET_BUFFER_LIST_NEXT_NBL(list);
    }
    return head;
}

static void send_raised(struct stack *stack, NET_BUFFER_LIST *lists, ULONG flags)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    NdisSendNetBufferLists(&stack->binding, lists, NDIS_DEFAULT_PORT_NUMBER, flags);
    ke_lower(old);
}

void stack_send_dpc(KDPC *dpc, void *context, void *lists, void *unused)
{
    struct stack *stack = context;
    (void)dpc, (void)unused;
    ULONG flags = ke_choose(CHOICE_IRQL, 2) == 0 ? 0 : NDIS_SEND_FLAGS_DISPATCH_LEVEL;
    NdisSendNetBufferLists(&stack->binding, lists, NDIS_DEFAULT_PORT_NUMBER, flags);
}

static void send_chain(struct stack *stack, KDPC *dpc, NET_BUFFER_LIST *lists)
{
    switch ((enum way)ke_choose(CHOICE_IRQL, WAYS)) {
    case WAY_DPC:
        if (KeInsertQueueDpc(dpc, lists, NULL)) {
            break;
        } /* still queued from the last time */
        send_raised(stack, lists, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
        break;
    case WAY_RAISED:
        send_raised(stack, lists, 0);
        break;
    case WAY_RAISED_AND_SAID:
        send_raised(stack, lists, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
        break;
    default:
        NdisSendNetBufferLists(&stack->binding, lists, NDIS_DEFAULT_PORT_NUMBER, 0);
        break;
    }
}

static void wait_for_room(struct stack *stack)
{
    while (stack->outstanding >= OUTSTANDING_LIMIT && stack->sending) {
        LARGE_INTEGER timeout = {.QuadPart = 5 * MILLISECOND};
        KeWaitForSingleObject(&stack->room, Executive, KernelMode, FALSE, &timeout);
    }
}

/* Now and then cancels.  Unless `cancelling` no frame carries the id, so nothing may be lost by it. */
static void cancel_sometimes(struct stack *stack)
{
    if (ke_choose(CHOICE_ORDER, stack->cancelling ? 4 : 64) == 0) {
        KIRQL old = stack_some_level();
        NdisCancelSendNetBufferLists(&stack->binding, stack);
        ke_lower(old);
    }
}

void stack_send_loop(void *context)
{
    struct stack *stack = context;
    unsigned number = (unsigned)InterlockedIncrement(&stack->senders_started) - 1;
    while (stack->sending) {
        wait_for_room(stack);
        NET_BUFFER_LIST *chain = make_chain(stack);
        if (chain == NULL) {
            return;
        }
        count_in(stack, chain);
        send_chain(stack, &stack->send_dpcs[number % STACK_SENDERS], chain);
        cancel_sometimes(stack);
    }
}

void stack_send_complete(void *context, NET_BUFFER_LIST *lists, ULONG flags)
{
    struct stack *stack = context;
    if (!UNDIS_CHECKED && (flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) != 0 &&
        ke_irql() != DISPATCH_LEVEL) { /* checked: IrqlTooLow */
        stack_warn(stack, "NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL was set at another IRQL");
    }
    LONG done = 0;
    while (lists != NULL) {
        NET_BUFFER_LIST *list = lists;
        lists = NET_BUFFER_LIST_NEXT_NBL(list);
        bool success = NET_BUFFER_LIST_STATUS(list) == NDIS_STATUS_SUCCESS;
        if (NET_BUFFER_LIST_STATUS(list) == NDIS_STATUS_PAUSED) {
            stack->sending = false; /* as a protocol does: no more until it is restarted */
        }
        for (NET_BUFFER *b = NET_BUFFER_LIST_FIRST_NB(list); b != NULL; b = NET_BUFFER_NEXT_NB(b)) {
            if (success) {
                InterlockedIncrement(&stack->counts[(uintptr_t)FRAME_OF(b)].succeeded);
            }
            done++;
        }
        free_list(list);
    }
    __atomic_add_fetch(&stack->completed, done, __ATOMIC_SEQ_CST);
    if (__atomic_sub_fetch(&stack->outstanding, done, __ATOMIC_SEQ_CST) < OUTSTANDING_LIMIT / 2) {
        KeSetEvent(&stack->room, IO_NO_INCREMENT, FALSE);
    }
}
