/*
 * returns.c - SpinLockHeldAtReturn, IrqlNotRestored: when driver code returns, or ends its thread.
 *
 * Only locks acquired in the returning callback count: its caller's are the caller's affair.  A lock that
 * is left held is released on the driver's behalf, so that nobody waits for it for ever, and IRQL is what
 * callback_leave makes it; both belong to the one finding.
 */
#include "verifier/lock_table.h"
#include "verifier/mutex.h"
#include "verifier/returns.h"

#include "ke/spinlock.h"

/* Frees the lock word.  Returns false when a finding about this hold exists already. */
static bool end_hold(struct event *event, const struct held_lock *held, unsigned processor)
{
    KIRQL old;
    if (held->gone) {
        return false;
    }
    if (flavor_family(held->flavor) == FAMILY_RW) {
        rw_hold_end(held, processor);
        return true;
    }
    struct lock_record *record = lock_enter(held->lock, false, &old);
    bool news = record != NULL && !record->tampered && !record->recursed;
    if (record != NULL) {
        lock_end_hold(record, processor, event_now(event));
        record->recursion = 0;
        record->abandoned++;
        lock_abandon(held->lock, held->flavor);
    }
    lock_leave(held->lock, old);
    return news;
}

/* Ends every hold of the frame; returns whether there was any. */
static bool end_holds(struct event *event, struct verifier_processor *me, const struct callback_frame *frame)
{
    struct held_lock held;
    struct finding *finding = NULL;
    bool any = false, tried = false;
    while (held_remove_of_frame(me, frame, &held)) {
        any = true;
        if (!end_hold(event, &held, me->number)) {
            continue;
        }
        if (!tried) {
            struct stack_trace trace = routine_trace(frame);
            finding =
                finding_begin_at("SpinLockHeldAtReturn", event, "victim", &trace,
                                 "%s returns holding a spin lock that it acquired", callback_name(frame));
            tried = true;
            if (finding != NULL) {
                finding_bugcheck(finding, 0xC4, 0x100A, (uintptr_t)event->processor->current, 0, 0);
            }
        }
        if (finding != NULL) {
            finding_add_stack(finding, "owner acquired at", (int)me->number, &held.acquired);
            finding_add_lock(finding, held.lock);
        }
    }
    if (finding != NULL) {
        finding_commit(finding);
    }
    if (any && held_count(me) == 0) {
        me->order_broken = false;
        me->refused = false;
    }
    return any;
}

/* What Windows says: a work item has its own bug check, an ISR its own verifier code. */
static void add_irql_bugcheck(struct finding *finding, const struct event *event,
                              const struct callback_frame *frame)
{
    uint64_t levels = (uint64_t)event->irql << 16 | (uint64_t)frame->irql << 8;
    switch (frame->kind) {
    case CALLBACK_WORK_ITEM:
        finding_bugcheck(finding, 0xE1, (uintptr_t)frame->routine, event->irql, 0, 0);
        break;
    case CALLBACK_ISR:
        finding_bugcheck(finding, 0xC4, 0x111, (uintptr_t)frame->routine, frame->irql, event->irql);
        break;
    default:
        finding_bugcheck(finding, 0xC8, levels | 2, 0, 0, 0);
        break;
    }
}

static void judge_return(struct event *event, const struct callback_frame *frame)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me == NULL) {
        return;
    }
    bool held = end_holds(event, me, frame);
    bool owned = false;
    held = mutex_end_holds(event, frame, &owned) || held;
    regions_end(event, frame, owned);
    if (held || event->irql == frame->irql || (frame->cookie[0] & 1) != 0) {
        return;
    }
    struct stack_trace trace = routine_trace(frame);
    struct finding *finding =
        finding_begin_at("IrqlNotRestored", event, "victim", &trace, "%s was entered at %s and returns at %s",
                         callback_name(frame), irql_name(frame->irql), irql_name(event->irql));
    if (finding != NULL) {
        add_irql_bugcheck(finding, event, frame);
        held_evidence(finding, me);
        finding_commit(finding);
    }
}

static void hear(struct event *event)
{
    judge_return(event, (const struct callback_frame *)event->value[1]);
}

static struct event_listener listener = {
    .name = "callback returns",
    .kinds = 1ull << EVENT_CALLBACK_LEAVE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
