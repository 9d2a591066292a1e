/*
 * tracing.c - called in the machine before each step: allocates from the host, touches nothing of the
 * machine.
 */
#include "engine/explore/tracing.h"

#include <stdlib.h>
#include <string.h>

static bool was_forced(const struct tracing *tracing, unsigned from, unsigned to)
{
    const struct trail *trail = tracing->trail;
    for (size_t i = 0; trail != NULL && i < trail->switch_count; i++) {
        const struct search_switch *s = &trail->switches[i];
        if (s->actor == from && s->steps == tracing->taken[from] && s->to == to) {
            return true;
        }
    }
    return false;
}

static bool make_room(struct tracing *tracing)
{
    if (tracing->count < tracing->room) {
        return true;
    }
    size_t room = tracing->room == 0 ? 64 : 2 * tracing->room;
    struct table_step *larger = realloc(tracing->steps, room * sizeof(*larger));
    if (larger == NULL) {
        tracing->failed = true;
        return false;
    }
    tracing->steps = larger;
    tracing->room = room;
    return true;
}

void tracing_note(const struct machine_step *step, void *argument)
{
    struct tracing *tracing = argument;
    if (!make_room(tracing)) {
        return;
    }
    unsigned before = tracing->count > 0 ? tracing->steps[tracing->count - 1].actor : step->actor;
    struct table_step *row = &tracing->steps[tracing->count++];
    *row = (struct table_step){
        .actor = step->actor,
        .processor = step->op->processor >= 0 ? step->op->processor : machine_actor_processor(step->actor),
        .value = step->value,
        .forced = before != step->actor && was_forced(tracing, before, step->actor),
        .op = *step->op,
        .depth = step->stack.depth < TABLE_FRAMES ? step->stack.depth : TABLE_FRAMES,
        .lock_count = step->lock_count,
    };
    memcpy(row->pc, step->stack.pc, row->depth * sizeof(row->pc[0]));
    memcpy(row->locks, step->locks, sizeof(row->locks));
    tracing->taken[step->actor]++;
}
