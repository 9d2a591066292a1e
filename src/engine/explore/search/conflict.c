/*
 * conflict.c - what a step comes after by conflict: single steps, and intervals during which it
 * could not have been taken (explore.md C3).
 */
#include "engine/explore/search/internal.h"

static void add(struct search *search, uint32_t first, uint32_t last)
{
    struct interval *interval = vector_push(&search->intervals);
    *interval = (struct interval){first, last};
}

/* A step that the candidate conflicts with and may come before; those it comes after anyway do not matter. */
static void add_point(struct search *search, const struct candidate *candidate, uint32_t event)
{
    if (!comes_before(search, event, candidate->before)) {
        add(search, event, event);
    }
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static bool covers(const struct op *cover, const struct op *op)
{
    return cover->addr <= op->addr && cover->addr + cover->size >= op->addr + op->size;
}

bool conflict_old_value(const struct search *search, uint32_t event, const struct op *op, uint64_t *value)
{
    const struct op *write = &search->event[event].op;
    if ((op_traits[write->kind] & TRAIT_LOCK) != 0 || (write->flags & OP_TRIES) != 0) {
        *value = write->kind == OP_UNLOCK; /* held or free */
        return true;
    }
    if (!search->trace[event].old_known || !covers(write, op)) {
        return false;
    }
    uint64_t old = search->trace[event].old >> 8 * (op->addr - write->addr);
    *value = op->size < 8 ? old & ((1ULL << 8 * op->size) - 1) : old;
    return true;
}

static uint32_t newest_write(const struct search *search, const struct cell *cell, const struct op *op)
{
    uint32_t node = cell->writes;
    while (node != NOTHING && !ops_overlap(&search->event[search->nodes.data[node].event].op, op)) {
        node = search->nodes.data[node].next;
    }
    return node;
}

bool conflict_word_forbids(struct search *search, const struct op *op)
{
    if (op->kind == OP_AWAIT) {
        return search->options.peek(op->addr, op->size) != op->expected;
    }
    const struct cell *cell = clock_cell(search, cell_of_memory(op->addr));
    uint32_t node = cell != NULL ? newest_write(search, cell, op) : NOTHING;
    return node != NOTHING && search->event[search->nodes.data[node].event].op.kind != OP_UNLOCK;
}

/*
 * The interval during which the condition of a LOCK or AWAIT did not hold, or the last write when it held
 * before that too.  `node` is the newest write to the word.
 */
static void collect_condition(struct search *search, const struct candidate *candidate, uint32_t node)
{
    uint32_t newest = search->nodes.data[node].event, first = NOTHING;
    for (; node != NOTHING && first == NOTHING; node = search->nodes.data[node].next) {
        uint32_t event = search->nodes.data[node].event;
        uint64_t old;
        if (!ops_overlap(&search->event[event].op, candidate->op)) {
            continue;
        }
        if (comes_before(search, event, candidate->before)) {
            break;
        }
        if (!conflict_old_value(search, event, candidate->op, &old) ||
            old == condition_value(candidate->op)) {
            first = event;
        }
    }
    if (candidate->disabled && conflict_word_forbids(search, candidate->op)) {
        add(search, first, NOTHING);
    } else if (first != NOTHING || !comes_before(search, newest, candidate->before)) {
        add(search, first, newest);
    }
}

/* Writes to this granule; returns the newest one that covers the candidate's memory, or NOTHING. */
static uint32_t collect_writes(struct search *search, const struct candidate *candidate,
                               const struct cell *cell)
{
    for (uint32_t node = cell->writes; node != NOTHING; node = search->nodes.data[node].next) {
        uint32_t event = search->nodes.data[node].event;
        const struct op *write = &search->event[event].op;
        if (!ops_overlap(write, candidate->op)) {
            continue;
        }
        add_point(search, candidate, event);
        if (covers(write, candidate->op)) {
            return event;
        }
    }
    return NOTHING;
}

static void collect_reads(struct search *search, const struct candidate *candidate, const struct cell *cell,
                          uint32_t since)
{
    for (uint32_t node = cell->reads; node != NOTHING; node = search->nodes.data[node].next) {
        uint32_t event = search->nodes.data[node].event;
        if (since != NOTHING && event < since) {
            break;
        }
        if (ops_overlap(&search->event[event].op, candidate->op)) {
            add_point(search, candidate, event);
        }
    }
}

static void collect_granule(struct search *search, const struct candidate *candidate, const struct cell *cell)
{
    uint32_t since = NOTHING;
    if ((op_traits[candidate->op->kind] & TRAIT_CONDITION) == 0) {
        since = collect_writes(search, candidate, cell);
    } else {
        uint32_t node = newest_write(search, cell, candidate->op);
        if (node != NOTHING) {
            since = search->nodes.data[node].event;
            collect_condition(search, candidate, node);
        }
    }
    if (op_writes(candidate->op)) {
        collect_reads(search, candidate, cell, since);
    }
}

static void collect_memory(struct search *search, const struct candidate *candidate)
{
    const struct op *op = candidate->op;
    uintptr_t last = (op->addr + op->size - 1) >> 3;
    for (uintptr_t granule = op->addr >> 3; granule <= last; granule++) {
        const struct cell *cell = clock_cell(search, granule << 1);
        if (cell != NULL) {
            collect_granule(search, candidate, cell);
        }
    }
}

/* ---- objects ------------------------------------------------------------------------------------------ */

static void collect_object(struct search *search, const struct candidate *candidate, uintptr_t key,
                           bool writes)
{
    const struct cell *cell = clock_cell(search, key);
    if (cell == NULL) {
        return;
    }
    uint32_t newest = cell->writes != NOTHING ? search->nodes.data[cell->writes].event : NOTHING;
    if (newest != NOTHING) {
        add_point(search, candidate, newest);
    }
    for (uint32_t node = writes ? cell->reads : NOTHING; node != NOTHING;
         node = search->nodes.data[node].next) {
        uint32_t event = search->nodes.data[node].event;
        if (newest != NOTHING && event < newest) {
            break;
        }
        add_point(search, candidate, event);
    }
}

static void collect_objects(struct search *search, const struct candidate *candidate)
{
    const struct op *op = candidate->op;
    for (unsigned i = 0; i < OP_OBJECTS; i++) {
        if (op->object[i] != 0) {
            collect_object(search, candidate, cell_of_object(op->object[i]), !op_only_looks(op));
        }
    }
    if (op_touches_time(op)) {
        collect_object(search, candidate, CELL_OF_TIME, op->kind == OP_TICK);
    }
}

/* ---- the processor ------------------------------------------------------------------------------------ */

/* The step that began the hold which `event` was taken in. */
static uint32_t hold_begin(const struct search *search, uint32_t event, unsigned wanted)
{
    while (level_excludes(search->trace[event].before, wanted) && search->trace[event].previous != NOTHING) {
        event = search->trace[event].previous;
    }
    return event;
}

/* The last time that `other` kept the candidate off this processor; returns its last step. */
static uint32_t collect_hold(struct search *search, const struct candidate *candidate,
                             const struct seat *seat, unsigned other)
{
    unsigned wanted = op_admission(candidate->op);
    uint32_t event = search->last[other];
    if (event == seat->last[other] && level_excludes(search->trace[event].after, wanted)) {
        add(search, hold_begin(search, event, wanted), NOTHING);
        return event;
    }
    event = (seat->holders >> other & 1) != 0 ? seat->held[other] : NOTHING;
    while (event != NOTHING && !level_excludes(search->trace[event].before, wanted)) {
        event = search->trace[event].previous_held;
    }
    if (event != NOTHING && !comes_before(search, event, candidate->before)) {
        add(search, hold_begin(search, event, wanted), event);
    }
    return event;
}

static void collect_processor(struct search *search, const struct candidate *candidate)
{
    const struct op *op = candidate->op;
    const struct seat *seat = &search->seat[op->processor];
    bool acquires = op_acquires_processor(op) && !(op->kind == OP_ENTER && search->blocks);
    uint32_t others = (acquires ? seat->actors : seat->holders | seat->actors) & ~(1U << candidate->actor);
    for (; others != 0; others &= others - 1) {
        unsigned other = (unsigned)__builtin_ctz(others);
        uint32_t since = collect_hold(search, candidate, seat, other);
        if (!acquires) {
            continue;
        }
        /* The other's last step here that this one takes the processor from. */
        uint32_t event = seat->last[other];
        while (event != NOTHING && (since == NOTHING || event > since) &&
               !op_takes_from(op, op_admission(&search->event[event].op))) {
            event = search->trace[event].previous_here;
        }
        if (event != NOTHING && (since == NOTHING || event > since)) {
            add_point(search, candidate, event);
        }
    }
}

/* ---- all together ------------------------------------------------------------------------------------- */

static bool comes_later(const struct interval *a, const struct interval *b)
{
    return a->first != NOTHING && (b->first == NOTHING || a->first > b->first);
}

/* By their first step, the latest first; what was met twice (in two granules) stays once. */
static void sort(struct search *search)
{
    struct interval *list = search->intervals.data;
    uint32_t kept = 0;
    for (uint32_t i = 1; i < search->intervals.count; i++) {
        struct interval moving = list[i];
        uint32_t at = i;
        for (; at > 0 && comes_later(&moving, &list[at - 1]); at--) {
            list[at] = list[at - 1];
        }
        list[at] = moving;
    }
    for (uint32_t i = 0; i < search->intervals.count; i++) {
        if (kept == 0 || list[kept - 1].first != list[i].first || list[kept - 1].last != list[i].last) {
            list[kept++] = list[i];
        }
    }
    search->intervals.count = kept;
}

void conflict_collect(struct search *search, const struct candidate *candidate)
{
    const struct op *op = candidate->op;
    search->intervals.count = 0;
    if (op_touches_memory(op)) {
        collect_memory(search, candidate);
    }
    if (op_touches_objects(op)) {
        collect_objects(search, candidate);
    }
    if (op->processor >= 0) {
        collect_processor(search, candidate);
    }
    for (uint64_t left = op->kind == OP_JOIN ? op->expected : 0; left != 0; left &= left - 1) {
        uint32_t last = search->last[__builtin_ctzll(left)];
        if (last != NOTHING) {
            add(search, NOTHING, last);
        }
    }
    if (search->intervals.count > 1) {
        sort(search);
    }
}
