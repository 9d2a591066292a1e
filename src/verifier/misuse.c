/*
 * misuse.c - rules that the library sees broken where it happens (EVENT_MISUSE): it says which, and here it
 * becomes a finding.
 */
#include "verifier/verifier.h"

static void hear(struct event *event)
{
    const char *rule = (const char *)event->value[0];
    const struct rule *known = rule_find(rule);
    if (known == NULL || !rule_is_looked_for(known)) {
        return;
    }
    event->skip = true;
    struct verifier_processor *me = verifier_processor(event);
    struct stack_trace trace;
    stack_trace_take(&trace, event);
    if (trace.depth == 0 && image_of((uintptr_t)event->object) != NULL) { /* a routine that has returned */
        trace.depth = 1;
        trace.pc[0] = (uintptr_t)event->object + 1;
    }
    struct finding *finding =
        finding_begin_at(rule, event, "victim", &trace, "%s", (const char *)event->value[1]);
    if (event->value[2] != 0) {
        fault_explained(event); /* what Windows stops for may be stopped for here */
    }
    if (finding != NULL) {
        if (event->value[2] != 0) {
            finding_bugcheck(finding, (uint32_t)event->value[2], event->value[3], (uintptr_t)event->object, 0,
                             0);
        }
        if (me != NULL) {
            held_evidence(finding, me);
        }
        finding_commit(finding);
    }
}

static struct event_listener listener = {
    .name = "misuse",
    .kinds = 1ull << EVENT_MISUSE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
