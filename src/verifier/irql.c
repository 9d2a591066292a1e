/*
 * irql.c - IrqlRaiseLower and SpinLockHeldBelowDispatch: IRQL changes that the driver asks for.
 *
 * A wrong change is refused; only a fall to a level that is merely not the saved one is carried out, because
 * the driver is then where it believes to be.
 */
#include "verifier/verifier.h"

/* value[3] of the event: which call it is. */
enum irql_call { CALL_RAISE, CALL_LOWER };

static void report(struct event *event, const char *problem, uint64_t subcode, uint64_t p4)
{
    KIRQL from = (KIRQL)event->value[0], to = (KIRQL)event->value[1];
    if (ddi_irql_reported(event)) {
        return; /* ExAcquireFastMutex raises to APC_LEVEL, say */
    }
    struct finding *finding = finding_begin("IrqlRaiseLower", event, "%s changes IRQL from %s to %s: %s",
                                            event->value[3] == CALL_LOWER ? "KeLowerIrql" : "KeRaiseIrql",
                                            irql_name(from), irql_name(to), problem);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, subcode, from, to, p4);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void hear_raise(struct event *event, struct verifier_processor *me, KIRQL from, KIRQL to)
{
    me->raised_since = true;
    if (to < from || to > HIGH_LEVEL) {
        if (!frame_is_forgiven(event)) {
            report(event, to < from ? "a raise must not lower it" : "there is no such level", 0x30, 0);
        }
        event->skip = true;
        return;
    }
    if (to >
        from) { /* a raise to the same level leaves nothing to undo: NDIS_LOWER_IRQL does not even call */
        frame_raise_push(event, from);
    }
}

static void report_held(struct event *event, struct verifier_processor *me, KIRQL to)
{
    const void *newest = held_newest(me);
    struct held_lock held;
    struct finding *finding =
        finding_begin("SpinLockHeldBelowDispatch", event,
                      "KeLowerIrql lowers IRQL to %s while this processor holds a spin lock", irql_name(to));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xF, (uintptr_t)newest, 0, 0, 0);
        if (held_find(me, newest, &held)) {
            finding_add_stack(finding, "owner acquired at", (int)me->number, &held.acquired);
        }
        held_evidence(finding, me);
        finding_commit(finding);
    }
}

/* A lock is held: the fall waits for its release (lock_release.c). */
static void refuse_fall(struct event *event, struct verifier_processor *me, KIRQL to)
{
    KIRQL saved;
    /* After a release out of order the driver may well lower by hand what it believes to be left over. */
    if (!me->order_broken && !frame_is_forgiven(event)) {
        report_held(event, me, to);
    }
    me->refused = true;
    me->refused_irql = to;
    me->raised_since = false;
    frame_forgive(event);
    if (frame_raise_top(event, &saved) && saved == to) {
        frame_raise_pop(event);
    }
    event->skip = true;
}

/* Pops what the fall undoes; false when it goes to a level that no raise saved last. */
static bool undo_raises(struct event *event, KIRQL to)
{
    KIRQL saved;
    if (!frame_raise_top(event, &saved)) {
        return false;
    }
    bool exact = saved == to;
    while (frame_raise_top(event, &saved) && saved > to) {
        frame_raise_pop(event);
    }
    if (frame_raise_top(event, &saved) && saved == to) {
        frame_raise_pop(event);
    }
    return exact;
}

static void hear_lower(struct event *event, struct verifier_processor *me, KIRQL from, KIRQL to)
{
    if (held_count(me) > 0 && held_drop_gone(me)) {
        frame_forgive(event); /* the driver ends by hand what no release can end any more */
    }
    bool forgiven = frame_is_forgiven(event);
    if (to > from) {
        if (!forgiven) {
            report(event, "a fall must not raise it", 0x31, 0);
        }
        event->skip = true;
        return;
    }
    if (to < DISPATCH_LEVEL && from >= DISPATCH_LEVEL && held_count(me) > 0) {
        refuse_fall(event, me, to);
        return;
    }
    if (to < frame_entry_irql(event)) {
        if (!forgiven) {
            report(event, "the callback was entered at a higher level", 0x31,
                   event->processor->dpc_active ? 1 : 0);
        }
        event->skip = true;
        frame_forgive(event);
        return;
    }
    if (!undo_raises(event, to) && to != from && !forgiven) {
        report(event, "this is not the level that the last KeRaiseIrql saved", 0x31, 0);
    }
}

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me == NULL || event->value[2] != IRQL_CAUSE_DRIVER) {
        return;
    }
    KIRQL from = (KIRQL)event->value[0], to = (KIRQL)event->value[1];
    if (event->value[3] == CALL_LOWER) {
        hear_lower(event, me, from, to);
    } else {
        hear_raise(event, me, from, to);
    }
    if (!event->skip) {
        frame_settle(event, me, to);
    }
}

static struct event_listener listener = {
    .name = "IRQL",
    .kinds = 1ull << EVENT_IRQL,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
