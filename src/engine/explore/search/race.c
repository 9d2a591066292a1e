/*
 * race.c - races: steps that could have come before others, and plans that make them do so.
 *
 * To reverse a race is to take again all that does not depend on the obstacles (the steps that must come
 * later now), and then the step itself.  Explore.md C4 says what has to hold then: the step can be taken
 * there (else more becomes an obstacle), and it does there what it does there.
 */
#include "engine/explore/search/internal.h"

const struct clock *race_before(const struct search *search, const struct race *race)
{
    return race->event != NOTHING ? &search->before[race->event] : &race->before;
}

/* ---- finding them ------------------------------------------------------------------------------------- */

struct race *race_note_pair(struct search *search, uint32_t event, uint32_t obstacle)
{
    struct race *race = vector_push(&search->races);
    race->event = event;
    race->actor = event != NOTHING ? search->event[event].actor : 0;
    race->value = event != NOTHING ? search->event[event].value : 0;
    race->is_enabled = true;
    race->before_end = false;
    race->obstacle_count = 1;
    race->obstacle[0] = obstacle;
    return race;
}

/* With `first` and what depends on it out of the way, is no other interval left with its begin and without
 * its end? */
static bool leaves_no_half(const struct search *search, uint32_t index)
{
    uint32_t first = search->intervals.data[index].first;
    for (uint32_t i = 0; i < search->intervals.count; i++) {
        const struct interval *other = &search->intervals.data[i];
        if (i == index || other->last == NOTHING) {
            continue;
        }
        bool begins = other->first == NOTHING || !comes_before(search, first, &search->clock[other->first]);
        if (begins && comes_before(search, first, &search->clock[other->last])) {
            return false;
        }
    }
    return true;
}

/* search->intervals are those of a step that is enabled; notes the races, which name `event`. */
static void note_intervals(struct search *search, uint32_t event, const struct clock *before,
                           const struct race *pending)
{
    uint32_t noted = search->races.count;
    for (uint32_t i = 0; i < search->intervals.count; i++) {
        uint32_t first = search->intervals.data[i].first;
        bool nearest = first != NOTHING && !comes_before(search, first, before);
        for (uint32_t k = noted; k < search->races.count && nearest; k++) {
            nearest = !comes_before(search, first, &search->clock[search->races.data[k].obstacle[0]]);
        }
        if (nearest && leaves_no_half(search, i)) {
            struct race *race = race_note_pair(search, event, first);
            if (pending != NULL) {
                *race = *pending;
                race->obstacle_count = 1;
                race->obstacle[0] = first;
            }
        }
    }
}

/* Right after clock_push: the intervals are the event's. */
void race_note(struct search *search, uint32_t event)
{
    note_intervals(search, event, &search->before[event], NULL);
    block_note(search, event);
}

/* A step that cannot be taken at the end: everything that keeps it so has to go.  False: it never can. */
static bool gather_obstacles(const struct search *search, struct race *race)
{
    race->obstacle_count = 0;
    for (uint32_t i = 0; i < search->intervals.count; i++) {
        const struct interval *open = &search->intervals.data[i];
        if (open->last != NOTHING) {
            continue;
        }
        if (open->first == NOTHING || comes_before(search, open->first, &race->before) ||
            race->obstacle_count == 8) {
            return false;
        }
        race->obstacle[race->obstacle_count++] = open->first;
    }
    return race->obstacle_count > 0;
}

/* Is the event one of the obstacles, or after one? */
static bool is_out(const struct search *search, const uint32_t *obstacle, unsigned count, uint32_t event)
{
    for (unsigned i = 0; i < count; i++) {
        if (event >= obstacle[i] && comes_before(search, obstacle[i], &search->clock[event])) {
            return true;
        }
    }
    return false;
}

/* Adds the beginnings of intervals whose ends are out of the way already.  False: it cannot be done. */
static bool close_obstacles(const struct search *search, struct race *race)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < search->intervals.count; i++) {
            const struct interval *other = &search->intervals.data[i];
            if (other->last == NOTHING ||
                !is_out(search, race->obstacle, race->obstacle_count, other->last) ||
                (other->first != NOTHING &&
                 is_out(search, race->obstacle, race->obstacle_count, other->first))) {
                continue;
            }
            if (other->first == NOTHING || comes_before(search, other->first, &race->before) ||
                race->obstacle_count == 8) {
                return false;
            }
            race->obstacle[race->obstacle_count++] = other->first;
            changed = true;
        }
    }
    return true;
}

/* A step that was not taken because the machine stopped: it could have been taken before the last one. */
static void note_before_end(struct search *search, const struct race *pending, uint32_t noted)
{
    uint32_t last = search->depth - 1;
    if (comes_before(search, last, &pending->before)) {
        return;
    }
    for (uint32_t i = noted; i < search->races.count; i++) {
        if (search->races.data[i].obstacle[0] == last) {
            return;
        }
    }
    struct race *race = vector_push(&search->races);
    *race = *pending;
    race->before_end = true;
    race->obstacle_count = 1;
    race->obstacle[0] = last;
}

/* Is there nothing that still keeps the step from being taken? search->intervals are its own. */
static bool is_free(const struct search *search)
{
    for (uint32_t i = 0; i < search->intervals.count; i++) {
        if (search->intervals.data[i].last == NOTHING) {
            return false;
        }
    }
    return true;
}

/* `stale`: whether it is enabled is known of the time before the last step. */
static void note_pending(struct search *search, struct race *race, bool stale)
{
    struct candidate candidate = {race->actor, &race->op, &race->before, !race->is_enabled || stale};
    conflict_collect(search, &candidate);
    race->is_enabled = stale ? is_free(search) : race->is_enabled;
    if (race->is_enabled) {
        uint32_t noted = search->races.count;
        note_intervals(search, NOTHING, &race->before, race);
        note_before_end(search, race, noted);
    } else if (gather_obstacles(search, race) && close_obstacles(search, race)) {
        *vector_push(&search->races) = *race;
    }
}

static void note_pending_actor(struct search *search, unsigned actor, const struct search_actor *view)
{
    struct race race = {.event = NOTHING, .actor = (uint8_t)actor, .is_enabled = view->enabled};
    race.op = view->op;
    search_effect(search, &race.op);
    race.before = clock_before(search, actor, &race.op);
    unsigned values = race.op.kind == OP_CHOICE && race.op.aux > 1 ? race.op.aux : 1;
    for (unsigned value = 0; value < values; value++) {
        struct race copy = race;
        copy.value = (uint16_t)value;
        note_pending(search, &copy, search->ended_by_last && !view->rests);
    }
}

/* Could it ever have been taken?  A join could not while one of its actors goes on. */
static bool takes_part(const struct search_actor *actor, const struct search_actor *actors)
{
    enum op_kind kind = (enum op_kind)actor->op.kind;
    return kind != OP_NONE && !op_waits_for_all(&actor->op) && !actor->ended &&
           (kind != OP_JOIN || op_join_is_over(&actor->op, actors));
}

/* Is there anybody whose step was not taken? */
static bool somebody_is_left(const struct search_actor *actors, unsigned count)
{
    unsigned kinds = 0;
    for (unsigned i = 0; i < count; i++) {
        kinds |= actors[i].op.kind;
    }
    return kinds != OP_NONE;
}

void race_note_pending(struct search *search, const struct search_actor *actors, unsigned count)
{
    vanish_note(search);
    if (!somebody_is_left(actors, count)) {
        return;
    }
    block_note_stuck(search, actors, count);
    for (unsigned i = 0; i < count && search->depth > 0; i++) {
        if (takes_part(&actors[i], actors) && (!actors[i].enabled || search->ended_by_last)) {
            note_pending_actor(search, i, &actors[i]);
        }
    }
}

/* ---- reversing them ------------------------------------------------------------------------------------ */

struct reversal {
    struct search *search;
    const struct race *race;
    const struct op *op;
    const struct clock *before;
    unsigned count;
    uint32_t obstacle[SEARCH_OBSTACLES];
};

static bool out(const struct reversal *reversal, uint32_t event)
{
    return is_out(reversal->search, reversal->obstacle, reversal->count, event);
}

/* The first write out of the way to the word that the step looks at; its node, or NOTHING. */
static uint32_t first_write_out(const struct reversal *reversal, const struct cell *cell)
{
    const struct search *search = reversal->search;
    uint32_t found = NOTHING;
    for (uint32_t node = cell->writes; node != NOTHING; node = search->nodes.data[node].next) {
        uint32_t event = search->nodes.data[node].event;
        if (event < reversal->obstacle[0]) {
            break;
        }
        if (event < reversal->race->event && ops_overlap(&search->event[event].op, reversal->op) &&
            out(reversal, event)) {
            found = node;
        }
    }
    return found;
}

/*
 * The step that a LOCK or AWAIT would have to come before too at its new place, or NOTHING: its condition
 * holds there.  *possible false: no place will do.
 */
static uint32_t word_obstacle(const struct reversal *reversal, bool *possible)
{
    struct search *search = reversal->search;
    const struct cell *cell = clock_cell(search, cell_of_memory(reversal->op->addr));
    uint32_t node = cell != NULL ? first_write_out(reversal, cell) : NOTHING;
    uint64_t old;
    if (node == NOTHING) {
        if (reversal->race->event != NOTHING || reversal->race->is_enabled ||
            !conflict_word_forbids(search, reversal->op)) {
            return NOTHING;
        }
        node = cell != NULL ? cell->writes : NOTHING;
    } else if (!conflict_old_value(search, search->nodes.data[node].event, reversal->op, &old) ||
               old == condition_value(reversal->op)) {
        return NOTHING;
    }
    for (; node != NOTHING; node = search->nodes.data[node].next) {
        uint32_t event = search->nodes.data[node].event;
        if (!ops_overlap(&search->event[event].op, reversal->op) || out(reversal, event)) {
            continue;
        }
        if (!conflict_old_value(search, event, reversal->op, &old) || old == condition_value(reversal->op)) {
            return event;
        }
    }
    *possible = false;
    return NOTHING;
}

/* The begin of another actor's hold on the processor that would last at the new place, or NOTHING. */
static uint32_t processor_obstacle(const struct reversal *reversal)
{
    const struct search *search = reversal->search;
    const struct op *op = reversal->op;
    if (op->processor < 0) {
        return NOTHING;
    }
    unsigned wanted = op_admission(op);
    uint32_t others = search->seat[op->processor].actors & ~(1U << reversal->race->actor);
    for (; others != 0; others &= others - 1) {
        uint32_t event = search->last[__builtin_ctz(others)];
        while (event != NOTHING && event >= reversal->obstacle[0] &&
               (event > reversal->race->event || out(reversal, event))) {
            event = search->trace[event].previous;
        }
        if (event == NOTHING || search->event[event].op.processor != op->processor ||
            !level_excludes(search->trace[event].after, wanted)) {
            continue;
        }
        while (level_excludes(search->trace[event].before, wanted) &&
               search->trace[event].previous != NOTHING) {
            event = search->trace[event].previous;
        }
        return event;
    }
    return NOTHING;
}

/* The obstacles are kept with the earliest first. */
static bool add_obstacle(struct reversal *reversal, uint32_t event)
{
    if (comes_before(reversal->search, event, reversal->before) || reversal->count == SEARCH_OBSTACLES) {
        return false;
    }
    unsigned at = reversal->count++;
    reversal->obstacle[at] = event;
    if (event < reversal->obstacle[0]) {
        reversal->obstacle[at] = reversal->obstacle[0];
        reversal->obstacle[0] = event;
    }
    return true;
}

/* Adds obstacles until the step can be taken. */
static bool make_feasible(struct reversal *reversal)
{
    for (;;) {
        bool possible = true;
        uint32_t more = NOTHING;
        if ((op_traits[reversal->op->kind] & TRAIT_CONDITION) != 0) {
            more = word_obstacle(reversal, &possible);
        }
        if (more == NOTHING && possible) {
            more = processor_obstacle(reversal);
        }
        if (more == NOTHING) {
            return possible;
        }
        if (!add_obstacle(reversal, more)) {
            return false;
        }
    }
}

/* The op as it takes effect at the new place. */
static struct op effect_there(const struct reversal *reversal)
{
    struct op op = *reversal->op;
    if ((op.flags & (OP_COMPARES | OP_TRIES)) == 0 || (op.kind != OP_UPDATE && op.kind != OP_READ)) {
        return op;
    }
    const struct cell *cell = clock_cell(reversal->search, cell_of_memory(op.addr));
    uint32_t node = cell != NULL ? first_write_out(reversal, cell) : NOTHING;
    uint64_t old;
    if (node == NOTHING) {
        return op;
    }
    if (!conflict_old_value(reversal->search, reversal->search->nodes.data[node].event, &op, &old)) {
        op.kind = OP_UPDATE;
        return op;
    }
    op.kind = old == op.expected ? OP_UPDATE : OP_READ;
    return op;
}

static void plan_event(struct search *search, uint32_t event)
{
    struct planned *planned = vector_push(&search->plan);
    *planned = (struct planned){event, search->trace[event].actor, search->event[event].value,
                                &search->event[event].op};
}

/*
 * A CHOICE after the race stays open, and what depends on it: its other values will not meet this race anew.
 * True: it is out of the way from now on.
 */
static bool leaves_open(struct reversal *reversal, uint32_t event)
{
    const struct op *op = &reversal->search->event[event].op;
    if (op->kind != OP_CHOICE && reversal->count < SEARCH_OBSTACLES) {
        return false;
    }
    if (reversal->count < SEARCH_OBSTACLES) {
        reversal->obstacle[reversal->count++] = event;
    }
    return true;
}

/* Does the step come after what the entry began? */
static bool needs_entry(const struct reversal *reversal, uint32_t entry, uint32_t middle)
{
    const struct search *search = reversal->search;
    if (reversal->race->event != NOTHING) {
        return comes_before(search, entry, &search->clock[reversal->race->event]);
    }
    bool needs = comes_before(search, entry, reversal->before);
    for (uint32_t event = entry; event < middle && !needs; event++) {
        needs = comes_before(search, entry, &search->clock[event]) &&
                ops_depend(search->event[event].actor, &search->event[event].op, reversal->race->actor,
                           reversal->op);
    }
    return needs;
}

/*
 * An entry does not go before a step that it interrupted, and that is out of the way, without need: what it
 * began may depend on that step, and the plan would be one for another order than that of this race.  True:
 * it is out of the way from now on.
 */
static bool stays_behind(struct reversal *reversal, uint32_t event, uint32_t middle)
{
    const struct search *search = reversal->search;
    const struct op *op = &search->event[event].op;
    if (op->kind != OP_ENTER || !search->blocks || reversal->count == SEARCH_OBSTACLES) {
        return false;
    }
    bool interrupts = false;
    for (uint32_t i = reversal->obstacle[0]; i < event && !interrupts; i++) {
        interrupts = op_is_interrupted_by(&search->event[i].op, op) && out(reversal, i);
    }
    if (!interrupts || (event < middle && needs_entry(reversal, event, middle))) {
        return false;
    }
    reversal->obstacle[reversal->count++] = event;
    return true;
}

/* What is taken before the step, the step, and what came after it without depending on it. */
static void make_plan(struct reversal *reversal, enum plan_extent extent, const struct op *op)
{
    struct search *search = reversal->search;
    bool pending = reversal->race->event == NOTHING;
    /* The step that ended the machine must not come before one that is still to be taken. */
    bool ends = pending && search->ended_by_last, behind = extent == PLAN_BEHIND;
    uint32_t middle = pending ? search->depth - ends : reversal->race->event;
    search->plan.count = 0;
    for (uint32_t event = reversal->obstacle[0] + 1; event < middle; event++) {
        if (!out(reversal, event) && !(behind && stays_behind(reversal, event, middle))) {
            plan_event(search, event);
        }
    }
    struct planned *planned = vector_push(&search->plan);
    *planned = (struct planned){NOTHING, reversal->race->actor, reversal->race->value, op};
    for (uint32_t event = middle + 1; extent != PLAN_TO_RACE && event < search->depth; event++) {
        if (!out(reversal, event) && !leaves_open(reversal, event) &&
            !(behind && stays_behind(reversal, event, middle))) {
            plan_event(search, event);
        }
    }
}

uint32_t race_plan(struct search *search, const struct race *race, enum plan_extent extent, struct op *op)
{
    struct reversal reversal; /* obstacles beyond its count are nobody's: they are not cleared */
    reversal.search = search;
    reversal.race = race;
    reversal.op = race->event != NOTHING ? &search->event[race->event].op : &race->op;
    reversal.before = race_before(search, race);
    reversal.count = 0;
    for (unsigned i = 0; i < race->obstacle_count; i++) {
        if (!add_obstacle(&reversal, race->obstacle[i])) {
            return NOTHING;
        }
    }
    if (!make_feasible(&reversal)) {
        return NOTHING;
    }
    *op = effect_there(&reversal);
    make_plan(&reversal, extent, op);
    return reversal.obstacle[0];
}
