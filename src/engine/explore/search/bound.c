/*
 * bound.c - preemptions of threads, counted and bounded.
 *
 * A thread is preempted when another thread takes a step though it could, or could but for an interrupt on
 * its processor.  Interrupts, DPCs, the clock and devices preempt nobody: they come whenever they like.
 */
#include "engine/explore/search/internal.h"

/* Could it go on, were its processor free? */
static bool is_ready(const struct search *search, const struct search_actor *actor,
                     const struct search_actor *actors)
{
    const struct op *op = &actor->op;
    switch ((enum op_kind)op->kind) {
    case OP_NONE:
    case OP_SETTLE:
        return false;
    case OP_LOCK:
        return search->options.peek(op->addr, 4) == 0;
    case OP_AWAIT:
        return search->options.peek(op->addr, 4) == op->expected;
    case OP_JOIN:
        return op_join_is_over(op, actors);
    default:
        return !actor->rests;
    }
}

/* Who can go on without a preemption. */
static uint32_t free_actors(const struct search *search, const struct frame *frame,
                            const struct search_actor *actors)
{
    int last = frame->last_thread;
    if (last < 0 || ((frame->enabled >> last & 1) == 0 && !is_ready(search, &actors[last], actors))) {
        return frame->enabled;
    }
    uint32_t free = frame->enabled & (frame->interrupts | 1U << last);
    return free != 0 ? free : frame->enabled;
}

unsigned bound_cost(const struct frame *frame, unsigned actor)
{
    return (frame->free >> actor & 1) == 0;
}

void bound_open(struct search *search, uint32_t depth, const struct search_actor *actors)
{
    struct frame *frame = &search->frame[depth];
    frame->last_thread = -1;
    if (depth > 0) {
        const struct frame *above = &search->frame[depth - 1];
        bool interrupt = (above->interrupts >> above->actor & 1) != 0;
        frame->last_thread = interrupt ? above->last_thread : (int8_t)above->actor;
        frame->preemptions = (uint16_t)(above->preemptions + bound_cost(above, above->actor));
    }
    frame->free = free_actors(search, frame, actors);
}

uint32_t bound_admits(const struct search *search, const struct frame *frame)
{
    int bound = search->options.preemption_bound;
    return bound < 0 || frame->preemptions < bound ? frame->enabled : frame->free;
}

uint32_t bound_keep(struct search *search, const struct frame *frame, uint32_t wanted)
{
    uint32_t admitted = wanted & bound_admits(search, frame);
    search->counts.bounded = search->counts.bounded || admitted != wanted;
    return admitted;
}

unsigned search_preemptions(const struct search *search)
{
    if (search->depth == 0) {
        return 0;
    }
    const struct frame *frame = &search->frame[search->depth - 1];
    return frame->preemptions + bound_cost(frame, frame->actor);
}
