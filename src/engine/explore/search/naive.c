/*
 * naive.c - every schedule, one after the other: what the others are judged by.
 */
#include "engine/explore/search/internal.h"

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    (void)actors, (void)count;
    unsigned actor = search_stay(search, bound_admits(search, frame));
    frame->backtrack = 1U << actor;
    return (int)actor;
}

static bool advance(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    if (frame->value + 1U < frame->values) {
        frame->value++;
        return true;
    }
    uint32_t left = bound_keep(search, frame, frame->enabled) & ~frame->backtrack;
    if (left == 0) {
        return false;
    }
    frame->actor = (uint8_t)__builtin_ctz(left);
    frame->backtrack |= 1U << frame->actor;
    frame->value = 0;
    return true;
}

const struct search_method search_naive = {
    .choose = choose,
    .advance = advance,
};
