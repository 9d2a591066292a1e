/*
 * block.c - service routines and DPCs among the steps of those whom they interrupt (explore.md C5).
 *
 * An entry takes the processor from whoever is there, but where among his steps it does so makes a difference
 * only where one of them conflicts with something that is done until the exit, or before it on another
 * processor. So an entry is not ordered after the steps that it interrupts: it is found by those conflicts,
 * which reverse to an entry before the step.  What is interrupted stays ordered after the exit.
 *
 * Two things keep this sound.  Sleep sets and initials still take an entry and a step below it for dependent,
 * for the steps between entry and exit need not be together.  And whoever waits for somebody whom he
 * interrupted waits for ever: that there is such a place is no conflict, and is looked for here.
 */
#include "engine/explore/search/internal.h"

uint32_t block_last(uint32_t actors, const struct search_actor *views)
{
    uint32_t others = 0;
    for (uint32_t left = actors; left != 0; left &= left - 1) {
        unsigned actor = (unsigned)__builtin_ctz(left);
        others |= (uint32_t)(views[actor].op.kind != OP_ENTER) << actor;
    }
    return others != 0 ? others : actors;
}

/* The entry by which the actor's work at `event` began, or NOTHING. */
static uint32_t entry_of(const struct search *search, uint32_t event)
{
    while (event != NOTHING && search->event[event].op.kind != OP_ENTER) {
        event = search->trace[event].previous;
    }
    return event;
}

/*
 * The entry could have come before the last step of each whom it interrupted; of his steps that come before
 * `later` only (NULL: of all).
 */
static void note_entry(struct search *search, uint32_t entry, const struct clock *later)
{
    const struct op *op = &search->event[entry].op;
    const struct seat *seat = &search->seat[op->processor];
    uint32_t others = seat->actors & ~(1U << search->event[entry].actor);
    for (; others != 0; others &= others - 1) {
        uint32_t event = seat->last[__builtin_ctz(others)];
        while (event != NOTHING &&
               (event > entry || (later != NULL && !comes_before(search, event, later)))) {
            event = search->trace[event].previous_here;
        }
        if (event != NOTHING && op_is_interrupted_by(&search->event[event].op, op) &&
            !comes_before(search, event, &search->before[entry])) {
            race_note_pair(search, entry, event);
        }
    }
}

/* What it waited for was done by somebody whom it might have interrupted before that. */
void block_note(struct search *search, uint32_t event)
{
    const struct op *op = &search->event[event].op;
    if (search->blocks && op->processor >= 0 && (op_traits[op->kind] & TRAIT_CONDITION) != 0) {
        uint32_t entry = entry_of(search, event);
        if (entry != NOTHING) {
            note_entry(search, entry, &search->clock[event]);
        }
    }
}

/* It waits at the end: whom it interrupted goes no further, wherever that was. */
void block_note_stuck(struct search *search, const struct search_actor *actors, unsigned count)
{
    for (unsigned i = 0; i < count && search->blocks; i++) {
        const struct op *op = &actors[i].op;
        if (op->kind == OP_NONE || op->kind == OP_ENTER || op->processor < 0 || actors[i].enabled ||
            actors[i].ended) {
            continue;
        }
        uint32_t entry = entry_of(search, search->last[i]);
        if (entry != NOTHING) {
            note_entry(search, entry, NULL);
        }
    }
}
