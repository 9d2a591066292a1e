/*
 * lock_acquire.c - SpinLockRecursive, SpinLockAboveDispatch, SpinLockBelowDispatch: before a lock is taken.
 *
 * The AtDpcLevel functions of Ke and Ex may be called above DISPATCH_LEVEL, as their pages say, by interrupt
 * service routines that share a lock; a lock that is held at a lower level as well may not.
 *
 * Each of them is repaired by not acquiring.  A refused recursive acquisition is matched with the inner
 * release; one at a wrong IRQL becomes a phantom, whose release does nothing either.  Not guaranteed:
 * mutual exclusion for what a phantom was to protect.
 */
#include "verifier/lock_table.h"

#include <string.h>

static void report_recursive(struct event *event, const struct lock_record *record, enum lock_flavor flavor)
{
    struct finding *finding = finding_begin(
        "SpinLockRecursive", event,
        event->irql > DISPATCH_LEVEL
            ? "%s waits for a spin lock that the code it interrupted holds: it would wait for ever"
            : "%s is called for a spin lock that this processor holds already: it would wait for itself for "
              "ever",
        flavor_acquire_name(flavor));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xF, record->address, 0, 0, 0);
        finding_add_stack(finding, "owner acquired at", lock_holder(record), &record->acquired);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

/*
 * A KSPIN_LOCK is either a queued lock or an ordinary one (SL-23).  Reported once: from then on it may be
 * used as both.  Not guaranteed: nothing is said of a lock on a stack, which may be another lock by now.
 */
static void judge_family(struct event *event, struct lock_record *record, enum lock_flavor flavor)
{
    enum lock_family family = flavor_family(flavor);
    if (family != FAMILY_ORDINARY && family != FAMILY_QUEUED) {
        return;
    }
    if (record->family == 0) {
        record->family = (uint8_t)family;
    }
    if (record->family == family || record->family == FAMILY_MIXED || stack_holds(event->object)) {
        return;
    }
    record->family = FAMILY_MIXED;
    struct finding *finding = finding_begin(
        "SpinLockFlavor", event, "%s is called for a spin lock that was acquired as %s before",
        flavor_acquire_name(flavor), family == FAMILY_QUEUED ? "an ordinary one" : "a queued one");
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1008, record->address, 0, 0);
        if (record->acquired.depth > 0) {
            finding_add_stack(finding, "last acquired at", -1, &record->acquired);
        }
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void report_irql(struct event *event, const char *rule, enum lock_flavor flavor)
{
    bool above = event->irql > DISPATCH_LEVEL;
    if (ddi_irql_reported(event)) {
        return; /* the function that acquires it was called at a wrong level */
    }
    struct finding *finding =
        finding_begin(rule, event, "%s is called at %s, %s DISPATCH_LEVEL", flavor_acquire_name(flavor),
                      irql_name(event->irql), above ? "above" : "below");
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, above ? 0x42 : 0x40, event->irql, (uintptr_t)event->object, 0);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

/*
 * The ForDpc functions raise IRQL in a threaded DPC only; whoever else calls them below DISPATCH_LEVEL holds
 * the lock below it.  Nothing is said outside of any callback.
 */
static bool is_no_dpc(const struct event *event, enum lock_flavor flavor)
{
    const struct callback_frame *callback = event->processor->callback;
    return (flavor == LOCK_KE_FOR_DPC || flavor == LOCK_QUEUED_FOR_DPC) && callback != NULL &&
           callback->kind != CALLBACK_DPC;
}

static bool may_be_above(enum lock_flavor flavor)
{
    return flavor == LOCK_KE_DPC || flavor == LOCK_QUEUED_DPC || flavor == LOCK_EX_SHARED_DPC ||
           flavor == LOCK_EX_EXCLUSIVE_DPC;
}

/*
 * Who waits for a lock at an interrupt's level waits for ever when it has interrupted who holds it at a lower
 * one.  Reported once for a lock.  Not guaranteed: nothing is said of a lock on a stack, which may be another
 * lock by now.
 */
static void judge_levels(struct event *event, struct lock_record *record, enum lock_flavor flavor, bool tries)
{
    KIRQL level = event->irql > DISPATCH_LEVEL ? event->irql : DISPATCH_LEVEL;
    KIRQL lowest = record->lowest == 0 || level < record->lowest ? level : record->lowest;
    KIRQL highest = !tries && level > record->highest ? level : record->highest;
    record->lowest = lowest;
    record->highest = highest;
    if (highest <= DISPATCH_LEVEL || highest <= lowest || record->levels_told || stack_holds(event->object)) {
        return;
    }
    record->levels_told = true;
    struct finding *finding = finding_begin("SpinLockAboveDispatch", event,
                                            "%s is called at %s for a spin lock that is acquired at %s "
                                            "elsewhere: where the one interrupts the other "
                                            "it waits for ever",
                                            flavor_acquire_name(flavor), irql_name(level),
                                            irql_name(level == highest ? lowest : highest));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x42, event->irql, record->address, 0);
        if (record->acquired.depth > 0) {
            finding_add_stack(finding, "last acquired at", -1, &record->acquired);
        }
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

/* Is IRQL wrong for that call?  Reports it. */
static bool judge_irql(struct event *event, enum lock_flavor flavor)
{
    if (event->irql > DISPATCH_LEVEL && !may_be_above(flavor)) {
        report_irql(event, "SpinLockAboveDispatch", flavor);
        return true;
    }
    if (event->irql < DISPATCH_LEVEL && (!flavor_raises(flavor) || is_no_dpc(event, flavor))) {
        report_irql(event, "SpinLockBelowDispatch", flavor);
        return true;
    }
    return false;
}

static void hear_acquire(struct event *event, struct verifier_processor *me)
{
    enum lock_flavor flavor = (enum lock_flavor)event->value[0];
    KIRQL old;
    me->waiting_for = NULL;
    me->interlocked = NULL;
    me->contended = false;
    uint64_t word =
        lock_word(event->object, flavor); /* faults here, not under the guard, when there is no lock */
    struct lock_record *record = lock_enter(event->object, true, &old);
    if (record != NULL) {
        bool mine = lock_is_held_by(record, me->number);
        if (lock_holder(record) == LOCK_NO_OWNER) {
            lock_judge_allocated(event, record, flavor, word, flavor_acquire_name(flavor));
        }
        if (judge_irql(event, flavor)) {
            record->phantoms++;
            event->skip = true;
        }
        if (mine) {
            report_recursive(event, record, flavor);
            record->recursed = true;
            record->recursion += event->skip ? 0 : 1;
            event->skip = true;
        }
        if (!event->skip) {
            judge_family(event, record, flavor);
            judge_levels(event, record, flavor, false);
        }
    }
    lock_leave(event->object, old);
}

static void hear_acquired(struct event *event, struct verifier_processor *me)
{
    struct held_lock held;
    held_begin(&held, event->object, (enum lock_flavor)event->value[0], (KIRQL)event->value[1]);
    held.frame = event->processor->callback;
    bool tried = event->value[2] != 0;
    KIRQL old;
    stack_trace_take(&held.acquired, event);
    me->waiting_for = NULL;
    struct lock_record *record = lock_enter(event->object, true, &old);
    if (record != NULL) {
        if (tried) { /* not asked before: report, but the lock is held now */
            lock_judge_allocated(event, record, held.flavor, 0, flavor_try_name(held.flavor));
            if (!judge_irql(event, held.flavor)) {
                judge_levels(event, record, held.flavor, true);
            }
        }
        if (flavor_is_shared(held.flavor)) {
            record->readers |= UINT64_C(1) << me->number;
        } else {
            record->owner = (int)me->number;
        }
        record->tampered = false;
        record->recursed = false;
        record->recursion = 0;
        stack_trace_copy(&record->acquired, &held.acquired);
        record->acquired_at = event_now(event);
        record->acquisitions++;
        record->contended += me->contended && !tried;
        if (record->made.depth == 0) {
            stack_trace_copy(&record->made,
                             &held.acquired); /* zero-filled: its first use stands for its making */
        }
    }
    lock_leave(event->object, old);
    held_push(me, &held);
}

/* The level is as wrong when the lock is not to be had. */
static void hear_refused(struct event *event)
{
    KIRQL old;
    struct lock_record *record = lock_enter(event->object, true, &old);
    if (record != NULL) {
        judge_irql(event, (enum lock_flavor)event->value[0]);
    }
    lock_leave(event->object, old);
}

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me == NULL) {
        return;
    }
    switch (event->kind) {
    case EVENT_LOCK_ACQUIRE:
        hear_acquire(event, me);
        break;
    case EVENT_LOCK_WAIT:
        me->contended = true;
        break;
    case EVENT_LOCK_ACQUIRED:
        hear_acquired(event, me);
        break;
    case EVENT_LOCK_REFUSED:
        hear_refused(event);
        break;
    default:
        break;
    }
}

static struct event_listener listener = {
    .name = "spin lock acquisition",
    .kinds = 1ull << EVENT_LOCK_ACQUIRE | 1ull << EVENT_LOCK_WAIT | 1ull << EVENT_LOCK_ACQUIRED |
             1ull << EVENT_LOCK_REFUSED,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
