/*
 * search_bound.c - preemptions of threads, counted and bounded.
 *
 * A thread is preempted when another thread takes a step though it could.  Interrupts, DPCs, the clock and
 * devices preempt nobody: they come whenever they like.
 */
#include "engine/explore/search_internal.h"

unsigned bound_cost(const struct frame *frame, unsigned actor)
{
    int last = frame->last_thread;
    return last >= 0 && (unsigned)last != actor && (frame->enabled >> last & 1) != 0 &&
           (frame->interrupts >> actor & 1) == 0;
}

void bound_open(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    frame->last_thread = -1;
    frame->preemptions = 0;
    if (depth > 0) {
        const struct frame *above = &search->frame[depth - 1];
        bool interrupt = (above->interrupts >> above->actor & 1) != 0;
        frame->last_thread = interrupt ? above->last_thread : (int8_t)above->actor;
        frame->preemptions = (uint16_t)(above->preemptions + bound_cost(above, above->actor));
    }
}

uint32_t bound_admits(struct search *search, const struct frame *frame)
{
    int bound = search->options.preemption_bound;
    if (bound < 0 || frame->preemptions < bound || frame->last_thread < 0 ||
        (frame->enabled >> frame->last_thread & 1) == 0) {
        return frame->enabled;
    }
    uint32_t admitted = frame->enabled & (frame->interrupts | 1U << frame->last_thread);
    if (admitted != frame->enabled) {
        search->counts.bounded = true;
    }
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
