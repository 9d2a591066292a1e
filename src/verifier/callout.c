/*
 * callout.c - SpinLockHeldAcrossDdi: a driver holds a spin lock or a reader/writer lock of its own while it
 * makes a call that NDIS or the I/O manager may turn into one of another driver, or into one of its own
 * routines.
 *
 * NDIS's pages do not forbid it (that of IoCompleteRequest does), so it is a warning.  It becomes an error
 * when a lock that is taken in that call is elsewhere taken before this one (lock_order.c).  Only locks of
 * the callback that makes the call count: what its caller holds is its caller's affair.
 */
#include "verifier/verifier.h"

static bool find_own(struct verifier_processor *me, const struct callback_frame *frame,
                     struct held_lock *found)
{
    bool any = false;
    KIRQL old = ke_guard_enter_quietly(&me->guard);
    for (unsigned i = me->depth; i-- > 0 && !any;) {
        if (me->held[i].frame == frame && !me->held[i].gone) {
            *found = me->held[i];
            any = true;
        }
    }
    ke_guard_leave(&me->guard, old);
    return any;
}

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    struct held_lock held;
    if (me == NULL || me->depth == 0 || image_of((uintptr_t)event->object) == NULL ||
        !find_own(me, event->processor->callback, &held)) {
        return;
    }
    struct finding *finding =
        finding_begin("SpinLockHeldAcrossDdi", event,
                      "%s is called while a %s is held: another driver that is called in it and waits for a "
                      "lock of its own "
                      "may wait for who waits for this one",
                      (const char *)event->value[0],
                      flavor_family(held.flavor) == FAMILY_RW ? "reader/writer lock" : "spin lock");
    if (finding != NULL) {
        finding_add_stack(finding, "owner acquired at", (int)me->number, &held.acquired);
        held_evidence(finding, me);
        finding_commit(finding);
    }
}

static struct event_listener listener = {
    .name = "calls of other drivers",
    .kinds = 1ull << EVENT_CALL_OUT,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
