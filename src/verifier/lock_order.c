/*
 * lock_order.c - LockOrder: locks that are acquired in one order here and in another there, even when
 * nobody has waited for anybody yet.
 *
 * Whenever a lock is acquired while others are held, the graph (order_graph.h) learns that pair: of their
 * classes, or of the locks themselves when both are of one class.  Spin locks of all kinds and NDIS's
 * reader/writer locks are held by processors (held.c), interrupt spin locks, too (order_interrupt.c), mutexes
 * by threads (order_mutex.c).  The two never meet: a mutex that is waited for while a spin lock is held is
 * WaitAtDispatch's.
 *
 * What a service routine interrupts is not taken for waiting for its interrupt spin lock: a lock that is held
 * below the device's level and acquired at that level, too, is SpinLockAboveDispatch's.
 *
 * Nobody waits in an attempt (KeTryToAcquire..., a zero time-out) and in a recursive acquisition: these lead
 * nowhere, but what was got by an attempt is held like anything else.  A share is not waited for while
 * there are shares only (no fairness is promised for any of these locks, RW-7).
 *
 * On the explored engine circles are told when the search is over, and only if it has not met a
 * deadlock, which says more.
 */
#include "verifier/lock_order.h"

#include "ke/engine.h"
#include "ke/thread.h"
#include "host/memory.h"
#include "ndis/rwcore.h"
#include "verifier/verifier.h"

#include <string.h>

#define CIRCLES 16 /* of the explored engine */

static struct ke_guard guard; /* of the graph and of what follows */

/* ---- telling ----------------------------------------------------------------------------------- */

HOST_KEPT static struct graph_circle circles[CIRCLES];
HOST_KEPT static unsigned circle_count;

static struct stack_trace trace_of(const struct graph_site *site)
{
    struct stack_trace trace = {.depth = site->depth};
    memcpy(trace.pc, site->pc, site->depth * sizeof(trace.pc[0]));
    return trace;
}

static void report(const struct event *event, const struct graph_circle *circle)
{
    struct stack_trace trace = trace_of(&graph_edge_at(circle->edges[0])->wanted);
    struct finding *finding = finding_begin_at(
        "LockOrder", event, "acquired at", &trace,
        circle->count == 2 ? "two locks are acquired in one order here and in the other one elsewhere: two "
                             "processors that do so at the same time wait for each other for ever"
                           : "%u locks are acquired in orders that go round in a circle: as many processors "
                             "that do so at the same time wait for each other for ever",
        circle->count);
    if (finding == NULL) {
        return;
    }
    finding_bugcheck(finding, 0xC4, 0x1001, 0, 0, 0);
    for (unsigned i = 0; i < circle->count; i++) {
        const struct graph_edge *edge = graph_edge_at(circle->edges[i]);
        if (i > 0) {
            trace = trace_of(&edge->wanted);
            finding_add_stack(finding, "elsewhere acquired at", -1, &trace);
        }
        trace = trace_of(&edge->held);
        finding_add_stack(finding, "while this is held, acquired at", -1, &trace);
    }
    finding_commit(finding);
}

/* A lock that was held while NDIS called another driver is in the circle, and there is a warning of that: it
 * is the defect, and no warning any more.  False: there is none. */
static bool raise_warning(const struct graph_circle *circle)
{
    for (unsigned i = 0; i < circle->count; i++) {
        const struct graph_edge *edge = graph_edge_at(circle->edges[i]);
        struct finding *finding = edge->called_out && edge->held.depth > 0
                                      ? finding_known("SpinLockHeldAcrossDdi", edge->held.pc[0])
                                      : NULL;
        if (finding == NULL) {
            continue;
        }
        finding_raise(finding);
        finding_bugcheck(finding, 0xC4, 0x1001, 0, 0, 0);
        for (unsigned k = 0; k < circle->count; k++) {
            const struct graph_edge *other = graph_edge_at(circle->edges[k]);
            struct stack_trace trace = trace_of(&other->wanted);
            finding_add_stack(finding, k == i ? "in that call acquired at" : "elsewhere acquired at", -1,
                              &trace);
            trace = trace_of(&other->held);
            if (k != i) {
                finding_add_stack(finding, "while this is held, acquired at", -1, &trace);
            }
        }
        return true;
    }
    return false;
}

static void note_circle(const struct event *event, const struct graph_circle *circle)
{
    if (ke_engine->step == NULL) {
        if (!raise_warning(circle)) {
            report(event, circle);
        }
    } else if (circle_count < CIRCLES) {
        circles[circle_count++] = *circle;
    }
}

/* The search of the explored engine is over. */
static void tell_late(void)
{
    struct event event = {.kind = EVENT_LOCK_ACQUIRED, .processor = &ke_outside, .irql = DISPATCH_LEVEL};
    for (unsigned i = 0; i < circle_count; i++) {
        report(&event, &circles[i]);
    }
    circle_count = 0;
}

/* ---- learning ---------------------------------------------------------------------------------- */

/* The guards of the step from outer[of]: what else is held exclusively.  Under the guard. */
static void add_guards(struct graph_step *step, const struct order_outer *outer, unsigned count, unsigned of,
                       uint64_t class_key)
{
    for (unsigned i = 0; i < count && step->guard_count < GRAPH_GUARDS; i++) {
        if (i == of || outer[i].shared) {
            continue;
        }
        struct order_names names = order_names_of(outer[i].lock);
        int node = graph_node(names.class_key == class_key ? names.own_key : names.class_key);
        if (node >= 0 && node != step->from && node != step->to) {
            step->guards[step->guard_count++] = (uint16_t)node;
        }
    }
}

/* Where a lock was taken that the system took to call a service routine: in that routine, the outermost
 * frame.
 */
static void enter_service(struct stack_trace *entered, const struct stack_trace *trace)
{
    entered->depth = trace->depth > 0 ? 1 : 0;
    entered->pc[0] = trace->depth > 0 ? trace->pc[trace->depth - 1] : 0;
}

void lock_order_learn(struct event *event, const struct order_outer *outer, unsigned count, bool shared)
{
    struct stack_trace trace = {.depth = 0}, entered;
    bool taken = false;
    struct order_names wanted = order_names_of(event->object);
    for (unsigned i = 0; i < count; i++) {
        struct order_names held = order_names_of(outer[i].lock);
        bool same = held.class_key == wanted.class_key;
        struct graph_circle circle;
        KIRQL old = ke_guard_enter_quietly(&guard);
        struct graph_step step = {
            .from = graph_node(same ? held.own_key : held.class_key),
            .to = graph_node(same ? wanted.own_key : wanted.class_key),
            .held_shared = outer[i].shared,
            .wanted_shared = shared,
            .called_out = outer[i].outside,
            .held = &outer[i].acquired,
            .wanted = &trace,
        };
        if (step.from >= 0 && step.to >= 0) {
            add_guards(&step, outer, count, i, held.class_key);
        }
        if (step.from >= 0 && step.to >= 0 && !graph_is_settled(&step)) {
            if (!taken) {
                stack_trace_take(&trace, event);
                taken = true;
            }
            if (outer[i].acquired.depth == 0) {
                enter_service(&entered, &trace);
                step.held = &entered;
            }
            if (graph_add(&step, &circle)) {
                note_circle(event, &circle);
            }
        }
        ke_guard_leave(&guard, old);
    }
}

bool lock_order_is_reported(const void *a, const void *b)
{
    if (ke_engine->step != NULL) {
        return false;
    }
    struct order_names first = order_names_of(a), second = order_names_of(b);
    bool same = first.class_key == second.class_key;
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool known = graph_is_known(graph_node(same ? first.own_key : first.class_key),
                                graph_node(same ? second.own_key : second.class_key));
    ke_guard_leave(&guard, old);
    return known;
}

/* ---- what processors hold ---------------------------------------------------------------------- */

/* The acquisition under way on each processor. */
static struct {
    const void *lock;
    bool leads_nowhere; /* an attempt, or recursive */
} under_way[KE_MAXIMUM_PROCESSORS];

static bool is_shared(enum lock_flavor flavor)
{
    return flavor_family(flavor) == FAMILY_RW ? !rw_flavor_writes(flavor) : flavor_is_shared(flavor);
}

static void hear_acquire(struct event *event, struct verifier_processor *me)
{
    struct held_lock held;
    bool tries = event->kind == EVENT_RW_ACQUIRE && event->value[2] != 0;
    under_way[me->number].lock = event->object;
    under_way[me->number].leads_nowhere = tries || held_find(me, event->object, &held);
}

/* What the processor holds but for that lock, the newest first. */
static unsigned collect_held(struct verifier_processor *me, const struct event *event,
                             struct order_outer outer[ORDER_OUTER])
{
    unsigned count = 0;
    KIRQL old = ke_guard_enter_quietly(&me->guard);
    for (unsigned i = me->depth; i-- > 0 && count < ORDER_OUTER;) {
        const struct held_lock *held = &me->held[i];
        if (held->lock != event->object && !held->gone) {
            outer[count++] = (struct order_outer){.lock = held->lock,
                                                  .shared = is_shared(held->flavor),
                                                  .outside = held->frame != event->processor->callback,
                                                  .acquired = held->acquired};
        }
    }
    ke_guard_leave(&me->guard, old);
    return count;
}

static void learn(struct event *event, struct verifier_processor *me, bool shared)
{
    struct order_outer outer[ORDER_OUTER];
    unsigned count = collect_held(me, event, outer);
    count += order_interrupts_held(event->object, me->number, outer + count, ORDER_OUTER - count);
    if (count > 0) {
        lock_order_learn(event, outer, count, shared);
    }
}

static void hear_acquired(struct event *event, struct verifier_processor *me)
{
    bool interlocked = event->kind == EVENT_LOCK_INTERLOCKED;
    bool known = !interlocked && under_way[me->number].lock == event->object;
    bool tried = event->kind == EVENT_LOCK_ACQUIRED && event->value[2] != 0;
    struct held_lock held;
    if (tried || (known && under_way[me->number].leads_nowhere) ||
        (interlocked && held_find(me, event->object, &held))) {
        return;
    }
    learn(event, me, !interlocked && is_shared((enum lock_flavor)event->value[0]));
}

static void hear_interrupt(struct event *event, struct verifier_processor *me)
{
    bool by_service = event->value[0] != 0;
    me->waiting_for = NULL;
    if (!by_service) {
        learn(event, me, false);
    }
    order_interrupt_push(event, me->number);
}

/* ---- hearing ----------------------------------------------------------------------------------- */

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me == NULL) {
        return;
    }
    if (event->kind == EVENT_INTERRUPT_LOCKED) {
        hear_interrupt(event, me);
    } else if (event->kind == EVENT_INTERRUPT_UNLOCKED) {
        order_interrupt_pop(event->object, me->number);
    } else if (me->depth == 0 && !order_interrupts_any(me->number)) {
        return;
    } else if (event->kind == EVENT_LOCK_ACQUIRE || event->kind == EVENT_RW_ACQUIRE) {
        hear_acquire(event, me);
    } else {
        hear_acquired(event, me);
    }
}

static struct event_listener listener = {
    .name = "lock order",
    .kinds = 1ull << EVENT_LOCK_ACQUIRE | 1ull << EVENT_LOCK_ACQUIRED | 1ull << EVENT_LOCK_INTERLOCKED |
             1ull << EVENT_RW_ACQUIRE | 1ull << EVENT_RW_ACQUIRED | 1ull << EVENT_INTERRUPT_LOCKED |
             1ull << EVENT_INTERRUPT_UNLOCKED,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
    finding_late = tell_late;
}
