/*
 * explored.c - the explored engine as ke sees it (ke/engine.h).
 */
#include "engine/explore/machine/internal.h"

#include "ke/run.h"

#include <stddef.h>
#include <string.h>

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

/* Those who read the same again and again, and nobody is left to change it. */
static unsigned count_loopers(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < machine.count; i++) {
        count += machine.actors[i].state == ACTOR_AT_STEP && spin_rests(&machine.actors[i]);
    }
    return count;
}

/* Tells the verifier that this actor waits for a spin lock, or that it will do so for ever. */
static void run_errand(struct actor *me, const struct op *op)
{
    if (me->errand == ERRAND_SHOW_LOOP) {
        event_send(EVENT_WATCHDOG, NULL, WATCHDOG_BLOCKED, 0, ~(uintptr_t)0, count_loopers());
        machine_leave(END_DEADLOCK);
    }
    event_send(EVENT_LOCK_WAIT, (const void *)op->addr, 0, me->errand == ERRAND_SHOW_DEADLOCK, 0, 0);
    if (me->errand == ERRAND_SHOW_DEADLOCK) {
        me->errand = ERRAND_DONE; /* not again */
    }
}

/* Could another actor notice when it is made? */
static bool is_noticed(const struct actor *me, const struct op *op, bool access)
{
    bool searched = machine.alone == 0 && !machine.unexplored;
    return (searched || (!access && op->kind != OP_FREE)) && shared_is_step(actor_index(me), op);
}

_Static_assert(offsetof(struct op, size) == 8 && offsetof(struct op, addr) == 16, "copied by words");

/* Word by word, as it was just written: a wider load would have to wait for the stores. */
static inline void copy_op(struct op *to, const struct op *from)
{
    uint64_t head;
    memcpy(&head, from, sizeof(head));
    __asm__("" : "+r"(head));
    memcpy(to, &head, sizeof(head));
    to->size = from->size;
    for (size_t at = offsetof(struct op, addr); at < sizeof(*to); at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)from + at, sizeof(word));
        __asm__("" : "+r"(word));
        memcpy((char *)to + at, &word, sizeof(word));
    }
}

static void explored_step(const struct op *op)
{
    struct actor *me = actor_current();
    bool access = op_is_access(op);
    machine.quiet = false;
    machine_kept.saw_access = machine_kept.saw_access || access;
    if (machine_kept.phase == PHASE_RUNNING && !machine_kept.options.all_accesses &&
        !is_noticed(me, op, access)) {
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
        threads_migrate(me, op);
    }
    copy_op(own, op);
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
    if (ke_irql() == KE_MASKED || ke_processor() == &ke_outside) {
        return 0;
    }
    struct op op = ke_op_here(OP_CHOICE, 0);
    op.choice = (uint8_t)kind;
    op.aux = (uint16_t)count;
    explored_step(&op);
    machine.failures += kind == CHOICE_FAILURE && machine.value != 0;
    return machine.value;
}

static void explored_join(struct _KTHREAD *const *threads, unsigned count)
{
    struct op op = ke_op_here(OP_JOIN, 0);
    for (unsigned i = 0; i < count; i++) {
        op.expected |= UINT64_C(1) << (threads[i]->actor - 1);
    }
    if (machine.quiet && machine.alone == ke_actor + 1 && machine_join_is_over(&op)) {
        return; /* it has seen all that was done, and nobody else can go on */
    }
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
    struct op op = ke_op_here(OP_SETTLE, 0);
    explored_step(&op);
}

static void explored_await(const volatile uint32_t *word, uint32_t value)
{
    struct op op = ke_op_here(OP_AWAIT, OP_ATOMIC);
    op.size = sizeof(*word);
    op.addr = (uintptr_t)word;
    op.expected = value;
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

static void explored_entry_possible(const volatile void *object, const volatile void *queue)
{
    machine.looked = false;
    if (machine_is_searched()) {
        search_order_entry(machine_kept.search, (uintptr_t)object, (uintptr_t)queue);
    }
}

static void explored_entry_withdrawn(const volatile void *queue)
{
    if (machine_is_searched()) {
        search_order_withdrawal(machine_kept.search, (uintptr_t)queue);
    }
}

static void explored_entry_sooner(const volatile void *object)
{
    if (machine_is_searched()) {
        search_order_sooner(machine_kept.search, (uintptr_t)object);
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

const struct ke_engine explored_engine = {
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
    .thread_ready = threads_ready,
    .thread_block = threads_block,
    .thread_move = threads_move,
    .entry_possible = explored_entry_possible,
    .entry_withdrawn = explored_entry_withdrawn,
    .entry_sooner = explored_entry_sooner,
    .freeze = explored_freeze,
    .abandon = explored_abandon,
    .await = explored_await,
    .settle = explored_settle,
    .unexplored = explored_unexplored,
    .join = explored_join,
    .fence = explored_fence,
    .stall = explored_stall,
};
