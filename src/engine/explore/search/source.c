/*
 * source.c - source DPOR: for each race, some actor that can begin its reversal is to be explored at
 * the frame of the race (Abdulla, Aronis, Jonsson, Sagonas: POPL 2014, algorithm 1).
 *
 * With a preemption bound, what is equivalent does not cost the same, and a reversal may be within the bound
 * where those that would lead to it are not.  So it is conservative then (Coons, Musuvathi, McKinley: OOPSLA
 * 2013): no sleep sets; before the last competing step of each other actor, whatever lies between; the actor
 * itself where it can run, else all that can; and the same where the thread that is running there was
 * switched to, for there it costs no preemption.  An interrupt's step, which nobody pays for, can also wait
 * for what would have gone on.
 */
#include "engine/explore/search/internal.h"

static bool is_bounded(const struct search *search)
{
    return search->options.preemption_bound >= 0;
}

/* With the thread that an interrupt is over for: to go on with another one would preempt it for nothing. */
static unsigned stay_bounded(const struct search *search, const struct frame *frame, uint32_t admitted)
{
    bool stays = search->depth > 0 && (admitted >> search->event[search->depth - 1].actor & 1) != 0;
    if (!stays && frame->last_thread >= 0 && (admitted >> frame->last_thread & 1) != 0) {
        return (unsigned)frame->last_thread;
    }
    return search_stay(search, admitted);
}

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    (void)count;
    uint32_t awake =
        is_bounded(search) ? bound_admits(search, frame) : frame->enabled & ~sleep_blocked(frame);
    if (awake == 0) {
        return SEARCH_STOP;
    }
    unsigned actor = is_bounded(search) ? stay_bounded(search, frame, awake)
                                        : search_stay(search, block_last(awake, actors));
    frame->backtrack = 1U << actor;
    frame->explored = 0;
    frame->value = sleep_first_value(search, search->depth, actor);
    return (int)actor;
}

/* Does plan entry `index` come after one before it in the plan? */
static bool comes_after_some(const struct search *search, uint32_t index, const struct clock *before)
{
    const struct planned *plan = search->plan.data;
    for (uint32_t i = 0; i < index; i++) {
        if (plan[index].event != NOTHING) {
            if (comes_before(search, plan[i].event, &search->clock[plan[index].event]) ||
                op_is_interrupted_by(plan[i].op, plan[index].op)) {
                return true;
            }
        } else if (comes_before(search, plan[i].event, before) ||
                   ops_depend(plan[i].actor, plan[i].op, plan[index].actor, plan[index].op)) {
            return true;
        }
    }
    return false;
}

/* The actors that can take the first step of the plan. */
static uint32_t initials(const struct search *search, const struct clock *before)
{
    uint32_t seen = 0, found = 0;
    for (uint32_t i = 0; i < search->plan.count; i++) {
        uint32_t bit = 1U << search->plan.data[i].actor;
        if ((seen & bit) == 0 && !comes_after_some(search, i, before)) {
            found |= bit;
        }
        seen |= bit;
    }
    return found;
}

/* The frame at which the thread that runs at `depth` was switched to: another one could be for nothing. */
static uint32_t block_begin(const struct search *search, uint32_t depth)
{
    const struct frame *frame = &search->frame[depth];
    bool interrupt = (frame->interrupts >> frame->actor & 1) != 0;
    int thread = interrupt ? frame->last_thread : frame->actor;
    uint32_t begin = depth;
    for (uint32_t at = depth; at-- > 0;) {
        frame = &search->frame[at];
        if (frame->actor == thread) {
            begin = at;
        } else if ((frame->interrupts >> frame->actor & 1) == 0) {
            break;
        }
    }
    return begin;
}

static void backtrack_at(struct search *search, uint32_t depth, unsigned actor)
{
    struct frame *frame = &search->frame[depth];
    frame->backtrack |= (frame->enabled >> actor & 1) != 0 ? 1U << actor : frame->enabled;
}

/* The first step after that one which can do without it takes its place: an interrupt can wait for nothing.
 */
static void backtrack_late(struct search *search, uint32_t depth)
{
    for (uint32_t i = depth + 1; i < search->depth; i++) {
        if (!comes_before(search, depth, &search->clock[i])) {
            backtrack_at(search, depth, search->event[i].actor);
            return;
        }
    }
}

/* The actor comes in right before that step, or, as that may cost a preemption, when the thread that runs
 * there was switched to.  False: it cannot be right there. */
static bool backtrack_bounded(struct search *search, uint32_t depth, unsigned actor)
{
    const struct frame *frame = &search->frame[depth];
    backtrack_at(search, depth, actor);
    backtrack_at(search, block_begin(search, depth), actor);
    if ((frame->interrupts >> frame->actor & 1) != 0) {
        backtrack_late(search, depth);
    }
    return (frame->enabled >> actor & 1) != 0;
}

/* Before the last step of each other actor that it competes with: a bound may leave out one reversal that
 * would lead to another. */
static void compete(struct search *search, uint32_t end, unsigned actor, const struct op *op)
{
    uint32_t left = ~(1U << actor);
    for (uint32_t i = end; i-- > search->fixed && left != 0;) {
        const struct search_event *event = &search->event[i];
        if ((left >> event->actor & 1) != 0 && ops_compete(actor, op, event->actor, &event->op) &&
            backtrack_bounded(search, i, actor)) {
            left &= ~(1U << event->actor);
        }
    }
}

/* What was not taken: because it cannot be, or because the machine was ended before. */
static void compete_pending(struct search *search, const struct search_actor *actors, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (actors[i].op.kind != OP_NONE && !actors[i].ended) {
            compete(search, search->depth, i, &actors[i].op);
            if (search->ended_by_last && actors[i].enabled) {
                backtrack_bounded(search, search->depth - 1, i);
            }
        }
    }
}

static void compete_all(struct search *search, const struct search_actor *actors, unsigned count)
{
    for (uint32_t i = search->replay; i < search->depth; i++) {
        compete(search, i, search->event[i].actor, &search->event[i].op);
    }
    compete_pending(search, actors, count);
    for (uint32_t i = 0; i < search->vanished.count; i++) {
        const struct race *race = &search->vanished.data[i];
        compete(search, race->obstacle[0] + 1, race->actor, &race->op);
        backtrack_bounded(search, race->obstacle[0], race->actor);
    }
}

static void reverse(struct search *search, const struct race *race)
{
    struct op op;
    uint32_t depth = race_plan(search, race, PLAN_TO_RACE, &op);
    if (depth == NOTHING || depth < search->fixed) {
        return;
    }
    struct frame *frame = &search->frame[depth];
    uint32_t first = initials(search, race_before(search, race));
    if ((first & frame->backtrack) != 0 || (first & frame->enabled) == 0) {
        return;
    }
    first &= frame->enabled;
    frame->backtrack |= (first >> race->actor & 1) != 0 ? 1U << race->actor : first & -first;
}

static void analyse(struct search *search, const struct search_actor *actors, unsigned count)
{
    if (is_bounded(search)) {
        compete_all(search, actors, count);
        return;
    }
    race_note_pending(search, actors, count);
    for (uint32_t i = 0; i < search->races.count; i++) {
        reverse(search, &search->races.data[i]);
    }
}

static bool advance_bounded(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    if (frame->value + 1U < frame->values) {
        frame->value++;
        return true;
    }
    frame->explored |= 1U << frame->actor;
    uint32_t left = bound_keep(search, frame, frame->backtrack & ~frame->explored);
    if (left == 0) {
        return false;
    }
    frame->actor = (uint8_t)__builtin_ctz(left);
    frame->value = 0;
    return true;
}

static bool advance(struct search *search, uint32_t depth)
{
    return is_bounded(search) ? advance_bounded(search, depth) : sleep_advance(search, depth);
}

const struct search_method search_source = {
    .clocks = true,
    .sleeps = true,
    .choose = choose,
    .analyse = analyse,
    .advance = advance,
};
