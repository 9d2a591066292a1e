/*
 * outcome.c - running a search over a model program.
 */
#include "outcome.h"

#include "engine/explore/search/dependence.h"

#include <stdlib.h>
#include <string.h>

static void set_grow(struct set *set)
{
    struct set larger = {.capacity = set->capacity == 0 ? 64 : set->capacity * 4};
    larger.slot = calloc(larger.capacity, sizeof(*larger.slot));
    if (larger.slot == NULL) {
        abort();
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slot[i] != 0) {
            set_add(&larger, set->slot[i]);
        }
    }
    free(set->slot);
    *set = larger;
}

static size_t set_slot(const struct set *set, uint64_t value)
{
    size_t slot = value & (set->capacity - 1);
    while (set->slot[slot] != 0 && set->slot[slot] != value) {
        slot = (slot + 1) & (set->capacity - 1);
    }
    return slot;
}

bool set_add(struct set *set, uint64_t value)
{
    value += value == 0;
    if (set->count * 2 >= set->capacity) {
        set_grow(set);
    }
    size_t slot = set_slot(set, value);
    if (set->slot[slot] == value) {
        return false;
    }
    set->slot[slot] = value;
    set->count++;
    return true;
}

bool set_has(const struct set *set, uint64_t value)
{
    value += value == 0;
    return set->capacity > 0 && set->slot[set_slot(set, value)] == value;
}

bool set_includes(const struct set *set, const struct set *other)
{
    for (size_t i = 0; i < other->capacity; i++) {
        if (other->slot[i] != 0 && !set_has(set, other->slot[i])) {
            return false;
        }
    }
    return true;
}

bool set_equals(const struct set *a, const struct set *b)
{
    return a->count == b->count && set_includes(a, b);
}

void set_free(struct set *set)
{
    free(set->slot);
    *set = (struct set){0};
}

void outcome_free(struct outcome *outcome)
{
    set_free(&outcome->classes);
    set_free(&outcome->conflicts);
    set_free(&outcome->states);
    set_free(&outcome->stops);
}

/* ---- classes by conflict ------------------------------------------------------------------------------- */

static bool conflict(const struct search_event *a, const struct search_event *b)
{
    struct op first = a->op, second = b->op;
    first.processor = second.processor = -1;
    return ops_depend(a->actor, &first, b->actor, &second);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x7FB5D329728EA185ULL;
    x = (x ^ x >> 27) * 0x81DADEF4BC2DD44DULL;
    return x ^ x >> 33;
}

/* What comes before each event by conflicts: how many events of each actor. */
static void order_by_conflicts(const struct search *search, uint16_t (*clock)[SEARCH_ACTORS], size_t event)
{
    memset(clock[event], 0, sizeof(clock[event]));
    const struct search_event *later = search_event_at(search, event);
    for (size_t i = 0; i < event; i++) {
        const struct search_event *earlier = search_event_at(search, i);
        if (clock[event][earlier->actor] >= clock[i][earlier->actor] || !conflict(earlier, later)) {
            continue;
        }
        for (unsigned actor = 0; actor < SEARCH_ACTORS; actor++) {
            if (clock[i][actor] > clock[event][actor]) {
                clock[event][actor] = clock[i][actor];
            }
        }
    }
    clock[event][later->actor]++;
}

static uint64_t conflict_class(const struct search *search)
{
    static uint16_t clock[SEARCH_EVENTS][SEARCH_ACTORS];
    uint64_t hash = 0;
    size_t count = search_event_count(search);
    for (size_t i = 0; i < count; i++) {
        const struct search_event *event = search_event_at(search, i);
        order_by_conflicts(search, clock, i);
        uint64_t own = mix((uint64_t)event->actor << 40 | (uint64_t)event->op.kind << 32 | event->value);
        for (unsigned actor = 0; actor < SEARCH_ACTORS; actor++) {
            own = mix(own ^ (uint64_t)clock[i][actor] << 8 ^ actor);
        }
        hash += own;
    }
    return mix(hash);
}

static void note_end(struct outcome *outcome, struct search *search, const struct model_end *end,
                     unsigned bound)
{
    if (end->end == END_STOPPED) {
        set_add(&outcome->stops, end->stop);
    } else if (end->end == END_DONE || end->end == END_DEADLOCK) {
        outcome->duplicates += !set_add(&outcome->classes, search_class(search));
        set_add(&outcome->conflicts, conflict_class(search));
        set_add(&outcome->states, end->state);
    }
    outcome->within += end->end != END_REDUNDANT && search_preemptions(search) <= bound;
}

static void add_counts(struct search_counts *to, const struct search_counts *from)
{
    to->executions += from->executions;
    to->redundant += from->redundant;
    to->deadlocks += from->deadlocks;
    to->stopped += from->stopped;
    to->cut += from->cut;
    to->bounded |= from->bounded;
    to->diverged += from->diverged;
}

void outcome_add(struct outcome *outcome, const struct model_program *program,
                 const struct search_options *options, uint64_t limit, unsigned bound)
{
    struct search_options with = *options;
    with.peek = model_peek;
    struct search *search = search_create(&with);
    if (search == NULL) {
        abort();
    }
    uint64_t runs = 0, redundant = 0;
    outcome->finished = false;
    while (runs < limit) {
        struct model_end end = model_execute(program, search);
        uint64_t before = redundant;
        redundant = search_counts(search).redundant;
        if (redundant == before || end.end == END_STOPPED) {
            note_end(outcome, search, &end, bound);
        }
        runs++;
        if (!search_next(search)) {
            outcome->finished = true;
            break;
        }
    }
    struct search_counts counts = search_counts(search);
    add_counts(&outcome->counts, &counts);
    search_destroy(search);
}
