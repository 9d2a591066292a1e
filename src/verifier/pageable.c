/*
 * pageable.c - PagedCodeAtDispatch: code that may be paged out runs at DISPATCH_LEVEL or above
 * (ke/pageable.h).
 *
 * It is noticed where the code calls the DDI, where it is called back, and, in a driver that is built with
 * --instrument, where a function is entered.  Said once for each function.
 */
#include "verifier/verifier.h"

#define EXECUTE 8 /* parameter 3 of 0xD1 */

/* The stack, which has no frame of the driver when a callback is only about to be entered. */
static void take_stack(struct stack_trace *trace, const struct event *event)
{
    stack_trace_take(trace, event);
    if (trace->depth == 0) {
        trace->pc[trace->depth++] = event->value[0];
    }
}

static void hear(struct event *event)
{
    uintptr_t pc = event->value[0];
    struct stack_trace trace;
    if (verifier_processor(event) == NULL || frame_is_forgiven(event)) {
        return;
    }
    take_stack(&trace, event);
    struct finding *finding =
        finding_begin_site("PagedCodeAtDispatch", event, (uintptr_t)event->object, "victim", &trace,
                           "code in a pageable section runs at %s", irql_name(event->irql));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xD1, pc, event->irql, EXECUTE, pc);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static struct event_listener listener = {
    .name = "pageable code",
    .kinds = 1ull << EVENT_PAGEABLE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
