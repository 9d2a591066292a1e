/*
 * machine.c - the explored engine: opening the machine, running it again and again (contract in machine.h).
 *
 * What is not guaranteed: threads stay on the processor that they were placed on, but for a change of their
 * affinity; busy waiting takes no time; a wait for more than two objects announces them one by one.
 */
#include "engine/explore/machine_internal.h"

#include "ke/clock.h"
#include "ke/run.h"

#include <stdio.h>
#include <string.h>

struct machine machine __attribute__((aligned(4096))); /* on as few pages as can be (host/memory.h) */
struct machine_kept machine_kept HOST_KEPT;

#define STEPS_DEFAULT 20000u

static const struct ke_engine explored_engine;

/* ---- what ke asks of the engine ------------------------------------------------------------------- */

void machine_trace_step(const struct op *op)
{
    if (machine.observed != NULL) {
        const struct op *observed = machine.observed;
        machine.observed = NULL;
        ke_observe_step(ke_actor, observed);
    }
    if (machine_kept.trace == NULL || machine_kept.phase != PHASE_RUNNING || machine.alone != 0) {
        return;
    }
    const struct actor *me = actor_current();
    struct machine_step step = {
        .index = machine.step - 1, .actor = ke_actor, .value = machine.value, .op = op};
    KIRQL old = ke_mask();
    stack_trace_take(&step.stack, NULL);
    step.lock_count = me->lock_count;
    memcpy(step.locks, me->locks, sizeof(step.locks));
    machine_kept.trace(&step, machine_kept.trace_argument);
    ke_unmask(old);
}

static void note_lock(struct actor *me, const struct op *op)
{
    const void *lock = (const void *)op->addr;
    if (op->kind == OP_LOCK) {
        if (me->lock_count < FINDING_LOCKS) {
            me->locks[me->lock_count++] = lock;
        }
        return;
    }
    for (unsigned i = me->lock_count; i-- > 0;) {
        if (me->locks[i] == lock) {
            memmove(&me->locks[i], &me->locks[i + 1], (--me->lock_count - i) * sizeof(me->locks[0]));
            return;
        }
    }
}

/* Tells the verifier that this actor waits for a spin lock, or that it will do so for ever. */
static void run_errand(struct actor *me, const struct op *op)
{
    event_send(EVENT_LOCK_WAIT, (const void *)op->addr, 0, me->errand == ERRAND_SHOW_DEADLOCK, 0, 0);
    if (me->errand == ERRAND_SHOW_DEADLOCK) {
        me->errand = ERRAND_DONE; /* not again */
    }
}

static void maybe_migrate(struct actor *me, const struct op *op);

static void explored_step(const struct op *op)
{
    struct actor *me = actor_current();
    bool access = op->kind <= OP_UPDATE && (op->flags & OP_TRIES) == 0;
    machine_kept.saw_access = machine_kept.saw_access || access;
    if (machine_kept.phase == PHASE_RUNNING && !machine_kept.options.all_accesses &&
        !shared_is_step(ke_actor, op)) {
        if (!access || !spin_waits_in_private(me, op)) {
            return;
        }
        shared_learn(op->addr);
    }
    if (machine_kept.options.tso && machine_kept.phase == PHASE_RUNNING) {
        if (tso_delays(op)) {
            tso_store(op);
            return;
        }
        if (op->kind != OP_READ && op->kind != OP_CHOICE && (op->flags & OP_STORE) == 0) {
            tso_drain();
        }
    }
    struct op *own = &machine.view[ke_actor].op;
    if (op->kind == OP_RAISE && machine_is_searched()) {
        maybe_migrate(me, op);
    }
    *own = *op;
    if (own->processor >= 0) {
        own->processor = (int8_t)me->processor->number;
    }
    /* APC_LEVEL keeps no other thread from a processor. */
    own->level = op->level < DISPATCH_LEVEL ? PASSIVE_LEVEL : op->level;
    own->new_level = op->new_level < DISPATCH_LEVEL ? PASSIVE_LEVEL : op->new_level;
    actor_hold(me, own->level);
    actor_set(me, ACTOR_AT_STEP);
    spin_note(me, op);
    for (;;) {
        enum actor_errand errand = me->errand;
        machine_go_on();
        if (me->errand == errand) {
            break;
        }
        run_errand(me, op);
    }
    machine_trace_step(op);
    if ((op->kind == OP_LOCK || op->kind == OP_UNLOCK) && (op->flags & OP_STORE) == 0) {
        note_lock(me, op);
    }
}

static uint64_t explored_now(void)
{
    return machine.now;
}

static void nothing_to_kick(struct ke_processor *processor)
{
    (void)processor;
}

static void no_idle_loop(struct ke_processor *processor, uint32_t seen)
{
    (void)processor, (void)seen;
}

/* A lock is only asked for when it is free: whoever waits here takes it without having said so. */
static void no_lock_wait(volatile uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    (void)word, (void)expected, (void)timeout_ns;
    machine_kept.failure = "undis took a spin lock without making it a step";
    machine_leave(END_STOPPED);
}

static void no_lock_wake(volatile uint32_t *word)
{
    (void)word;
}

static void no_thread_waits(void)
{
}

static unsigned explored_choose(enum choice_kind kind, unsigned count)
{
    if (kind == CHOICE_FAILURE &&
        (machine.failures >= machine_kept.options.failures || machine_kept.phase == PHASE_STARTING ||
         ke_processor()->callback == NULL)) {
        return 0;
    }
    struct op op = {.kind = OP_CHOICE,
                    .level = ke_irql(),
                    .new_level = ke_irql(),
                    .processor = (int8_t)ke_processor()->number,
                    .choice = (uint8_t)kind,
                    .aux = (uint16_t)count};
    if (ke_irql() == KE_MASKED || ke_processor() == &ke_outside) {
        return 0;
    }
    explored_step(&op);
    machine.failures += kind == CHOICE_FAILURE && machine.value != 0;
    return machine.value;
}

/* ---- migration ------------------------------------------------------------------------------------ */

static void move_to(struct actor *me, struct ke_processor *to);

/*
 * A thread below DISPATCH_LEVEL may be anywhere that its affinity allows; where matters when it raises IRQL
 * and thereby keeps others from that processor.  0: it is where it was.
 */
static void maybe_migrate(struct actor *me, const struct op *op)
{
    unsigned allowed[KE_MAXIMUM_PROCESSORS], count = 0;
    if (op->level >= DISPATCH_LEVEL || op->new_level < DISPATCH_LEVEL || me->kind != ACTOR_THREAD ||
        (me->thread->affinity & (me->thread->affinity - 1)) == 0) {
        return;
    }
    if (machine.migrations >= machine_kept.options.migrations) {
        machine_kept.threads_stayed = true;
        return;
    }
    allowed[count++] = me->processor->number;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if ((me->thread->affinity >> i & 1) != 0 && i != me->processor->number) {
            allowed[count++] = i;
        }
    }
    unsigned chosen = count > 1 ? explored_choose(CHOICE_PLACEMENT, count) : 0;
    if (chosen != 0) {
        machine.migrations++;
        move_to(me, &ke_processors[allowed[chosen]]);
    }
}

/* ---- threads -------------------------------------------------------------------------------------- */

/* Each actor's threads go round the processors that their affinity allows, beginning with the first. */
static struct ke_processor *place(struct actor *maker, const struct _KTHREAD *thread)
{
    unsigned allowed[KE_MAXIMUM_PROCESSORS], count = 0;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (thread->affinity >> i & 1) {
            allowed[count++] = i;
        }
    }
    if (count == 0) {
        return &ke_processors[0];
    }
    unsigned turn = maker == NULL ? 0 : count == 1 ? 0 : maker->placed++;
    return &ke_processors[allowed[turn % count]];
}

static struct actor *make_thread_actor(struct _KTHREAD *thread)
{
    bool first = ke_processor() == &ke_outside;
    struct actor *maker = first ? NULL : actor_current();
    struct actor *actor = actor_of(ACTOR_THREAD, first ? 0 : ke_actor, first ? UINT16_MAX : maker->made++);
    actor->thread = thread;
    actor->context = &thread->host;
    actor->processor = place(maker, thread);
    actor->irql = KE_MASKED;
    actor->callback = NULL;
    actor_hold(actor, PASSIVE_LEVEL);
    thread->actor = actor_index(actor) + 1;
    thread->last_processor = actor->processor->number;
    return actor;
}

static void explored_thread_ready(struct _KTHREAD *thread)
{
    struct actor *actor = thread->actor == 0 ? make_thread_actor(thread) : &machine.actors[thread->actor - 1];
    actor_set(actor, ACTOR_READY);
    machine.ready |= 1u << actor_index(actor);
    if (machine_is_searched()) {
        search_order(machine_kept.search, actor_index(actor));
    }
}

/* Whoever resumes finds the dispatcher guard taken, as ke's own switch leaves it. */
static void explored_thread_block(struct _KTHREAD *thread)
{
    struct actor *me = actor_current();
    bool ended = thread->state == KE_THREAD_ENDED;
    actor_set(me, ended ? ACTOR_ENDED : ACTOR_BLOCKED);
    thread->callback = ke_processor()->callback;
    ke_dispatcher.word = 0;
    if (ended) {
        if (ke_processor()->current == thread) {
            ke_processor()->current = NULL;
        }
        if (me == &machine.actors[machine.main]) {
            machine_leave(machine.abandoned ? machine_abandoned_end() : END_DONE);
        }
    }
    machine_go_on();
    ke_dispatcher.word = 1;
    thread->state = KE_THREAD_RUNNING;
}

static void move_to(struct actor *me, struct ke_processor *to)
{
    struct ke_processor *from = ke_processor();
    to->irql = from->irql;
    to->callback = from->callback;
    to->current = me->thread;
    from->current = NULL;
    from->callback = NULL;
    me->processor = to;
    me->thread->last_processor = to->number;
    host_region_switch(to);
}

static void explored_thread_move(struct _KTHREAD *thread)
{
    unsigned first = 0;
    while (first + 1 < ke_processor_count && (thread->affinity >> first & 1) == 0) {
        first++;
    }
    move_to(actor_current(), &ke_processors[first]);
}

static void explored_join(struct _KTHREAD *thread)
{
    struct op op = {.kind = OP_JOIN,
                    .level = ke_irql(),
                    .new_level = ke_irql(),
                    .processor = (int8_t)ke_processor()->number,
                    .aux = (uint16_t)(thread->actor - 1)};
    explored_step(&op);
}

/* Before the first choice no execution has begun; later the rest of this one is left to itself. */
static void explored_unexplored(void)
{
    if (machine_kept.phase == PHASE_OPENING) {
        machine_kept.phase = PHASE_STARTING;
    } else if (machine_kept.phase == PHASE_RUNNING) {
        machine.unexplored = true;
    }
}

static void explored_settle(void)
{
    struct op op = {.kind = OP_SETTLE,
                    .level = ke_irql(),
                    .new_level = ke_irql(),
                    .processor = (int8_t)ke_processor()->number};
    explored_step(&op);
}

static void explored_await(const volatile uint32_t *word, uint32_t value)
{
    struct op op = {.kind = OP_AWAIT,
                    .flags = OP_ATOMIC,
                    .level = ke_irql(),
                    .new_level = ke_irql(),
                    .processor = (int8_t)ke_processor()->number,
                    .size = sizeof(*word),
                    .addr = (uintptr_t)word,
                    .expected = value};
    explored_step(&op);
}

static void explored_fence(void)
{
    if (machine_kept.options.tso && machine_kept.phase == PHASE_RUNNING) {
        tso_drain();
    }
}

static void explored_stall(uint64_t nanoseconds)
{
    (void)nanoseconds;
}

static void explored_entry_possible(const volatile void *object)
{
    if (machine_is_searched()) {
        search_order_entry(machine_kept.search, (uintptr_t)object);
    }
}

static __attribute__((noreturn)) void explored_freeze(void)
{
    machine_leave(END_STOPPED);
}

static __attribute__((noreturn)) void explored_abandon(void)
{
    /* The others go on: what they still do is what the search must see to reverse it. */
    machine.abandoned = true;
    actor_set(actor_current(), ACTOR_BLOCKED);
    machine_go_on();
    __builtin_unreachable();
}

static void explored_start(uint64_t seed)
{
    (void)seed;
}

static void explored_stop(void)
{
}

static const struct ke_engine explored_engine = {
    .name = "explored",
    .start = explored_start,
    .stop = explored_stop,
    .now = explored_now,
    .kick = nothing_to_kick,
    .wake = nothing_to_kick,
    .idle = no_idle_loop,
    .lock_wait = no_lock_wait,
    .lock_wake = no_lock_wake,
    .timer_due = services_timer_due,
    .thread_waits = no_thread_waits,
    .choose = explored_choose,
    .step = explored_step,
    .thread_ready = explored_thread_ready,
    .thread_block = explored_thread_block,
    .thread_move = explored_thread_move,
    .entry_possible = explored_entry_possible,
    .freeze = explored_freeze,
    .abandon = explored_abandon,
    .await = explored_await,
    .settle = explored_settle,
    .unexplored = explored_unexplored,
    .join = explored_join,
    .fence = explored_fence,
    .stall = explored_stall,
};

/* ---- the machine, from outside -------------------------------------------------------------------- */

static bool prepare(const struct machine_options *options, char *error, size_t error_size)
{
    machine_kept.options = *options;
    if (options->steps == 0) {
        machine_kept.options.steps = STEPS_DEFAULT;
    }
    machine_kept.phase = PHASE_STARTING;
    machine.next_due = UINT64_MAX;
    bool good = host_arena_open() && actor_stacks_map() && host_snapshot_add(&machine);
    for (unsigned i = 0; i < options->image_count && good; i++) {
        good = host_snapshot_add(options->images[i]);
    }
    if (!good) {
        snprintf(error, error_size, "the machine's memory cannot be set up");
        return false;
    }
    host_region_set(&ke_outside);
    ke_engine = &explored_engine;
    ke_stepping = true;
    ke_clock_start(132539328000000000u); /* 2021-01-01: system time is the same in every execution */
    host_traps_install(ke_interrupt_arrived, ke_fault_arrived);
    ke_observe_begin();
    ke_processors_prepare(options->processors, options->seed);
    for (unsigned i = 0; i < options->processors; i++) {
        ke_processors[i].irql = PASSIVE_LEVEL;
    }
    return true;
}

bool machine_open(const struct machine_options *options, void (*body)(void *argument), void *argument,
                  char *error, size_t error_size)
{
    if (!prepare(options, error, error_size)) {
        return false;
    }
    struct _KTHREAD *thread = ke_body_start(body, argument);
    if (thread == NULL) {
        snprintf(error, error_size, "not enough memory");
        return false;
    }
    machine.main = thread->actor - 1;
    machine_kept.running = true;
    host_context_of_thread(&machine_kept.engine);
    machine_enter();
    if (machine_kept.failure != NULL) {
        snprintf(error, error_size, "%s", machine_kept.failure);
        return false;
    }
    machine.step = 0;
    for (unsigned i = 0; i < machine.count; i++) {
        const struct op *op = &machine.view[i].op;
        machine.actors[i].steps = 0;
        if (op->kind != OP_NONE) {
            shared_is_step(i, op); /* it is one, whatever others do */
        }
    }
    if (!watch_start()) {
        snprintf(error, error_size, "no host thread can be started");
        return false;
    }
    if (!host_snapshot_take()) {
        snprintf(error, error_size, "the machine's memory cannot be remembered");
        return false;
    }
    return true;
}

enum search_end machine_execute(struct search *search, machine_trace *trace, void *argument)
{
    machine_kept.search = search;
    machine_kept.trace = trace;
    machine_kept.trace_argument = argument;
    machine_kept.grew = false;
    search_begin(search);
    if (machine_kept.phase != PHASE_AT_CHOICE && machine_kept.phase != PHASE_RUNNING) {
        /* It ended without a choice: there is one execution, and it is over. */
        search_end(search, machine_kept.end, machine.view, machine.count);
        return machine_kept.end;
    }
    host_snapshot_restore();
    machine_kept.phase = PHASE_RUNNING;
    machine_kept.running = true;
    ke_observer_stacks = trace != NULL;
    ke_observe_begin();
    machine_enter();
    /* What nobody explored does not take part: there, everybody had come to rest. */
    search_end(search, machine_kept.end, machine.view, machine.unexplored ? 0 : machine.count);
    return machine_kept.end;
}

void machine_close(void)
{
    watch_stop();
    ke_stepping = false;
}

bool machine_sees_accesses(void)
{
    return machine_kept.saw_access;
}

const char *machine_bounds(void)
{
    static char text[256] HOST_KEPT;
    const struct machine_kept *kept = &machine_kept;
    if (kept->failure != NULL) {
        return kept->failure;
    }
    text[0] = '\0';
    size_t length = 0;
    if (kept->forced_tick_cap || kept->time_stood_still) {
        length = (size_t)snprintf(text, sizeof(text), "at most %u early tick%s of the clock",
                                  kept->options.ticks, kept->options.ticks == 1 ? "" : "s");
    }
    if (kept->threads_stayed) {
        snprintf(text + length, sizeof(text) - length, "%sat most %u migration%s of threads",
                 length != 0 ? ", " : "", kept->options.migrations, kept->options.migrations == 1 ? "" : "s");
    }
    return text[0] != '\0' ? text : NULL;
}

uint64_t machine_peek(uintptr_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)address, size);
    return value;
}
