/*
 * surw.c - selectively uniform random walk (ASPLOS 2025): the order of the steps that touch one
 * place, another one each time, is drawn nearly uniformly, by how many of them each actor has left.
 *
 * How many they are is known from the executions before.
 */
#include "engine/explore/search/internal.h"

#define PLACES 64

struct place {
    uintptr_t key; /* of a granule or an object, as in a cell; 0: unused */
    uint16_t count[SEARCH_ACTORS];
};

struct walk {
    struct place place[PLACES];
    const struct place *chosen; /* NULL: nothing is known yet */
    uint16_t left[SEARCH_ACTORS];
    int intended; /* who is to touch the place next, or -1 */
};

static uintptr_t place_of(const struct op *op)
{
    if (op_touches_memory(op)) {
        return cell_of_memory(op->addr);
    }
    return op_touches_objects(op) ? cell_of_object(op->object[0]) : 0;
}

static struct place *find(struct walk *walk, uintptr_t key)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (walk->place[i].key == key || walk->place[i].key == 0) {
            walk->place[i].key = key;
            return &walk->place[i];
        }
    }
    return NULL;
}

/* Counts what the last execution did to the first places that it touched. */
static void learn(struct search *search, struct walk *walk)
{
    memset(walk->place, 0, sizeof(walk->place));
    for (uint32_t i = 0; i < search->depth; i++) {
        uintptr_t key = place_of(&search->event[i].op);
        struct place *place = key != 0 ? find(walk, key) : NULL;
        if (place != NULL) {
            place->count[search->event[i].actor]++;
        }
    }
}

static bool is_contended(const struct place *place)
{
    unsigned actors = 0;
    for (unsigned i = 0; i < SEARCH_ACTORS; i++) {
        actors += place->count[i] != 0;
    }
    return actors > 1;
}

static void begin(struct search *search)
{
    struct walk *walk = search->walk;
    unsigned found = 0;
    walk->chosen = NULL;
    walk->intended = -1;
    for (unsigned i = 0; i < PLACES; i++) {
        if (walk->place[i].key != 0 && is_contended(&walk->place[i]) &&
            search_random_below(search, ++found) == 0) {
            walk->chosen = &walk->place[i];
        }
    }
    if (walk->chosen != NULL) {
        memcpy(walk->left, walk->chosen->count, sizeof(walk->left));
    }
}

/* Draws who touches the place next. */
static int intend(struct search *search, const struct walk *walk)
{
    uint32_t total = 0;
    for (unsigned i = 0; i < SEARCH_ACTORS; i++) {
        total += walk->left[i];
    }
    if (total == 0) {
        return -1;
    }
    uint32_t drawn = search_random_below(search, total);
    unsigned actor = 0;
    while (drawn >= walk->left[actor]) {
        drawn -= walk->left[actor++];
    }
    return (int)actor;
}

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    struct walk *walk = search->walk;
    uint32_t admitted = bound_keep(search, frame, frame->enabled), others = 0;
    if (walk->chosen != NULL && walk->intended < 0) {
        walk->intended = intend(search, walk);
    }
    for (unsigned i = 0; i < count && walk->intended >= 0; i++) {
        bool touches = (admitted >> i & 1) != 0 && place_of(&actors[i].op) == walk->chosen->key;
        others |= (uint32_t)(touches && i != (unsigned)walk->intended) << i;
    }
    if ((admitted & ~others) != 0) {
        admitted &= ~others;
    }
    unsigned actor = search_random_of(search, admitted);
    search_random_value(search, frame, &actors[actor]);
    return (int)actor;
}

static void taken(struct search *search, struct frame *frame)
{
    struct walk *walk = search->walk;
    if (walk->chosen != NULL && place_of(&search->event[search->depth].op) == walk->chosen->key) {
        walk->left[frame->actor] -= walk->left[frame->actor] > 0;
        walk->intended = -1;
    }
}

static void analyse(struct search *search, const struct search_actor *actors, unsigned count)
{
    (void)actors, (void)count;
    learn(search, search->walk);
}

bool walk_open(struct search *search)
{
    search->walk = calloc(1, sizeof(*search->walk));
    return search->walk != NULL;
}

void walk_close(struct search *search)
{
    free(search->walk);
}

const struct search_method search_surw = {
    .walks = true,
    .begin = begin,
    .choose = choose,
    .taken = taken,
    .analyse = analyse,
};
