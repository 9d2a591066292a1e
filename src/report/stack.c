/*
 * stack.c - stack walks by frame pointers, at any IRQL and in fault handlers.
 *
 * Drivers and undis are compiled with frame pointers.  A walk stays between the stack pointer and the
 * innermost callback's root frame (or, outside any callback, the end of the thread's stack), so that a
 * garbage frame pointer ends it instead of faulting.  Not guaranteed: that code compiled without frame
 * pointers (the C library) shows its callers completely.
 */
#include "report/finding.h"

#include "ke/thread.h"

#include <string.h>

#define FIRST_PAGE 4096 /* a pc in it is a call through a null pointer */

/* How far up a walk that starts at `sp` may read: the end of the last readable frame; 0: not at all. */
static uintptr_t limit_above(uintptr_t sp)
{
    const struct ke_processor *processor = ke_processor();
    if (processor == NULL || processor == &ke_outside) {
        return 0;
    }
    const struct callback_frame *callback = processor->callback;
    if (callback != NULL) {
        uintptr_t root = (uintptr_t)callback->stack_root;
        return root > sp ? root : 0;
    }
    if (processor->current == NULL) {
        return 0;
    }
    const struct host_stack *stack = &processor->current->host.stack;
    uintptr_t base = (uintptr_t)stack->base;
    return sp >= base && sp < base + stack->size ? base + stack->size : 0;
}

static void add(struct stack_trace *trace, uintptr_t pc)
{
    if (trace->depth < FINDING_FRAMES && !host_is_own(pc)) { /* its frames are not shown */
        trace->pc[trace->depth++] = pc;
    }
}

__attribute__((no_sanitize("address"))) static void walk(struct stack_trace *trace, uintptr_t sp,
                                                         uintptr_t fp, uintptr_t limit)
{
    uintptr_t low = sp;
    while (trace->depth < FINDING_FRAMES && fp >= low && fp % sizeof(uintptr_t) == 0 &&
           limit > 2 * sizeof(fp) && fp <= limit - 2 * sizeof(fp)) {
        const uintptr_t *frame = (const uintptr_t *)fp;
        if (frame[1] == 0) {
            return;
        }
        add(trace, frame[1]);
        low = fp + 2 * sizeof(fp);
        fp = frame[0];
    }
}

/* From the point at which code was stopped: its own pc first. */
__attribute__((no_sanitize("address"))) static void
walk_from(struct stack_trace *trace, const struct host_registers *registers, uintptr_t limit)
{
    /* Readers take a frame for a return address and look one byte before it; this one is exact. */
    add(trace, registers->pc + 1);
    if (registers->pc < FIRST_PAGE && registers->sp % sizeof(uintptr_t) == 0 &&
        registers->sp + sizeof(uintptr_t) <= limit) {
        add(trace, *(const uintptr_t *)registers->sp); /* a call through a null pointer: who called */
    }
    walk(trace, registers->sp, registers->fp, limit);
}

__attribute__((noinline)) void stack_trace_take(struct stack_trace *trace, const struct event *event)
{
    trace->depth = 0;
    if (event != NULL && event->registers != NULL) {
        walk_from(trace, event->registers, limit_above(event->registers->sp));
        return;
    }
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    walk(trace, here, here, limit_above(here));
}

void stack_trace_of(struct stack_trace *trace, const struct host_registers *registers, const void *root)
{
    trace->depth = 0;
    uintptr_t limit = (uintptr_t)root;
    walk_from(trace, registers, limit > registers->sp ? limit : 0);
}

bool stack_holds(const void *address)
{
    const struct ke_processor *processor = ke_processor();
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), at = (uintptr_t)address;
    if (processor == NULL || processor == &ke_outside) {
        return false;
    }
    /* The innermost callback runs on this very stack. */
    if (processor->callback != NULL && at >= here && at < (uintptr_t)processor->callback->stack_root) {
        return true;
    }
    if (processor->current == NULL) {
        return false;
    }
    const struct host_stack *stack = &processor->current->host.stack;
    return at >= (uintptr_t)stack->base && at < (uintptr_t)stack->base + stack->size;
}
