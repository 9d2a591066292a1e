/*
 * sleep.c - sleep sets, and the strategy that has nothing else.
 */
#include "engine/explore/search/internal.h"

/* The step is no longer the one that fell asleep: the head of a DPC queue has changed. */
static bool has_changed(const struct op *slept, const struct op *now)
{
    return slept->kind == OP_ENTER && slept->object[0] != now->object[0];
}

void sleep_inherit(struct search *search, uint32_t depth, const struct search_actor *actors)
{
    struct frame *frame = &search->frame[depth];
    if (depth == 0) {
        return;
    }
    const struct frame *above = &search->frame[depth - 1];
    const struct search_event *event = &search->event[depth - 1];
    for (uint32_t left = above->asleep; left != 0; left &= left - 1) {
        unsigned actor = (unsigned)__builtin_ctz(left);
        uint32_t bit = 1U << actor;
        const struct op *op = &sleep_of(search, depth - 1, actor)->op;
        if (ops_depend(actor, op, event->actor, &event->op) || has_changed(op, &actors[actor].op)) {
            continue;
        }
        frame->asleep |= bit;
        frame->partly |= above->partly & bit;
        frame->unfollowed |= above->unfollowed & bit;
        search->sleeping[depth][actor] = search->sleeping[depth - 1][actor];
    }
}

void sleep_add_op(struct search *search, uint32_t depth, unsigned actor, const struct op *op)
{
    struct frame *frame = &search->frame[depth];
    search->sleeping[depth][actor] = search->sleepers.count;
    struct sleeper *sleeper = vector_push(&search->sleepers);
    *sleeper = (struct sleeper){.op = *op};
    frame->asleep |= 1U << actor;
    frame->sleepers = search->sleepers.count;
}

/* A CHOICE falls asleep value by value. */
static void add_choice(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    unsigned actor = frame->actor;
    uint32_t bit = 1U << actor;
    uint64_t values = (frame->asleep & bit) != 0 ? sleep_of(search, depth, actor)->values : 0;
    if (frame->value >= SEARCH_VALUES || frame->values > SEARCH_VALUES) {
        return; /* never asleep: explored more often than needed */
    }
    values |= 1ULL << frame->value;
    sleep_add_op(search, depth, actor, &search->event[depth].op);
    sleep_of(search, depth, actor)->values = values;
    if (values == ~0ULL >> (64 - frame->values)) {
        frame->partly &= ~bit;
    } else {
        frame->partly |= bit;
    }
}

void sleep_add(struct search *search, uint32_t depth)
{
    const struct search_event *event = &search->event[depth];
    if (depth + 1 == search->depth && search->ended_by_last) {
        search->frame[depth].unfollowed |= 1U << event->actor;
    }
    if (event->op.kind == OP_CHOICE && event->op.aux > 1) {
        add_choice(search, depth);
    } else {
        sleep_add_op(search, depth, event->actor, &event->op);
    }
}

static bool is_explored(struct search *search, uint32_t depth, unsigned actor, unsigned value)
{
    return (search->frame[depth].asleep >> actor & 1) != 0 && value < SEARCH_VALUES &&
           (sleep_of(search, depth, actor)->values >> value & 1) != 0;
}

uint16_t sleep_first_value(struct search *search, uint32_t depth, unsigned actor)
{
    uint16_t value = 0;
    while (is_explored(search, depth, actor, value)) {
        value++;
    }
    return value;
}

bool sleep_next_value(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    unsigned value = frame->value + 1U;
    while (value < frame->values && is_explored(search, depth, frame->actor, value)) {
        value++;
    }
    if (value >= frame->values) {
        return false;
    }
    frame->value = (uint16_t)value;
    return true;
}

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    (void)actors, (void)count;
    uint32_t awake = frame->enabled & ~sleep_blocked(frame);
    if (awake == 0) {
        return SEARCH_STOP;
    }
    unsigned actor = search_stay(search, awake);
    frame->backtrack = frame->enabled;
    frame->value = sleep_first_value(search, search->depth, actor);
    return (int)actor;
}

/* The next of those in `backtrack` that is not asleep. */
bool sleep_advance(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    sleep_add(search, depth);
    if (sleep_next_value(search, depth)) {
        return true;
    }
    uint32_t left = frame->backtrack & ~sleep_blocked(frame) & ~(1U << frame->actor);
    if (left == 0) {
        return false;
    }
    frame->actor = (uint8_t)__builtin_ctz(left);
    frame->value = sleep_first_value(search, depth, frame->actor);
    return true;
}

const struct search_method search_sleep = {
    .sleeps = true,
    .choose = choose,
    .advance = sleep_advance,
};
