/*
 * hold_time.c - SpinLockHeldTooLong: a spin lock or reader/writer lock is held for more than 25 microseconds.
 *
 * What counts is the time that the processor itself runs, in two parts.  Busy waits that the driver asks for
 * while it holds the lock are added up: they are exact, on both engines, whatever the host does.  The
 * rest is measured on the free-running engine only, and only where the last hold was too long by the clock,
 * so that a lock costs nothing more: there with the processor time of the host thread, which does not
 * count when the host runs something else.  As a virtual machine's host may take time away without a word,
 * and as the checked build itself takes time, one such hold says nothing: a finding needs HOLDS of them in a
 * row at the same place, each longer by SLACK. A hold in which the driver prints is not measured: the time
 * is the host's output, not the driver's, and on Windows a trace message costs next to nothing.
 *
 * Not guaranteed: long holds that happen fewer times, without a busy wait; more than SITES slow places.
 */
#include "verifier/verifier.h"

#include "ke/engine.h"
#include "rtl/debug.h"

#define LIMIT_US 25u
#define LIMIT_NS (LIMIT_US * 1000u)
#define SLACK 40u
#define HOLDS 8u
#define DEPTH 8
#define SITES 64

struct hold {
    const void *lock;
    uintptr_t site;
    struct slow_site *slow; /* a hold was too long there before */
    bool measured;          /* the processor time is: `running` is set */
    uint64_t since, running, stalled;
    unsigned prints; /* of this processor before it */
    struct stack_trace acquired;
};

static struct holder {
    unsigned depth;
    uint64_t stalled; /* microseconds that drivers on this processor have waited busily */
    struct hold holds[DEPTH];
} holders[KE_MAXIMUM_PROCESSORS];

static struct slow_site {
    volatile uintptr_t site; /* 0: free */
    volatile bool armed;     /* the last hold was too long by the clock */
    volatile unsigned in_a_row;
} slow_sites[SITES];

static const struct rule *rule;

static struct slow_site *slow_site(uintptr_t site, bool make)
{
    for (unsigned i = 0; i < SITES; i++) {
        uintptr_t none = 0;
        if (slow_sites[i].site == site ||
            (slow_sites[i].site == 0 && make &&
             __atomic_compare_exchange_n(&slow_sites[i].site, &none, site, false, __ATOMIC_SEQ_CST,
                                         __ATOMIC_SEQ_CST))) {
            return &slow_sites[i];
        }
        if (slow_sites[i].site == 0 && !make) {
            return NULL;
        }
    }
    return NULL;
}

static uint64_t running_ns(const struct event *event)
{
    return host_thread_cpu_ns(&event->processor->host);
}

/* Where the lock was acquired: noted already when the lock rules have heard of it first. */
static void take_site(struct event *event, struct verifier_processor *me, struct hold *hold)
{
    const struct held_lock *top = me->depth > 0 ? &me->held[me->depth - 1] : NULL;
    if (top != NULL && top->lock == event->object) {
        stack_trace_copy(&hold->acquired, &top->acquired);
    } else {
        stack_trace_take(&hold->acquired, event);
    }
    hold->site = hold->acquired.depth > 0 ? hold->acquired.pc[0] : 0;
}

static void hear_acquired(struct event *event, struct verifier_processor *me, struct holder *holder)
{
    if (holder->depth == DEPTH) { /* ends that were never told of */
        holder->depth = 0;
    }
    struct hold *hold = &holder->holds[holder->depth++];
    hold->lock = event->object;
    hold->stalled = holder->stalled;
    take_site(event, me, hold);
    hold->slow = NULL;
    if (ke_engine->step == NULL) {
        hold->since = event_now(event);
        hold->prints = rtl_debug_prints(me->number);
        hold->slow = slow_site(hold->site, false);
        hold->measured = hold->slow != NULL && hold->slow->armed;
        hold->running = hold->measured ? running_ns(event) : 0;
    }
}

static void report(struct event *event, const struct hold *hold, uint64_t microseconds, const char *how)
{
    struct finding *finding =
        finding_begin_at("SpinLockHeldTooLong", event, "owner acquired at", &hold->acquired,
                         "a lock is held for %llu microseconds%s; the limit is %u",
                         (unsigned long long)microseconds, how, LIMIT_US);
    if (finding != NULL) {
        struct stack_trace trace;
        stack_trace_take(&trace, event);
        finding_add_stack(finding, "released at", (int)event->processor->number, &trace);
        finding_add_lock(finding, hold->lock);
        finding_commit(finding);
    }
}

/*
 * What the processor ran, but for what it waited busily, which was judged.  It never ran for longer than the
 * clock says, and its own time costs a call of the host: a place is armed only as long as its holds are too
 * long by the clock.
 */
static void judge_running(struct event *event, const struct hold *hold)
{
    struct slow_site *slow = hold->slow;
    if (event_now(event) - hold->since <= LIMIT_NS * SLACK) {
        if (slow != NULL) {
            slow->in_a_row = 0;
            slow->armed = false;
        }
        return;
    }
    if (!hold->measured) {
        slow = slow != NULL ? slow : slow_site(hold->site, true);
        if (slow != NULL) {
            slow->armed = true;
        }
        return;
    }
    uint64_t ns = running_ns(event) - hold->running;
    if (ns <= LIMIT_NS * SLACK) {
        slow->in_a_row = 0;
    } else if (++slow->in_a_row >= HOLDS) {
        report(event, hold, ns / 1000, " of the processor's time, again and again");
    }
}

static void hear_release(struct event *event, struct holder *holder)
{
    for (unsigned i = holder->depth; i-- > 0;) {
        struct hold *hold = &holder->holds[i];
        if (hold->lock != event->object) {
            continue;
        }
        uint64_t stalled = holder->stalled - hold->stalled;
        if (stalled > LIMIT_US) {
            report(event, hold, stalled, " of busy waiting alone");
        } else if (ke_engine->step == NULL && hold->prints == rtl_debug_prints(event->processor->number)) {
            judge_running(event, hold);
        }
        for (; i + 1 < holder->depth; i++) {
            holder->holds[i] = holder->holds[i + 1];
        }
        holder->depth--;
        return;
    }
}

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (rule == NULL) {
        rule = rule_find("SpinLockHeldTooLong");
    }
    if (me == NULL || !rule_is_looked_for(rule)) {
        return;
    }
    struct holder *holder = &holders[me->number];
    if (event->kind == EVENT_STALL) {
        if (holder->depth > 0 && event->processor->isr_depth == 0) { /* an ISR's time is not the holder's */
            holder->stalled += event->value[0];
        }
    } else if (event->kind == EVENT_LOCK_ACQUIRED || event->kind == EVENT_RW_ACQUIRED) {
        hear_acquired(event, me, holder);
    } else {
        hear_release(event, holder);
    }
}

static struct event_listener listener = {
    .name = "times of holds",
    .kinds = 1ull << EVENT_LOCK_ACQUIRED | 1ull << EVENT_LOCK_RELEASE | 1ull << EVENT_RW_ACQUIRED |
             1ull << EVENT_RW_RELEASE | 1ull << EVENT_STALL,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
