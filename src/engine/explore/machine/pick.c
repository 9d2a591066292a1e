/*
 * pick.c - who goes on: enabledness, the search's answer, and the switch.
 *
 * It runs on the stack of whoever stopped last, and switches straight to whoever is next.
 */
#include "engine/explore/machine/internal.h"

#include "ke/invariant.h"
#include "ke/word.h"

static void switch_to(struct actor *to)
{
    struct actor *from = actor_current();
    struct ke_processor *processor = to->processor;
    struct host_context *save = &machine_kept.engine;

    if (ke_processor() != &ke_outside) {
        from->irql = ke_irql();
        from->callback = ke_processor()->callback;
        save = from->context;
    }
    if (ke_processor() != processor) {
        host_region_switch(processor);
    }
    tso_show(to);
    ke_actor = actor_index(to);
    processor->irql = to->irql;
    processor->callback = to->callback;
    if (to->thread != NULL) {
        processor->current = to->thread;
    }
    host_arena_stream(ke_actor);
    host_context_switch(save, to->context, false);
}

enum search_end machine_abandoned_end(void)
{
    return finding_count() > 0 ? END_STOPPED : END_ABANDONED;
}

void machine_leave(enum search_end end)
{
    machine_kept.end = end;
    machine_kept.running = false;
    if (end == END_STOPPED || end == END_ABANDONED) {
        machine.view[ke_actor].op.kind = OP_NONE; /* it was taken already */
    }
    host_region_switch(&ke_outside);
    host_context_switch(actor_current()->context, &machine_kept.engine, false);
    __builtin_unreachable();
}

/* ---- enabledness ---------------------------------------------------------------------------------- */

/* For each processor the highest level that somebody holds it at, and who; valid where machine.raised says.
 */
struct holders {
    KIRQL level[KE_MAXIMUM_PROCESSORS];
    uint8_t actor[KE_MAXIMUM_PROCESSORS];
};

static void find_holders(struct holders *holders)
{
    if (machine.raised == 0) {
        return;
    }
    for (unsigned i = 0; i < ke_processor_count; i++) {
        holders->level[i] = 0;
    }
    for (uint32_t mask = machine.raised; mask != 0; mask &= mask - 1) {
        unsigned i = (unsigned)__builtin_ctz(mask);
        unsigned processor = machine.actors[i].processor->number;
        if (machine.actors[i].level > holders->level[processor]) {
            holders->level[processor] = machine.actors[i].level;
            holders->actor[processor] = (uint8_t)i;
        }
    }
}

/* Does its processor's IRQL let the actor take that step? */
static bool is_admitted(const struct holders *holders, unsigned index, const struct op *op)
{
    int processor = op->processor;
    if (machine.raised == 0 || processor < 0 || holders->level[processor] == 0 ||
        holders->actor[processor] == index) {
        return true;
    }
    return holders->level[processor] < (op->kind == OP_ENTER ? op->new_level : op->level);
}

bool machine_join_is_over(const struct op *op)
{
    for (uint64_t left = op->expected; left != 0; left &= left - 1) {
        const struct actor *actor = &machine.actors[__builtin_ctzll(left)];
        if (actor->state != ACTOR_ENDED || !tso_is_empty(actor->processor)) {
            return false;
        }
    }
    return true;
}

static bool is_ready_to_step(const struct actor *actor, const struct op *op)
{
    switch ((enum op_kind)op->kind) {
    case OP_LOCK:
        return *(const volatile uint32_t *)op->addr == WORD_FREE;
    case OP_AWAIT:
        return *(const volatile uint32_t *)op->addr == (uint32_t)op->expected;
    case OP_SETTLE:
        return false;
    case OP_JOIN:
        return machine_join_is_over(op);
    case OP_READ:
    case OP_UPDATE:
    case OP_OBJECT:
        return !spin_rests(actor);
    default:
        return true;
    }
}

/* May virtual time go on? It stands still while others can, but for as many ticks as were allowed. */
static bool may_tick(unsigned enabled, bool somebody_settles)
{
    if (machine.ticks < machine_kept.options.ticks) {
        return true;
    }
    machine_kept.time_stood_still = machine_kept.time_stood_still || enabled != 0;
    return enabled == 0 && !(somebody_settles && ke_timers_are_periodic());
}

/* The clock or a device has something to do: when that is new, the step just taken is the reason. */
static void note_work(const struct actor *actor, unsigned index)
{
    uint32_t bit = 1u << index;
    if (actor->kind >= ACTOR_CLOCK && actor->resting && (machine.waiting & bit) == 0) {
        machine.waiting |= bit;
        if (machine_is_searched() && machine.step > 0 && actor->kind != ACTOR_BUFFER) {
            search_order(machine_kept.search, index);
        }
    }
}

/* Whoever waits for a spin lock, or cannot get at its processor, has not come to rest. */
static bool somebody_is_stuck(void)
{
    for (uint32_t mask = machine.at_step; mask != 0; mask &= mask - 1) {
        unsigned i = (unsigned)__builtin_ctz(mask);
        enum op_kind kind = (enum op_kind)machine.view[i].op.kind;
        bool rests = machine.actors[i].resting || kind == OP_SETTLE || kind == OP_NONE ||
                     (machine.actors[i].level == PASSIVE_LEVEL && spin_rests(&machine.actors[i]));
        if (!rests) {
            return true;
        }
    }
    return false;
}

unsigned machine_enable(void)
{
    struct holders holders;
    struct search_actor *clock = NULL, *settling = NULL;
    unsigned count = 0;
    services_look();
    find_holders(&holders);
    for (uint32_t mask = machine.at_step; mask != 0; mask &= mask - 1) {
        unsigned i = (unsigned)__builtin_ctz(mask);
        struct actor *actor = &machine.actors[i];
        struct search_actor *view = &machine.view[i];
        view->enabled = false;
        if (actor->resting && !service_is_enabled(actor, view)) {
            view->op.kind = OP_NONE;
            machine.waiting &= ~(1u << i);
            continue;
        }
        note_work(actor, i);
        view->rests = actor->spin.rests && spin_rests(actor);
        view->enabled = is_ready_to_step(actor, &view->op) && is_admitted(&holders, i, &view->op);
        if (view->op.kind == OP_TICK) {
            clock = view;
            view->enabled = false;
        } else if (view->op.kind == OP_SETTLE) {
            settling = view;
        }
        count += view->enabled;
    }
    if (clock != NULL && may_tick(count, settling != NULL)) {
        clock->enabled = true;
        count++;
    }
    if (count == 0 && settling != NULL && !somebody_is_stuck() &&
        is_admitted(&holders, (unsigned)(settling - machine.view), &settling->op)) {
        settling->enabled = true;
        count = 1;
    }
    return count;
}

/* ---- a dead end ----------------------------------------------------------------------------------- */

/* An actor that waits for a spin lock and has not run that errand yet. */
static struct actor *send_on_errand(enum actor_errand before, enum actor_errand errand)
{
    for (unsigned i = 0; i < machine.count; i++) {
        struct actor *actor = &machine.actors[i];
        if (actor->state == ACTOR_AT_STEP && machine.view[i].op.kind == OP_LOCK && actor->errand == before) {
            actor->errand = errand;
            return actor;
        }
    }
    return NULL;
}

/* The first of the actors that rest in a loop. */
static struct actor *send_looper(void)
{
    for (unsigned i = 0; i < machine.count; i++) {
        if (machine.actors[i].state == ACTOR_AT_STEP && spin_rests(&machine.actors[i])) {
            machine.actors[i].errand = ERRAND_SHOW_LOOP;
            return &machine.actors[i];
        }
    }
    return NULL;
}

/*
 * Lets every actor that waits for a spin lock say so, then each look for the cycle, which stops the machine.
 * When there is none, threads wait for what nobody will do.
 */
static struct actor *dead_end(void)
{
    if (machine.abandoned) {
        machine_leave(machine_abandoned_end());
    }
    struct actor *next = send_on_errand(ERRAND_NONE, ERRAND_SHOW_WAIT);
    if (next == NULL) {
        next = send_on_errand(ERRAND_SHOW_WAIT, ERRAND_SHOW_DEADLOCK);
    }
    next = next != NULL ? next : send_looper();
    if (next == NULL) {
        event_send(EVENT_WATCHDOG, NULL, WATCHDOG_BLOCKED, 0, ~(uintptr_t)0, 0);
        machine_leave(END_DEADLOCK);
    }
    return next;
}

/* ---- going on ------------------------------------------------------------------------------------- */

/* Until its next step says what it really is. */
static KIRQL level_after(const struct op *op, KIRQL level)
{
    switch ((enum op_kind)op->kind) {
    case OP_RAISE:
    case OP_LOWER:
    case OP_ENTER:
    case OP_EXIT:
        return op->new_level;
    default:
        return level;
    }
}

/* Has everybody else ended, or done nothing since the first choice?  After a join the actor then comes after
 * all that was done. */
static bool all_others_are_over(unsigned index)
{
    for (unsigned i = 0; i < machine.count; i++) {
        const struct actor *actor = &machine.actors[i];
        bool idle = actor->state == ACTOR_ABSENT || (actor->state == ACTOR_BLOCKED && actor->steps == 0);
        if (i != index && actor->state != ACTOR_ENDED && !idle) {
            return false;
        }
    }
    return true;
}

static void take(unsigned index)
{
    struct actor *actor = &machine.actors[index];
    const struct op *op = &machine.view[index].op;
    machine_kept.beat++;
    machine.step++;
    actor->steps++;
    actor->late_steps += machine.step > machine_kept.options.steps / 2;
    actor->resting = false;
    machine.waiting &= ~(1u << index);
    actor_hold(actor, level_after(op, actor->level));
    spin_taken(actor, op);
    machine.steady = op_is_access(op);
    if (op->kind == OP_ENTER || op->kind == OP_DEVICE) {
        shared_is_step(index, op);
    }
    const struct op *observed = (op->flags & OP_STORE) != 0 ? tso_observed(actor, op) : op;
    machine.observed = machine_kept.phase == PHASE_RUNNING ? observed : NULL;
    if (op->kind == OP_SETTLE || op->kind == OP_JOIN) {
        machine.alone = op->kind == OP_SETTLE || all_others_are_over(index) ? index + 1 : 0;
        machine.quiet = machine.alone != 0 && services_are_idle();
        if (machine_kept.phase == PHASE_STARTING) {
            machine_kept.phase = PHASE_OPENING;
        }
    }
}

/* Who takes the next step: asks the search, or in the opening the only one that can. */
static int choose_next(unsigned enabled)
{
    if (machine_kept.phase == PHASE_RUNNING && !machine.unexplored) {
        return search_pick(machine_kept.search, machine.view, machine.count, &machine.value);
    }
    int only = 0;
    while (!machine.view[only].enabled) {
        only++;
    }
    if (machine_kept.phase == PHASE_STARTING || machine.unexplored) {
        machine.value = 0;
        return only;
    }
    return enabled > 1 || machine.view[only].op.kind == OP_CHOICE ? SEARCH_STOP : only;
}

/* After a plain access, before another one by the same actor: whoever could go on still can, nobody else. */
static bool nothing_changed(void)
{
    return machine.steady && machine.spinning == 0 && !machine_kept.options.tso &&
           op_is_access(&machine.view[ke_actor].op);
}

/* The actor whose step was the next one when this way was gone before, or -1: that has to be found out.  Who
 * else could go on then is of no interest. */
static int repeated(void)
{
    int next = machine_is_searched() ? search_repeated(machine_kept.search, machine.view) : -1;
    if (next < 0) {
        return -1;
    }
    const struct actor *actor = &machine.actors[next];
    const struct op *op = &machine.view[next].op;
    bool known = actor->state == ACTOR_AT_STEP && !actor->resting && op->kind != OP_TICK;
    return known && is_ready_to_step(actor, op) ? next : -1;
}

/* Nobody but the actor can go on any more: it comes after everything, and no order of steps is left. */
static void leave_alone(unsigned index)
{
    machine.alone = index + 1;
    machine.quiet = services_are_idle();
}

/*
 * The only one that can go on, when it is about to join the last of the others, or -1: what comes from now on
 * is the same whatever the search does, and the join is no step of its.
 */
static int last_of_all(void)
{
    unsigned index = 0;
    while (!machine.view[index].enabled) {
        index++;
    }
    return machine.view[index].op.kind == OP_JOIN && machine_is_searched() && all_others_are_over(index)
               ? (int)index
               : -1;
}

/* The next actor to switch to: one that has to reach its next step, else the one whose step is taken. */
static struct actor *next_actor(void)
{
    if (machine.ready != 0) {
        unsigned index = (unsigned)__builtin_ctz(machine.ready);
        machine.ready &= machine.ready - 1;
        actor_set(&machine.actors[index], ACTOR_AT_STEP);
        return &machine.actors[index];
    }
    if (!ke_invariants_hold()) {
        machine_leave(END_STOPPED);
    }
    int again = repeated();
    if (again >= 0) {
        machine.value = search_repeat(machine_kept.search);
        take((unsigned)again);
        machine.steady = false; /* machine.enabled is of earlier */
        return &machine.actors[again];
    }
    if (!nothing_changed()) {
        machine.enabled = machine_enable();
    }
    unsigned enabled = machine.enabled;
    if (enabled == 0) {
        return dead_end();
    }
    if (machine.alone != 0) {
        struct actor *alone = &machine.actors[machine.alone - 1];
        if (enabled == 1 && machine.view[machine.alone - 1].enabled &&
            machine.view[machine.alone - 1].op.kind != OP_CHOICE) {
            actor_hold(alone, level_after(&machine.view[machine.alone - 1].op, alone->level));
            return alone; /* nobody can notice when: no step */
        }
        machine.alone = 0;
    }
    int last = enabled == 1 ? last_of_all() : -1;
    if (last >= 0) {
        leave_alone((unsigned)last);
        machine.observed = &machine.view[last].op;
        return &machine.actors[last];
    }
    int next = choose_next(enabled);
    if (next == SEARCH_STOP) {
        return NULL;
    }
    if (machine_kept.phase == PHASE_RUNNING && machine.step >= machine_kept.options.steps) {
        watch_judge_steps();
        machine_leave(END_STEPS);
    }
    take((unsigned)next);
    return &machine.actors[next];
}

/* Stops the execution at a moment that others start from.  Returns when machine_enter has picked this actor.
 */
static void stand_still(struct actor *me, enum machine_phase phase)
{
    machine_kept.phase = phase;
    me->irql = ke_irql();
    me->callback = ke_processor()->callback;
    host_region_switch(&ke_outside);
    host_context_switch(me->context, &machine_kept.engine, false);
}

void machine_go_on(void)
{
    struct actor *me = actor_current();
    tso_hide();
    if (checkpoint_is_due()) {
        stand_still(me, PHASE_AT_CHECKPOINT);
        return;
    }
    struct actor *next = next_actor();
    if (next == NULL && machine_kept.phase == PHASE_OPENING) {
        stand_still(me, PHASE_AT_CHOICE); /* the first choice */
        return;
    }
    if (next == NULL) {
        machine_leave(END_REDUNDANT);
    }
    if (next != me) {
        switch_to(next);
    } else {
        tso_show(me);
    }
}

void machine_enter(void)
{
    struct actor *next = next_actor();
    if (next == NULL) {
        machine_kept.end = END_REDUNDANT;
        machine_kept.running = false;
        return;
    }
    switch_to(next);
}
