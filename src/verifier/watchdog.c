/*
 * watchdog.c - Watchdog: a processor that does not come below DISPATCH_LEVEL, a run that does not end.
 */
#include "verifier/lock_table.h"

#include "ke/thread.h"

/* The stack that counts is the one of whoever loops; when it waits for a spin lock, the holder's too. */
static void hear_dispatch(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me == NULL) {
        return;
    }
    const void *waiting_for = me->waiting_for;
    struct finding *finding =
        finding_begin("Watchdog", event, "the processor has been at %s for too long%s",
                      irql_name(event->irql), waiting_for != NULL ? ", waiting for a spin lock" : "");
    fault_explained(event);
    if (finding == NULL) {
        return;
    }
    /* P1: 0 a single DPC or ISR, 1 all the time at DISPATCH_LEVEL or above together. */
    bool single = event->processor->dpc_active || event->processor->isr_depth > 0;
    finding_bugcheck(finding, 0x133, single ? 0 : 1, event->value[1] / 1000000, 0, 0);
    struct stack_trace owned;
    int owner = waiting_for != NULL ? lock_owner(waiting_for, &owned) : LOCK_NO_OWNER;
    if (owner != LOCK_NO_OWNER) {
        finding_add_stack(finding, "owner acquired at", owner, &owned);
    }
    held_evidence(finding, me);
    finding_commit(finding);
}

struct waiting {
    struct finding *finding;
};

static void add_waiting(struct _KTHREAD *thread, void *argument)
{
    struct waiting *waiting = argument;
    const struct callback_frame *callback = thread->callback;
    if (thread->state == KE_THREAD_WAITING && callback != NULL) {
        struct stack_trace trace;
        stack_trace_of(&trace, &thread->wait_registers, callback->stack_root);
        finding_add_stack(waiting->finding, "waiting", -1, &trace);
    }
}

static void hear_operation(struct event *event)
{
    fault_explained(event);
    const char *name = event->value[3] != 0 ? (const char *)event->value[3] : "the run";
    struct waiting waiting = {finding_begin("Watchdog", event, "%s did not end within %.1f s", name,
                                            (double)event->value[1] / 1e9)};
    if (waiting.finding != NULL) {
        ke_thread_each(add_waiting, &waiting);
        finding_commit(waiting.finding);
    }
}

static void hear(struct event *event)
{
    if (event->value[0] == WATCHDOG_DISPATCH) {
        hear_dispatch(event);
    } else if (event->value[0] == WATCHDOG_OPERATION) {
        hear_operation(event);
    }
}

static struct event_listener listener = {
    .name = "watchdog",
    .kinds = 1ull << EVENT_WATCHDOG,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
