/*
 * random.c - random executions: uniform at each step, and PCT (Burckhardt, Kothari, Musuvathi,
 * Nagarakatte: ASPLOS 2010).
 */
#include "engine/explore/search/internal.h"

#define CHANGE_POINTS 16

struct chance {
    uint64_t priority[SEARCH_ACTORS]; /* 0: none yet */
    uint32_t change[CHANGE_POINTS];   /* before which step the running actor falls to the lowest priority */
    unsigned changes;
    uint32_t length; /* of the longest execution so far */
};

bool chance_open(struct search *search)
{
    search->chance = calloc(1, sizeof(*search->chance));
    return search->chance != NULL;
}

void chance_close(struct search *search)
{
    free(search->chance);
}

uint64_t search_random_next(struct search *search)
{
    uint64_t x = search->random += 0x9E3779B97F4A7C15ULL;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
}

uint32_t search_random_below(struct search *search, uint32_t limit)
{
    return (uint32_t)((search_random_next(search) >> 32) * limit >> 32);
}

unsigned search_random_of(struct search *search, uint32_t actors)
{
    uint32_t skip = search_random_below(search, (uint32_t)__builtin_popcount(actors));
    while (skip-- > 0) {
        actors &= actors - 1;
    }
    return (unsigned)__builtin_ctz(actors);
}

void search_random_value(struct search *search, struct frame *frame, const struct search_actor *actor)
{
    if (actor->op.kind == OP_CHOICE && actor->op.aux > 1) {
        frame->value = (uint16_t)search_random_below(search, actor->op.aux);
    }
}

static int choose_uniform(struct search *search, struct frame *frame, const struct search_actor *actors,
                          unsigned count)
{
    (void)count;
    unsigned actor = search_random_of(search, bound_keep(search, frame, frame->enabled));
    search_random_value(search, frame, &actors[actor]);
    return (int)actor;
}

static void begin_pct(struct search *search)
{
    struct chance *chance = search->chance;
    unsigned depth = search->options.pct_depth == 0 ? 3 : search->options.pct_depth;
    memset(chance->priority, 0, sizeof(chance->priority));
    chance->length = search->counts.depth > 16 ? search->counts.depth : 16;
    chance->changes = depth - 1 < CHANGE_POINTS ? depth - 1 : CHANGE_POINTS;
    for (unsigned i = 0; i < chance->changes; i++) {
        chance->change[i] = search_random_below(search, chance->length);
    }
}

static int choose_pct(struct search *search, struct frame *frame, const struct search_actor *actors,
                      unsigned count)
{
    struct chance *chance = search->chance;
    (void)count;
    for (unsigned i = 0; i < chance->changes; i++) {
        if (chance->change[i] == search->depth && search->depth > 0) {
            chance->priority[search->event[search->depth - 1].actor] = 1 + i;
        }
    }
    unsigned best = SEARCH_ACTORS;
    for (uint32_t left = bound_keep(search, frame, frame->enabled); left != 0; left &= left - 1) {
        unsigned actor = (unsigned)__builtin_ctz(left);
        if (chance->priority[actor] == 0) {
            chance->priority[actor] = CHANGE_POINTS + 1 + (search_random_next(search) >> 8);
        }
        if (best == SEARCH_ACTORS || chance->priority[actor] > chance->priority[best]) {
            best = actor;
        }
    }
    search_random_value(search, frame, &actors[best]);
    return (int)best;
}

const struct search_method search_uniform = {
    .walks = true,
    .choose = choose_uniform,
};

const struct search_method search_pct = {
    .walks = true,
    .begin = begin_pct,
    .choose = choose_pct,
};
