/*
 * stack_receive.c - what the scripted protocol does with received NET_BUFFER_LISTs: looks at them, keeps
 * some, and returns them at once, later from a thread, or from a DPC on another processor, singly or in
 * chains.
 */
#include "scenario/stack.h"

#define KEPT_LIMIT 24
#define MILLISECOND (-10000LL)

static void look_at(struct stack *stack, NET_BUFFER *buffer)
{
    uint8_t storage[ETHERNET_MAXIMUM_FRAME];
    ULONG length = NET_BUFFER_DATA_LENGTH(buffer);
    const uint8_t *data = length > sizeof storage ? NULL : NdisGetDataBuffer(buffer, length, storage, 1, 0);
    long found = data == NULL ? -1 : frame_set_find(&stack->frames, data, length);
    if (found >= 0) {
        InterlockedIncrement(&stack->counts[found].received);
    } else {
        stack_fault(stack, "a frame was received with contents that were never on the wire");
    }
    InterlockedIncrement64(&stack->received);
}

static void look_at_all(struct stack *stack, NET_BUFFER_LIST *lists)
{
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        for (NET_BUFFER *b = NET_BUFFER_LIST_FIRST_NB(list); b != NULL; b = NET_BUFFER_NEXT_NB(b)) {
            look_at(stack, b);
        }
    }
}

static void keep(struct stack *stack, NET_BUFFER_LIST *lists, ULONG count)
{
    NET_BUFFER_LIST *last = lists;
    while (NET_BUFFER_LIST_NEXT_NBL(last) != NULL) {
        last = NET_BUFFER_LIST_NEXT_NBL(last);
    }
    KIRQL old = ke_guard_enter(&stack->kept_guard);
    NET_BUFFER_LIST_NEXT_NBL(last) = stack->kept;
    stack->kept = lists;
    stack->kept_count += (LONG)count;
    ke_guard_leave(&stack->kept_guard, old);
    KeSetEvent(&stack->kept_some, IO_NO_INCREMENT, FALSE);
}

/* Takes up to `most` of the kept ones. */
static NET_BUFFER_LIST *take(struct stack *stack, ULONG most)
{
    KIRQL old = ke_guard_enter(&stack->kept_guard);
    NET_BUFFER_LIST *head = stack->kept, **link = &stack->kept;
    while (most > 0 && *link != NULL) {
        link = &NET_BUFFER_LIST_NEXT_NBL(*link);
        stack->kept_count--;
        most--;
    }
    NET_BUFFER_LIST *rest = *link;
    if (head != rest) {
        *link = NULL;
        stack->kept = rest;
    } else {
        head = NULL;
    }
    ke_guard_leave(&stack->kept_guard, old);
    return head;
}

static ULONG return_flags(ULONG receive_flags)
{
    return (receive_flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0 ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0;
}

void stack_receive(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    struct stack *stack = context;
    (void)port;
    if (!UNDIS_CHECKED && (flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0 &&
        ke_irql() != DISPATCH_LEVEL) { /* checked: IrqlTooLow */
        stack_warn(stack, "NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL was set at another IRQL");
    }
    look_at_all(stack, lists);
    if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0) {
        return; /* the miniport's again as soon as this returns */
    }
    if (stack->returning && stack->kept_count + (LONG)count <= KEPT_LIMIT &&
        ke_choose(CHOICE_TIMING, 3) == 0) {
        keep(stack, lists, count);
    } else {
        NdisReturnNetBufferLists(&stack->binding, lists, return_flags(flags));
    }
}

void stack_return_dpc(KDPC *dpc, void *context, void *lists, void *unused)
{
    struct stack *stack = context;
    (void)dpc, (void)unused;
    NdisReturnNetBufferLists(&stack->binding, lists,
                             ke_choose(CHOICE_IRQL, 2) == 0 ? 0 : NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}

static void give_back(struct stack *stack, NET_BUFFER_LIST *lists)
{
    switch (ke_choose(CHOICE_IRQL, 3)) {
    case 0:
        KeSetTargetProcessorDpc(&stack->return_dpc, (CCHAR)ke_choose(CHOICE_PLACEMENT, ke_processor_count));
        if (KeInsertQueueDpc(&stack->return_dpc, lists, NULL)) {
            return;
        }
        NdisReturnNetBufferLists(&stack->binding, lists, 0);
        return;
    case 1: {
        KIRQL old = ke_raise(DISPATCH_LEVEL);
        NdisReturnNetBufferLists(&stack->binding, lists, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
        ke_lower(old);
        return;
    }
    default:
        NdisReturnNetBufferLists(&stack->binding, lists, 0);
        return;
    }
}

void stack_return_kept(struct stack *stack)
{
    NET_BUFFER_LIST *lists;
    while ((lists = take(stack, ke_choose(CHOICE_CHAIN, 2) == 0 ? 1 : 1 + ke_choose(CHOICE_CHAIN, 8))) !=
           NULL) {
        give_back(stack, lists);
    }
}

void stack_return_loop(void *context)
{
    struct stack *stack = context;
    for (;;) {
        bool last = !stack->returning;
        LARGE_INTEGER timeout = {.QuadPart = 2 * MILLISECOND};
        if (!last) {
            KeWaitForSingleObject(&stack->kept_some, Executive, KernelMode, FALSE, &timeout);
        }
        stack_return_kept(stack);
        if (last) {
            return;
        }
    }
}
