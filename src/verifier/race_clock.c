/*
 * race_clock.c - vector clocks: of tokens, and of the IRQL levels of processors.
 */
#include "verifier/race.h"

#include <stdlib.h>

#define TOKENS_FIRST 1024

struct token {
    uintptr_t token;
    uint32_t generation;
    struct race_clock clock;
};

struct stamped_clock {
    uint32_t generation;
    struct race_clock clock;
};

HOST_KEPT uint32_t race_generation = 1;
static HOST_KEPT struct token *tokens = NULL;
static HOST_KEPT size_t token_capacity = 0; /* a power of two */
static HOST_KEPT struct {
    uint32_t generation;
    uint32_t count; /* of the tokens of that generation */
} live = {0};
static HOST_KEPT struct stamped_clock *levels = NULL;

void race_clock_join(struct race_clock *clock, const struct race_clock *other)
{
    race_clock_change(clock);
    for (; clock->count < other->count; clock->count++) {
        clock->time[clock->count] = 0;
    }
    for (uint32_t i = 0; i < other->count; i++) {
        clock->time[i] = clock->time[i] > other->time[i] ? clock->time[i] : other->time[i];
    }
}

/* Where the token is or belongs; there is always a free one. */
static struct token *token_slot(struct token *in, size_t capacity, uintptr_t token)
{
    size_t i = (token * 0x9E3779B97F4A7C15u) >> 20;
    while (in[i &= capacity - 1].generation == race_generation && in[i].token != token) {
        i++;
    }
    return &in[i];
}

static bool tokens_grow(void)
{
    size_t capacity = token_capacity == 0 ? TOKENS_FIRST : 2 * token_capacity;
    struct token *grown = calloc(capacity, sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    for (size_t i = 0; i < token_capacity; i++) {
        if (tokens[i].generation == race_generation) {
            *token_slot(grown, capacity, tokens[i].token) = tokens[i];
        }
    }
    host_journal_void();
    free(tokens);
    tokens = grown;
    token_capacity = capacity;
    return true;
}

struct race_clock *race_token(uintptr_t token, bool make)
{
    if (live.generation != race_generation) {
        live.generation = race_generation;
        live.count = 0;
    }
    if (2 * live.count >= token_capacity && !tokens_grow()) {
        return NULL;
    }
    struct token *slot = token_slot(tokens, token_capacity, token);
    if (slot->generation != race_generation) {
        if (!make) {
            return NULL;
        }
        host_journal(&live, sizeof(live));
        host_journal(slot, offsetof(struct token, clock.time));
        live.count++;
        slot->token = token;
        slot->generation = race_generation;
        slot->clock.count = 0;
    }
    return &slot->clock;
}

struct race_clock *race_irql(int processor, KIRQL level, enum race_irql_edge edge, bool make)
{
    if (processor < 0 || processor >= KE_MAXIMUM_PROCESSORS || level >= KE_MASKED) {
        return NULL;
    }
    if (levels == NULL) {
        levels =
            calloc((size_t)KE_MAXIMUM_PROCESSORS * KE_MASKED * RACE_IRQL_EDGES, sizeof(struct stamped_clock));
        if (levels == NULL) {
            return NULL;
        }
    }
    struct stamped_clock *at = &levels[((size_t)processor * KE_MASKED + level) * RACE_IRQL_EDGES + edge];
    if (at->generation != race_generation) {
        if (!make) {
            return NULL;
        }
        host_journal(at, offsetof(struct stamped_clock, clock.time));
        at->generation = race_generation;
        at->clock.count = 0;
    }
    return &at->clock;
}
