/*
 * model.c - the interpreter of model programs.
 */
#include "model.h"

#include <string.h>

#define ACTORS (MODEL_THREADS + MODEL_PROCESSORS + MODEL_ISRS + 1)

enum state { IDLE, READY, BLOCKED, ENDED };

struct model_actor {
    const struct model_body *body;
    enum state state;
    int processor;
    uint32_t r;
    uint8_t pc, level;
    bool interrupt;
};

struct model_event {
    bool set;
    uint32_t waiting; /* actors */
};

/* All that a program can change. */
struct model_memory {
    uint64_t word[MODEL_WORDS / 2]; /* pairs of words, each in one granule */
    uint32_t lock[MODEL_LOCKS];
    struct model_event event[MODEL_EVENTS];
    bool queued[MODEL_DPCS];
    uint8_t queue[MODEL_PROCESSORS][MODEL_DPCS];
    uint8_t length[MODEL_PROCESSORS];
    bool line[MODEL_ISRS];
    unsigned ticks;
    bool stopped;
    uint64_t stop;
    struct model_actor actor[ACTORS];
};

static struct model_memory memory;
static struct search_actor view[ACTORS];
static const struct model_program *program;
static struct search *search;

/* Processors that take DPCs: none in programs that have none. */
static unsigned queues(void)
{
    return program->dpcs > 0 ? MODEL_PROCESSORS : 0;
}
static unsigned actor_count(void)
{
    return program->threads + queues() + program->isrs + (program->ticks > 0);
}
static unsigned dpc_actor(unsigned processor)
{
    return program->threads + processor;
}
static unsigned isr_actor(unsigned isr)
{
    return program->threads + queues() + isr;
}

static uint32_t *word(unsigned index)
{
    return (uint32_t *)memory.word + index;
}

uint32_t model_word(unsigned index)
{
    return *word(index);
}

uint64_t model_peek(uintptr_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)address, size);
    return value;
}

/* ---- what an actor does next -------------------------------------------------------------------------- */

static void touch(struct op *op, enum op_kind kind, const void *address, uint32_t size)
{
    op->kind = (uint8_t)kind;
    op->addr = (uintptr_t)address;
    op->size = size;
}

static void object(struct op *op, const void *first, const void *second)
{
    op->kind = OP_OBJECT;
    op->object[0] = (uintptr_t)first;
    op->object[1] = (uintptr_t)second;
}

static void describe_memory(const struct model_step *step, struct op *op)
{
    switch ((enum model_kind)step->kind) {
    case DO_READ:
    case DO_GET:
        touch(op, OP_READ, word(step->a), 4);
        break;
    case DO_WRITE:
    case DO_PUT:
    case DO_STORE:
        touch(op, OP_WRITE, word(step->a), 4);
        break;
    case DO_ADD:
        touch(op, OP_UPDATE, word(step->a), 4);
        break;
    case DO_CAS:
        touch(op, OP_UPDATE, word(step->a), 4);
        op->flags = OP_COMPARES;
        op->expected = step->b;
        break;
    case DO_READ_TWO:
        touch(op, OP_READ, &memory.word[step->a], 8);
        break;
    case DO_WRITE_TWO:
        touch(op, OP_WRITE, &memory.word[step->a], 8);
        break;
    case DO_LOCK:
        touch(op, OP_LOCK, &memory.lock[step->a], 4);
        break;
    case DO_UNLOCK:
        touch(op, OP_UNLOCK, &memory.lock[step->a], 4);
        break;
    case DO_TRY:
        touch(op, OP_UPDATE, &memory.lock[step->a], 4);
        op->flags = OP_TRIES;
        break;
    case DO_TEST:
        touch(op, OP_READ, &memory.lock[step->a], 4);
        break;
    case DO_AWAIT:
        touch(op, OP_AWAIT, word(step->a), 4);
        op->expected = step->b;
        break;
    default:
        break;
    }
}

static void describe_control(const struct model_step *step, struct op *op)
{
    switch ((enum model_kind)step->kind) {
    case DO_RAISE:
    case DO_LOWER:
        op->kind = step->kind == DO_RAISE ? OP_RAISE : OP_LOWER;
        op->new_level = step->a;
        break;
    case DO_CHOICE:
        op->kind = OP_CHOICE;
        op->aux = step->a;
        break;
    case DO_QUEUE:
        object(op, &memory.queued[step->a], memory.queue[program->dpc[step->a].processor]);
        break;
    case DO_REMOVE:
        object(op, &memory.queued[step->a], &memory.length[program->dpc[step->a].processor]);
        break;
    case DO_SET:
    case DO_RESET:
    case DO_WAIT:
    case DO_LOOK:
        object(op, &memory.event[step->a], NULL);
        op->flags = step->kind == DO_LOOK ? OP_READS_ONLY : 0;
        break;
    case DO_RAISE_LINE:
        object(op, &memory.line[step->a], NULL);
        break;
    case DO_DEVICE:
        object(op, &memory.event[step->c], NULL);
        touch(op, OP_DEVICE, word(step->a), 4);
        break;
    case DO_JOIN:
        op->kind = OP_JOIN;
        op->expected = UINT64_C(1) << step->a;
        break;
    case DO_SETTLE:
        op->kind = OP_SETTLE;
        break;
    default:
        break;
    }
}

static void stop(unsigned index)
{
    const struct model_actor *actor = &memory.actor[index];
    memory.stopped = true;
    memory.stop = (uint64_t)index << 48 | (uint64_t)actor->pc << 40 | actor->r;
}

/* Passes over what is no step. */
static void settle_down(unsigned index)
{
    struct model_actor *actor = &memory.actor[index];
    for (;; actor->pc++) {
        const struct model_step *step = &actor->body->step[actor->pc];
        if (step->kind == DO_MOVE) {
            actor->processor = step->a;
        } else if (step->kind == DO_SKIP) {
            actor->pc += actor->r == step->a ? step->b : 0;
        } else if (step->kind == DO_STOP) {
            if (actor->r == step->a) {
                stop(index);
            }
        } else {
            break;
        }
    }
    if (actor->body->step[actor->pc].kind == DO_END && !actor->interrupt) {
        actor->state = ENDED;
    }
}

/* Tells the search what the actor, which can run, does next. */
static void describe(unsigned index)
{
    struct model_actor *actor = &memory.actor[index];
    struct op *op = &view[index].op;
    *op = (struct op){.processor = (int8_t)actor->processor, .level = actor->level};
    if (actor->state != READY) {
        return;
    }
    const struct model_step *step = &actor->body->step[actor->pc];
    if (step->kind == DO_END) {
        object(op,
               index < isr_actor(0) ? &memory.length[actor->processor]
                                    : (void *)&memory.line[index - isr_actor(0)],
               NULL);
        op->kind = OP_EXIT;
    } else if (step->kind < DO_RAISE || step->kind == DO_AWAIT) {
        describe_memory(step, op);
    } else {
        describe_control(step, op);
    }
}

/* A DPC or service routine that has not begun: can it, and which. */
static void describe_entries(void)
{
    for (unsigned i = 0; i < queues(); i++) {
        struct op *op = &view[dpc_actor(i)].op;
        if (memory.actor[dpc_actor(i)].state != IDLE) {
            continue;
        }
        *op = (struct op){.processor = (int8_t)i};
        if (memory.length[i] > 0) {
            object(op, &memory.queued[memory.queue[i][0]], NULL);
            op->kind = OP_ENTER;
            op->new_level = DISPATCH_LEVEL;
        }
    }
    for (unsigned i = 0; i < program->isrs; i++) {
        struct op *op = &view[isr_actor(i)].op;
        if (memory.actor[isr_actor(i)].state != IDLE) {
            continue;
        }
        *op = (struct op){.processor = (int8_t)program->isr[i].processor};
        if (memory.line[i]) {
            object(op, &memory.line[i], NULL);
            op->kind = OP_ENTER;
            op->new_level = program->isr[i].level;
        }
    }
    if (program->ticks > 0) {
        struct op *op = &view[actor_count() - 1].op;
        *op = (struct op){.processor = -1, .kind = memory.ticks > 0 ? OP_TICK : OP_NONE};
    }
}

static bool is_admitted(unsigned index, const struct op *op)
{
    unsigned wanted = op->kind == OP_ENTER ? op->new_level : op->level;
    if (op->processor < 0) {
        return true;
    }
    for (unsigned i = 0; i < actor_count(); i++) {
        const struct model_actor *other = &memory.actor[i];
        if (i != index && other->processor == op->processor && other->level > 0 && other->level >= wanted &&
            (other->state == READY || other->state == BLOCKED)) {
            return false;
        }
    }
    return true;
}

static bool is_enabled(unsigned index)
{
    const struct op *op = &view[index].op;
    switch ((enum op_kind)op->kind) {
    case OP_NONE:
    case OP_SETTLE:
        return false;
    case OP_LOCK:
        return *(const uint32_t *)op->addr == 0 && is_admitted(index, op);
    case OP_AWAIT:
        return *(const uint32_t *)op->addr == op->expected && is_admitted(index, op);
    case OP_JOIN:
        return memory.actor[__builtin_ctzll(op->expected)].state == ENDED && is_admitted(index, op);
    default:
        return is_admitted(index, op);
    }
}

static unsigned enable(void)
{
    unsigned enabled = 0, settling = ACTORS, count = actor_count();
    if (count > program->threads) {
        describe_entries();
    }
    for (unsigned i = 0; i < count; i++) {
        view[i].enabled = is_enabled(i);
        view[i].ended = memory.actor[i].state == ENDED;
        enabled += view[i].enabled;
        settling = view[i].op.kind == OP_SETTLE ? i : settling;
    }
    if (enabled == 0 && settling != ACTORS) {
        view[settling].enabled = true;
        enabled = 1;
    }
    return enabled;
}

/* ---- doing it -------------------------------------------------------------------------------------------
 */

/* A set event lets one waiting thread go on, and is reset by it. */
static void signal_event(struct model_event *event)
{
    event->set = true;
    if (event->waiting != 0) {
        unsigned index = (unsigned)__builtin_ctz(event->waiting);
        event->waiting &= event->waiting - 1;
        event->set = false;
        memory.actor[index].state = READY;
        memory.actor[index].pc++;
        settle_down(index);
        describe(index);
        search_order(search, index);
    }
}

static void queue_dpc(struct model_actor *actor, unsigned dpc)
{
    unsigned processor = (unsigned)program->dpc[dpc].processor;
    if (memory.queued[dpc]) {
        actor->r++;
        return;
    }
    memory.queued[dpc] = true;
    memory.queue[processor][memory.length[processor]++] = (uint8_t)dpc;
    search_order_entry(search, (uintptr_t)&memory.queued[dpc], (uintptr_t)memory.queue[processor]);
}

/* Returns the place that it had in its queue. */
static unsigned unqueue_dpc(unsigned dpc)
{
    unsigned processor = (unsigned)program->dpc[dpc].processor, kept = 0, place = 0;
    memory.queued[dpc] = false;
    for (unsigned i = 0; i < memory.length[processor]; i++) {
        if (memory.queue[processor][i] != dpc) {
            memory.queue[processor][kept++] = memory.queue[processor][i];
        } else {
            place = i;
        }
    }
    memory.length[processor] = (uint8_t)kept;
    return place;
}

static void remove_dpc(struct model_actor *actor, unsigned dpc)
{
    if (!memory.queued[dpc]) {
        return;
    }
    unsigned processor = (unsigned)program->dpc[dpc].processor, place = unqueue_dpc(dpc);
    actor->r++;
    search_order_withdrawal(search, (uintptr_t)memory.queue[processor]);
    for (unsigned i = place; i < memory.length[processor]; i++) {
        search_order_sooner(search, (uintptr_t)&memory.queued[memory.queue[processor][i]]);
    }
}

static void do_memory(struct model_actor *actor, const struct model_step *step)
{
    switch ((enum model_kind)step->kind) {
    case DO_READ:
        actor->r = actor->r * 3 + *word(step->a);
        break;
    case DO_GET:
        actor->r = *word(step->a);
        break;
    case DO_WRITE:
        *word(step->a) = (actor->r + step->b) % 4;
        break;
    case DO_PUT:
        *word(step->a) = actor->r + step->b;
        break;
    case DO_STORE:
        *word(step->a) = step->b;
        break;
    case DO_ADD:
        *word(step->a) += step->b;
        break;
    case DO_CAS:
        actor->r += *word(step->a) == step->b ? 1 : 16;
        *word(step->a) = *word(step->a) == step->b ? step->c : *word(step->a);
        break;
    case DO_READ_TWO:
        actor->r += (uint32_t)memory.word[step->a] + 5 * (uint32_t)(memory.word[step->a] >> 32);
        break;
    case DO_WRITE_TWO:
        memory.word[step->a] = step->b | (uint64_t)step->b << 32;
        break;
    default:
        break;
    }
}

static void do_lock(struct model_actor *actor, const struct model_step *step)
{
    uint32_t *lock = &memory.lock[step->a];
    switch ((enum model_kind)step->kind) {
    case DO_LOCK:
        *lock = 1;
        break;
    case DO_UNLOCK:
        *lock = 0;
        break;
    case DO_TRY:
        actor->pc += *lock != 0 ? step->b : 0;
        *lock = 1;
        break;
    default:
        actor->r += *lock;
        break;
    }
}

/* False: the actor waits. */
static bool do_object(unsigned index, const struct model_step *step)
{
    struct model_actor *actor = &memory.actor[index];
    struct model_event *event = &memory.event[step->a % MODEL_EVENTS];
    switch ((enum model_kind)step->kind) {
    case DO_QUEUE:
        queue_dpc(actor, step->a);
        break;
    case DO_REMOVE:
        remove_dpc(actor, step->a);
        break;
    case DO_SET:
        signal_event(event);
        break;
    case DO_RESET:
        event->set = false;
        break;
    case DO_WAIT:
        if (!event->set) {
            event->waiting |= 1U << index;
            return false;
        }
        event->set = false;
        break;
    case DO_LOOK:
        actor->r += event->set;
        break;
    case DO_RAISE_LINE:
        actor->r += memory.line[step->a];
        if (step->b != 0) {
            memory.line[step->a] = false;
        } else if (!memory.line[step->a]) {
            memory.line[step->a] = true;
            search_order_entry(search, (uintptr_t)&memory.line[step->a], 0);
        }
        break;
    default:
        *word(step->a) = step->b;
        signal_event(&memory.event[step->c]);
        break;
    }
    return true;
}

static void enter(unsigned index)
{
    struct model_actor *actor = &memory.actor[index];
    actor->state = READY;
    actor->pc = 0;
    actor->level = view[index].op.new_level;
    if (index < isr_actor(0)) {
        unsigned processor = index - program->threads, dpc = memory.queue[processor][0];
        actor->body = &program->dpc[dpc];
        unqueue_dpc(dpc);
    } else {
        memory.line[index - isr_actor(0)] = false;
    }
}

static void go_on(unsigned index, unsigned value)
{
    struct model_actor *actor = &memory.actor[index];
    const struct model_step *step = &actor->body->step[actor->pc];
    bool goes_on = true;
    if (step->kind <= DO_WRITE_TWO) {
        do_memory(actor, step);
    } else if (step->kind <= DO_TEST) {
        do_lock(actor, step);
    } else if (step->kind <= DO_LOWER) {
        actor->level = step->a;
    } else if (step->kind == DO_CHOICE) {
        actor->r += value;
    } else if (step->kind <= DO_DEVICE && step->kind != DO_AWAIT) {
        goes_on = do_object(index, step);
    }
    if (goes_on) {
        actor->pc++;
    } else {
        actor->state = BLOCKED;
    }
}

static void take(unsigned index, unsigned value)
{
    struct model_actor *actor = &memory.actor[index];
    switch ((enum op_kind)view[index].op.kind) {
    case OP_ENTER:
        enter(index);
        break;
    case OP_EXIT:
        actor->state = IDLE;
        actor->level = 0;
        return;
    case OP_TICK:
        memory.ticks--;
        signal_event(&memory.event[0]);
        return;
    default:
        go_on(index, value);
        break;
    }
    if (actor->state == READY) {
        settle_down(index);
    }
    describe(index);
}

/* ---- an execution ----------------------------------------------------------------------------------------
 */

static void reset(void)
{
    memset(&memory, 0, sizeof(memory));
    for (unsigned i = 0; i < actor_count(); i++) {
        struct model_actor *actor = &memory.actor[i];
        actor->interrupt = view[i].interrupt = i >= program->threads;
        actor->processor = -1;
    }
    for (unsigned i = 0; i < program->threads; i++) {
        memory.actor[i].body = &program->thread[i];
        memory.actor[i].processor = program->thread[i].processor;
        memory.actor[i].state = READY;
        settle_down(i);
        describe(i);
    }
    for (unsigned i = 0; i < queues(); i++) {
        memory.actor[dpc_actor(i)].processor = (int)i;
    }
    for (unsigned i = 0; i < program->isrs; i++) {
        memory.actor[isr_actor(i)].processor = program->isr[i].processor;
        memory.actor[isr_actor(i)].body = &program->isr[i];
        memory.line[i] = program->raised[i];
    }
    memory.ticks = program->ticks;
}

static uint64_t hash(uint64_t seed, const void *data, size_t size)
{
    const uint32_t *word = data;
    for (size_t i = 0; i < size / 4; i++) {
        seed = (seed ^ word[i]) * 0x9E3779B97F4A7C15ULL;
        seed ^= seed >> 29;
    }
    return seed;
}

static struct model_end finish(enum search_end end)
{
    uint64_t state = hash(0xCBF29CE484222325ULL + end, memory.word, sizeof(memory.word));
    state = hash(state, memory.lock, sizeof(memory.lock));
    for (unsigned i = 0; i < actor_count(); i++) {
        uint32_t left[3] = {memory.actor[i].r, memory.actor[i].pc, memory.actor[i].state};
        state = hash(state, left, sizeof(left));
    }
    search_end(search, end, view, actor_count());
    return (struct model_end){end, state, memory.stop};
}

static enum search_end dead_end(void)
{
    for (unsigned i = 0; i < actor_count(); i++) {
        if (memory.actor[i].state == READY || memory.actor[i].state == BLOCKED) {
            return END_DEADLOCK;
        }
    }
    return END_DONE;
}

struct model_end model_execute(const struct model_program *of, struct search *by)
{
    program = of;
    search = by;
    search_begin(search);
    reset();
    for (;;) {
        if (memory.stopped) {
            return finish(END_STOPPED);
        }
        if (enable() == 0) {
            return finish(dead_end());
        }
        unsigned value = 0;
        int actor = search_pick(search, view, actor_count(), &value);
        if (actor == SEARCH_STOP) {
            return finish(END_REDUNDANT);
        }
        take((unsigned)actor, value);
    }
}
