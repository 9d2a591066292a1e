/*
 * guided.c - follows a list of forced switches: replay, and what the minimiser tries.
 */
#include "engine/explore/search/internal.h"

/* The switches of each actor, in the order in which they are given, and how many CHOICEs there were. */
struct guide_state {
    uint32_t first[SEARCH_ACTORS];
    uint32_t *next; /* per switch: the next one of the same actor */
    size_t capacity;
    size_t choices;
};

bool guide_open(struct search *search)
{
    search->guide = calloc(1, sizeof(*search->guide));
    return search->guide != NULL;
}

void guide_close(struct search *search)
{
    if (search->guide != NULL) {
        free(search->guide->next);
        free(search->guide);
    }
}

static void begin(struct search *search)
{
    struct guide_state *state = search->guide;
    const struct search_guide *guide = search->options.guide;
    if (state->capacity < guide->switch_count) {
        free(state->next);
        state->next = search_allocate(guide->switch_count * sizeof(*state->next));
        state->capacity = guide->switch_count;
    }
    memset(state->first, 0xFF, sizeof(state->first));
    for (size_t i = guide->switch_count; i-- > 0;) {
        unsigned actor = guide->switches[i].actor;
        if (actor < SEARCH_ACTORS) {
            state->next[i] = state->first[actor];
            state->first[actor] = (uint32_t)i;
        }
    }
    state->choices = 0;
}

/* Where a switch forces the execution to go after the last step of `actor`, or SEARCH_STOP. */
static int forced(struct search *search, unsigned actor)
{
    const struct search_switch *switches = search->options.guide->switches;
    struct guide_state *state = search->guide;
    uint32_t *first = &state->first[actor];
    while (*first != NOTHING && switches[*first].steps < search->taken[actor]) {
        *first = state->next[*first];
    }
    if (*first == NOTHING || switches[*first].steps != search->taken[actor]) {
        return SEARCH_STOP;
    }
    int to = switches[*first].to;
    *first = state->next[*first];
    return to;
}

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    unsigned actor = search_stay(search, frame->enabled);
    unsigned last = search->depth > 0 ? search->event[search->depth - 1].actor : actor;
    int to = forced(search, last);
    if (to != SEARCH_STOP && (unsigned)to < count && actors[to].enabled) {
        actor = (unsigned)to;
    }
    if (actors[actor].op.kind == OP_CHOICE) {
        const struct search_guide *guide = search->options.guide;
        size_t index = search->guide->choices++;
        uint16_t value = index < guide->choice_count ? guide->choices[index] : 0;
        frame->value = value < actors[actor].op.aux ? value : 0;
    }
    return (int)actor;
}

const struct search_method search_guided = {
    .walks = true,
    .begin = begin,
    .choose = choose,
};
