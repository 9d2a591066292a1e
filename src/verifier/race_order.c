/*
 * race_order.c - what comes before what: the edges of explore.md C2 (b).
 *
 *   - the order of each actor's own code, from one release to the next;
 *   - a spin lock's release to its next acquisition; not for the library's own guards (OP_LIBRARY), on which
 *     no driver may rely;
 *   - an atomic write to the atomic reads that come after it.  A volatile access counts as atomic, with
 * acquire and release, as the compiler that Windows drivers are built with makes it on x64;
 *   - the end of an actor to the one that joins it, everything to OP_SETTLE;
 *   - tokens (ke/observer.h);
 *   - IRQL, on one processor only: who lowers it below L comes before what enters at L afterwards, and what
 *     has left L comes before who raises it to L or above afterwards.  What enters at one level of one
 *     processor never overlaps with another such; what enters above the level of what it interrupts is not
 *     ordered with it.  Between threads IRQL orders nothing: that they meet on one processor is an accident.
 */
#include "verifier/race.h"

#include <stdlib.h>
#include <string.h>

HOST_KEPT struct race_actor race_actors[OBSERVER_ACTORS] = {0};
static HOST_KEPT unsigned slots = 0;
static HOST_KEPT uint32_t left_levels[KE_MAXIMUM_PROCESSORS] = {0}; /* bit L: something has left L there */

static HOST_KEPT struct race_lock *locks = NULL; /* [0] stands for none; only added to */
static HOST_KEPT uint32_t lock_count = 0, lock_capacity = 0;

/* ---- actors ------------------------------------------------------------------------------------ */

/* About to change something of it other than what it is joined with. */
static void change(struct race_actor *me)
{
    host_journal(me, offsetof(struct race_actor, clock.time) + me->clock.count * sizeof(me->clock.time[0]));
}

static __attribute__((noinline)) void take_slot(struct race_actor *me)
{
    host_journal(&slots, sizeof(slots));
    me->slot = (uint16_t)slots++;
    memset(me->clock.time, 0, slots * sizeof(me->clock.time[0]));
    me->clock.count = slots;
    me->clock.time[me->slot] = 1;
}

void race_actor_begin(struct race_actor *actor)
{
    change(actor);
    actor->generation = race_generation;
    actor->entered = 0;
    actor->locks = 0;
    actor->interlocked = 0;
    take_slot(actor);
}

void race_order_interlocked(struct race_actor *me, uintptr_t lock)
{
    change(me);
    me->interlocked = lock;
}

/* Slots are kept for actors that have not been seen yet: each of those may still need one. */
void race_order_fresh(struct race_actor *me)
{
    if (slots < RACE_SLOTS - OBSERVER_ACTORS) {
        change(me);
        take_slot(me);
    }
}

void race_order_begin(void)
{
    slots = 0;
    lock_count = 1;
    memset(left_levels, 0, sizeof(left_levels));
}

/* ---- edges ------------------------------------------------------------------------------------- */

static void release_to(struct race_actor *me, struct race_clock *to)
{
    if (to != NULL) {
        race_clock_join(to, &me->clock);
        change(me);
        me->clock.time[me->slot]++;
    }
}

static void acquire_from(struct race_actor *me, const struct race_clock *from)
{
    if (from != NULL) {
        race_clock_join(&me->clock, from);
    }
}

void race_order_release(struct race_actor *me, uintptr_t token)
{
    release_to(me, race_token(token, true));
}

void race_order_acquire(struct race_actor *me, uintptr_t token)
{
    acquire_from(me, race_token(token, false));
}

/* A plain store of an atomic: who reads it sees nothing of those who stored before. */
static void release_alone(struct race_actor *me, uintptr_t token)
{
    struct race_clock *to = race_token(token, true);
    if (to != NULL) {
        race_clock_copy(to, &me->clock);
        change(me);
        me->clock.time[me->slot]++;
    }
}

static void raise_irql(struct race_actor *me, const struct op *op)
{
    if (op->processor < 0 || op->processor >= KE_MAXIMUM_PROCESSORS) {
        return;
    }
    uint32_t left = left_levels[op->processor];
    for (unsigned level = op->level + 1u; level <= op->new_level && left >> level != 0; level++) {
        acquire_from(me, race_irql(op->processor, (KIRQL)level, RACE_LEFT, false));
    }
}

static void lower_irql(struct race_actor *me, const struct op *op)
{
    for (unsigned level = op->level; level > op->new_level && level >= DISPATCH_LEVEL; level--) {
        struct race_clock *to = race_irql(op->processor, (KIRQL)level, RACE_LOWERED, true);
        if (to != NULL) {
            race_clock_join(to, &me->clock);
        }
    }
    change(me);
    me->clock.time[me->slot]++;
}

static void enter(struct race_actor *me, const struct op *op)
{
    change(me);
    me->entered = op->new_level;
    acquire_from(me, race_irql(op->processor, op->new_level, RACE_LOWERED, false));
    race_order_acquire(me, op->object[0]);
}

static void leave(struct race_actor *me, const struct op *op)
{
    if (op->processor >= 0 && op->processor < KE_MAXIMUM_PROCESSORS && op->level < KE_MASKED) {
        host_journal(&left_levels[op->processor], sizeof(left_levels[0]));
        left_levels[op->processor] |= 1u << op->level;
    }
    release_to(me, race_irql(op->processor, op->level, RACE_LEFT, true));
    release_to(me, race_irql(op->processor, op->level, RACE_LOWERED, true));
}

/* All that the other has done so far, not what it may do from now on. */
static void come_after(struct race_actor *me, struct race_actor *other)
{
    if (other != me) {
        race_clock_join(&me->clock, &other->clock);
        change(other);
        other->clock.time[other->slot]++;
    }
}

static void settle(struct race_actor *me)
{
    for (unsigned i = 0; i < OBSERVER_ACTORS; i++) {
        if (race_actors[i].generation == race_generation) {
            come_after(me, &race_actors[i]);
        }
    }
}

/* ---- spin locks -------------------------------------------------------------------------------- */

const struct race_lock *race_lock(uint32_t number)
{
    return number != 0 ? &locks[number] : NULL;
}

/* The list of `outer` with one more lock; `outer` itself when memory is short. */
static uint32_t lock_add(uint32_t outer, uintptr_t word, uint32_t stack)
{
    if (lock_count >= lock_capacity) {
        uint32_t capacity = lock_capacity == 0 ? 1024 : 2 * lock_capacity;
        struct race_lock *grown = realloc(locks, capacity * sizeof(*grown));
        if (grown == NULL) {
            return outer;
        }
        locks = grown; /* by number, and only added to: nothing of it is in the journal */
        lock_capacity = capacity;
    }
    host_journal(&lock_count, sizeof(lock_count));
    lock_count += lock_count == 0;
    locks[lock_count] = (struct race_lock){.word = word, .outer = outer, .stack = stack};
    return lock_count++;
}

/* The list without that lock: lists that accesses point to stay as they are. */
static uint32_t lock_without(uint32_t from, uintptr_t word)
{
    if (from == 0 || locks[from].word == word) {
        return from == 0 ? 0 : locks[from].outer;
    }
    struct race_lock top = locks[from];
    return lock_add(lock_without(top.outer, word), top.word, top.stack);
}

static void locked(struct race_actor *me, const struct op *op)
{
    if ((op->flags & OP_LIBRARY) == 0) {
        race_order_acquire(me, op->addr);
        change(me);
        me->locks = lock_add(me->locks, op->addr, race_stack_take());
    }
}

static void unlock(struct race_actor *me, const struct op *op)
{
    if ((op->flags & OP_LIBRARY) == 0) {
        race_order_release(me, op->addr);
        change(me);
        me->locks = lock_without(me->locks, op->addr);
        me->interlocked = me->interlocked == op->addr ? 0 : me->interlocked;
    }
}

/* ---- steps ------------------------------------------------------------------------------------- */

bool race_succeeds(const struct op *op)
{
    uint64_t value = 0;
    if ((op->flags & (OP_COMPARES | OP_TRIES)) == 0 || op->size > sizeof(value)) {
        return true;
    }
    memcpy(&value, (const void *)op->addr, op->size != 0 ? op->size : sizeof(uint32_t));
    return value == op->expected;
}

void race_order_before(struct race_actor *me, const struct op *op)
{
    switch ((enum op_kind)op->kind) {
    case OP_READ:
        if (op->flags & (OP_ATOMIC | OP_VOLATILE)) {
            race_order_acquire(me, op->addr);
        }
        break;
    case OP_UPDATE:
        if (op->flags & OP_TRIES) {
            if (race_succeeds(op)) {
                locked(me, op);
            }
        } else {
            race_order_acquire(me, op->addr);
        }
        break;
    case OP_LOCK:
        locked(me, op);
        break;
    case OP_UNLOCK:
        unlock(me, op);
        break;
    case OP_RAISE:
        raise_irql(me, op);
        break;
    case OP_LOWER:
        lower_irql(me, op);
        break;
    case OP_ENTER:
        enter(me, op);
        break;
    case OP_EXIT:
        leave(me, op);
        break;
    case OP_JOIN:
        for (uint64_t left = op->expected; left != 0; left &= left - 1) {
            come_after(me, race_actor((unsigned)__builtin_ctzll(left)));
        }
        break;
    case OP_SETTLE:
        settle(me);
        break;
    case OP_AWAIT:
        race_order_acquire(me, op->addr);
        break;
    default:
        break;
    }
}

void race_order_after(struct race_actor *me, const struct op *op)
{
    if (op->kind == OP_WRITE && op->flags & (OP_ATOMIC | OP_VOLATILE)) {
        release_alone(me, op->addr);
    } else if (op->kind == OP_UPDATE && (op->flags & OP_TRIES) == 0 && race_succeeds(op)) {
        race_order_release(me, op->addr);
    }
}
