/*
 * lock_convert.c - ExTryConvertSharedSpinLockExclusive: SpinLockNotOwned by who does not hold the lock
 * shared, and what becomes of the hold.
 */
#include "verifier/lock_table.h"

static void report(struct event *event, const struct lock_record *record)
{
    if (ddi_irql_reported(event)) {
        return; /* who is below DISPATCH_LEVEL holds no spin lock: one defect */
    }
    struct finding *finding = finding_begin(
        "SpinLockNotOwned", event,
        "ExTryConvertSharedSpinLockExclusive is called for a spin lock that this processor does "
        "not hold shared");
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1007, (uintptr_t)event->object, 0, 0);
        if (record != NULL && record->acquired.depth > 0) {
            finding_add_stack(finding, "last acquired at", -1, &record->acquired);
        }
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    struct held_lock held;
    KIRQL old;
    if (me == NULL) {
        return;
    }
    struct lock_record *record = lock_enter(event->object, false, &old);
    bool shared = record != NULL && (record->readers >> me->number & 1) != 0;
    if (event->kind == EVENT_LOCK_CONVERT && !shared) {
        report(event, record);
        event->skip = true;
    } else if (event->kind == EVENT_LOCK_CONVERTED && shared) {
        record->readers &= ~(UINT64_C(1) << me->number);
        record->owner = (int)me->number;
        if (held_find(me, event->object, &held)) {
            held_convert(me, event->object,
                         held.flavor == LOCK_EX_SHARED ? LOCK_EX_EXCLUSIVE : LOCK_EX_EXCLUSIVE_DPC);
        }
    }
    lock_leave(event->object, old);
}

static struct event_listener listener = {
    .name = "spin lock conversion",
    .kinds = 1ull << EVENT_LOCK_CONVERT | 1ull << EVENT_LOCK_CONVERTED,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
