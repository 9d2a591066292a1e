/*
 * race.c - DataRace: hears what an execution does and keeps order and history up to date.
 */
#include "verifier/race.h"

#include "ke/thread.h"
#include "verifier/verifier.h"

HOST_KEPT void (*race_found)(const struct race *race) = race_report;

/* SpinLockUsedFromIsr and the other form of InterlockedMixed are what lies behind a data race: who does not
 * look for those does not find these. */
static HOST_KEPT const struct rule *rule = NULL;
static HOST_KEPT bool off = false;

static void begin(void)
{
    rule = rule != NULL ? rule : rule_find("DataRace");
    off = !rule_is_looked_for(rule);
    if (off) {
        return;
    }
    race_generation += race_generation == UINT32_MAX ? 2 : 1;
    race_order_begin();
    race_history_begin();
}

static struct race_access describe(const struct race_actor *me, unsigned actor, unsigned kind, KIRQL irql,
                                   int processor, uintptr_t pc)
{
    return (struct race_access){
        .time = me->clock.time[me->slot],
        .slot = me->slot,
        .kind = (uint8_t)kind,
        .irql = irql,
        .entered = me->entered,
        .processor = (int8_t)processor,
        .actor = (uint8_t)actor,
        .locks = me->locks,
        .stack = race_stack_take(),
        .pc = pc,
    };
}

/* Where the driver makes the access: DDI functions that call each other name themselves. */
static uintptr_t driver_pc(const struct op *op)
{
    struct stack_trace trace;
    if ((op->flags & OP_LIBRARY) == 0 || image_of(op->pc) != NULL) {
        return op->pc;
    }
    stack_trace_take(&trace, NULL);
    return trace.depth > 0 ? trace.pc[0] : op->pc;
}

static void access_memory(const struct race_actor *me, unsigned actor, const struct op *op)
{
    bool writes = op->kind == OP_WRITE || (op->kind == OP_UPDATE && race_succeeds(op));
    bool atomic = op->kind == OP_UPDATE || (op->flags & (OP_ATOMIC | OP_VOLATILE)) != 0;
    unsigned kind = (writes ? RACE_WRITE : 0) | (atomic ? RACE_ATOMIC : 0) |
                    (me->interlocked != 0 && op->flags & OP_LIBRARY ? RACE_INTERLOCKED : 0);
    struct race_access access = describe(me, actor, kind, op->level, op->processor, driver_pc(op));
    race_history_access(&me->clock, op->addr, op->size, &access);
}

static bool touches_memory(const struct op *op)
{
    return op->kind == OP_READ || op->kind == OP_WRITE || (op->kind == OP_UPDATE && !(op->flags & OP_TRIES));
}

static void step(unsigned actor, const struct op *op)
{
    if (off) {
        return;
    }
    struct race_actor *me = race_actor(actor);
    race_order_before(me, op);
    if (touches_memory(op)) {
        access_memory(me, actor, op);
        race_order_after(me, op);
    }
}

static void release(unsigned actor, uintptr_t token)
{
    if (off) {
        return;
    }
    race_order_release(race_actor(actor), token);
}

static void acquire(unsigned actor, uintptr_t token)
{
    if (off) {
        return;
    }
    race_order_acquire(race_actor(actor), token);
}

/* What the actor did on the stack below here is over: the same addresses are other variables from now on. */
static void forget_stack(void)
{
    const struct _KTHREAD *thread = ke_processor()->current;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (thread != NULL && stack_holds((const void *)here)) {
        uintptr_t base = (uintptr_t)thread->host.stack.base;
        if (here > base && here - base <= thread->host.stack.size) {
            race_history_forget(base, here - base);
        }
    }
}

static void fresh(unsigned actor)
{
    if (!off) {
        race_order_fresh(race_actor(actor));
        forget_stack();
    }
}

static struct ke_observer observer = {
    .begin = begin,
    .step = step,
    .release = release,
    .acquire = acquire,
    .fresh = fresh,
};

/* ---- memory that comes and goes ------------------------------------------------------------------ */

static bool is_memory(const struct event *event)
{
    return event->value[0] == OBJECT_POOL || event->value[0] == OBJECT_SHARED_MEMORY ||
           event->value[0] == OBJECT_NBL || event->value[0] == OBJECT_NB || event->value[0] == OBJECT_MDL;
}

/* An access that races with the free is left to PoolUseAfterFree: some other execution shows it. */
static void hear(struct event *event)
{
    uintptr_t address = (uintptr_t)event->object;
    if (!ke_stepping || off) {
        return;
    }
    if (event->kind == EVENT_LOCK_INTERLOCKED) {
        race_order_interlocked(race_actor(ke_actor), address);
        return;
    }
    if (!is_memory(event)) {
        return;
    }
    race_history_forget(address, event->value[1]);
}

static struct event_listener listener = {
    .name = "data races",
    .kinds = 1ull << EVENT_OBJECT_CREATE | 1ull << EVENT_LOCK_INTERLOCKED,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    ke_observer_add(&observer);
    event_listen(&listener);
}
