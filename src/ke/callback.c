/*
 * callback.c - the bracket around every call of driver code.
 */
#include "ke/event.h"
#include "ke/pageable.h"
#include "ke/run.h"

/*
 * The frame is linked to the processor; the scheduler moves it along with the thread.  Stack walks made
 * in the callback stop at the frame of whoever calls callback_enter.
 */
void callback_enter(struct callback_frame *frame, enum callback_kind kind, const char *name,
                    const void *routine)
{
    KIRQL irql = ke_mask();
    struct ke_processor *processor = ke_processor();
    *frame = (struct callback_frame){
        .kind = kind,
        .irql = irql,
        .name = name,
        .routine = routine,
        .stack_root = *(void **)__builtin_frame_address(0),
        .outer = processor->callback,
        .seal = ~(uintptr_t)frame,
    };
    processor->callback = frame;
    ke_unmask(irql);
    event_send(EVENT_CALLBACK_ENTER, routine, kind, (uintptr_t)frame, 0, 0);
    ke_pageable_enter((uintptr_t)routine);
}

/* Nothing in an overwritten frame can be trusted, its links least of all. */
static void stop_for_smashed_stack(void)
{
    KIRQL irql = ke_mask();
    ke_processor()->callback = NULL;
    ke_unmask(irql);
    ke_bugcheck(0x139, 2, 0, 0, 0); /* KERNEL_SECURITY_CHECK_FAILURE: a stack buffer was overrun */
}

void callback_leave(struct callback_frame *frame)
{
    if (!callback_intact(frame)) {
        stop_for_smashed_stack();
    }
    event_ends_matter(ke_irql() != frame->irql);
    event_send(EVENT_CALLBACK_LEAVE, frame->routine, frame->kind, (uintptr_t)frame, 0, 0);
    if (ke_irql() != frame->irql) {
        ke_lower(frame->irql);
    }
    KIRQL irql = ke_mask();
    ke_processor()->callback = frame->outer;
    ke_unmask(irql);
}
