/*
 * wait.c - WaitAtDispatch: a wait that may block where nothing can be scheduled.
 *
 * After the finding the objects are only polled.  A wait with a zero time-out is legal up to
 * DISPATCH_LEVEL (IR-13).
 */
#include "verifier/verifier.h"

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    bool may_block = event->value[0] != 0;
    intptr_t timeout = (intptr_t)event->value[1];
    if (me != NULL && event->irql == APC_LEVEL && event->value[2] != 0) {
        event->skip = true; /* NdisWaitEvent: IrqlTooHigh has said it */
    }
    if (me == NULL || event->irql < DISPATCH_LEVEL || (!may_block && event->irql == DISPATCH_LEVEL)) {
        return;
    }
    event->skip = true;
    if (frame_is_forgiven(event) || ddi_irql_reported(event)) {
        return; /* IRQL is up because of a repair, or the call as such is what is wrong */
    }
    struct finding *finding =
        finding_begin("WaitAtDispatch", event, "a wait %s at %s",
                      may_block ? "that may block" : "with a zero time-out", irql_name(event->irql));
    if (finding != NULL) {
        uint64_t subcode = event->irql > DISPATCH_LEVEL ? 0x120 : timeout < 0 ? 0x121 : 0x122;
        if (event->value[2] != 0) { /* NdisWaitEvent names its own */
            finding_bugcheck(finding, (uint32_t)event->value[2], event->value[3], event->irql, 0, 0);
        } else {
            finding_bugcheck(finding, 0xC4, subcode, event->irql, (uintptr_t)event->object,
                             (uint64_t)timeout);
        }
        held_evidence(finding, me);
        finding_commit(finding);
    }
}

static struct event_listener listener = {
    .name = "waits",
    .kinds = 1ull << EVENT_WAIT,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
