/*
 * vanish.c - entries that were possible and are taken back by somebody else's step: a line that is
 * deasserted before its service routine ran, a DPC that leaves its queue, a device that is switched off, a
 * timer that is cancelled.  Such a step is neither taken nor pending at the end; that it could have come
 * before the step that took it back is seen here, at that step.
 */
#include "engine/explore/search/internal.h"

static bool can_vanish(const struct search_actor *actor)
{
    return !op_waits_for_all(&actor->op) &&
           (actor->op.kind == OP_ENTER || actor->op.kind == OP_DEVICE || actor->op.kind == OP_TICK);
}

static bool is_there(const struct op *then, const struct search_actor *now)
{
    return now->op.kind == then->kind && now->op.object[0] == then->object[0] && now->op.addr == then->addr;
}

/* From now on it is like a step that cannot be taken at the end: the step that took it back is the obstacle.
 */
static void note(struct search *search, unsigned actor, const struct op *op)
{
    uint32_t last = search->depth - 1;
    struct clock before = clock_before(search, actor, op);
    if (!comes_before(search, last, &before)) {
        struct race *race = vector_push(&search->vanished);
        *race = (struct race){.event = NOTHING,
                              .actor = (uint8_t)actor,
                              .is_enabled = true,
                              .obstacle_count = 1,
                              .obstacle = {last},
                              .op = *op,
                              .before = before};
    }
}

void vanish_look_at(struct search *search, const struct search_actor *actors, unsigned count,
                    uint32_t interrupts)
{
    if (search->depth > search->replay) {
        unsigned taker = search->event[search->depth - 1].actor;
        for (uint32_t left = search->vanishing & ~(1U << taker); left != 0; left &= left - 1) {
            unsigned actor = (unsigned)__builtin_ctz(left);
            if (actor >= count || !is_there(&search->vanishing_op[actor], &actors[actor])) {
                note(search, actor, &search->vanishing_op[actor]);
            }
        }
    }
    search->vanishing = 0;
    for (uint32_t left = interrupts; left != 0; left &= left - 1) {
        unsigned actor = (unsigned)__builtin_ctz(left);
        if (can_vanish(&actors[actor])) {
            search->vanishing |= 1U << actor;
            search->vanishing_op[actor] = actors[actor].op;
        }
    }
}

void vanish_note(struct search *search)
{
    for (uint32_t i = 0; i < search->vanished.count; i++) {
        *vector_push(&search->races) = search->vanished.data[i];
    }
}

void vanish_cut(struct search *search, uint32_t depth)
{
    while (search->vanished.count > 0 &&
           search->vanished.data[search->vanished.count - 1].obstacle[0] >= depth) {
        search->vanished.count--;
    }
}
