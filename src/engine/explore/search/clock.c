/*
 * clock.c - the exploration order as vector clocks, kept so that the last step can be taken back.
 */
#include "engine/explore/search/internal.h"

#include <stdio.h>

#define FIRST_CELLS 256

static void *allocated(void *data)
{
    if (data == NULL) {
        fprintf(stderr, "undis: no memory for the search\n");
        abort();
    }
    return data;
}

void *search_allocate(size_t size)
{
    return allocated(malloc(size));
}

void *search_grow(void *data, uint32_t *capacity, size_t size)
{
    *capacity = *capacity == 0 ? 256 : *capacity * 2;
    return allocated(realloc(data, *capacity * size));
}

/* ---- granules and objects -------------------------------------------------------------------------- */

static inline uint32_t cell_slot(const struct search *search, uintptr_t key)
{
    return (uint32_t)((key * 0x9E3779B97F4A7C15ULL) >> 40) & search->cell_mask;
}

static uint32_t cell_find(const struct search *search, uintptr_t key)
{
    uint32_t slot = cell_slot(search, key);
    while (search->cell[slot].key != key && search->cell[slot].key != UINTPTR_MAX) {
        slot = (slot + 1) & search->cell_mask;
    }
    return slot;
}

struct cell *clock_cell(struct search *search, uintptr_t key)
{
    struct cell *cell = &search->cell[cell_find(search, key)];
    return cell->key == key ? cell : NULL;
}

static bool cells_allocate(struct search *search, uint32_t count)
{
    search->cell = malloc(count * sizeof(*search->cell));
    if (search->cell == NULL) {
        return false;
    }
    search->cell_mask = count - 1;
    for (uint32_t i = 0; i < count; i++) {
        search->cell[i] = (struct cell){UINTPTR_MAX, NOTHING, NOTHING, NOTHING};
    }
    return true;
}

/* Makes the table larger; nodes know their cells by key's slot, so they are told the new ones. */
static void cells_grow(struct search *search)
{
    struct cell *old = search->cell;
    uint32_t count = search->cell_mask + 1;
    uint32_t *moved = search_allocate(count * sizeof(*moved));
    allocated(cells_allocate(search, count * 2) ? search->cell : NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (old[i].key != UINTPTR_MAX) {
            moved[i] = cell_find(search, old[i].key);
            search->cell[moved[i]] = old[i];
        }
    }
    for (uint32_t i = 0; i < search->nodes.count; i++) {
        search->nodes.data[i].cell = moved[search->nodes.data[i].cell];
    }
    free(moved);
    free(old);
}

struct cell *clock_cell_made(struct search *search, uintptr_t key)
{
    uint32_t slot = cell_find(search, key);
    if (search->cell[slot].key == key) {
        return &search->cell[slot];
    }
    if (search->cells * 2 >= search->cell_mask) {
        cells_grow(search);
        slot = cell_find(search, key);
    }
    search->cells++;
    search->cell[slot].key = key;
    return &search->cell[slot];
}

static void touch(struct search *search, uintptr_t key, uint32_t event, bool write)
{
    struct cell *cell = clock_cell_made(search, key);
    uint32_t *head = write ? &cell->writes : &cell->reads;
    uint32_t index = search->nodes.count;
    struct node *node = vector_push(&search->nodes);
    *node = (struct node){event, *head, (uint32_t)(cell - search->cell), write};
    *head = index;
}

static void touch_all(struct search *search, uint32_t event, const struct op *op)
{
    if (op_touches_memory(op)) {
        uintptr_t last = (op->addr + op->size - 1) >> 3;
        for (uintptr_t granule = op->addr >> 3; granule <= last; granule++) {
            touch(search, granule << 1, event, op_writes(op));
        }
    }
    if (op_touches_objects(op)) {
        for (unsigned i = 0; i < OP_OBJECTS; i++) {
            if (op->object[i] != 0) {
                touch(search, cell_of_object(op->object[i]), event, !op_only_looks(op));
            }
        }
    }
    if (op_touches_time(op)) {
        touch(search, CELL_OF_TIME, event, op->kind == OP_TICK);
    }
}

/* ---- actors and processors -------------------------------------------------------------------------- */

static struct seat *seat_of(struct search *search, const struct op *op)
{
    return op->processor >= 0 && op->processor < SEARCH_PROCESSORS ? &search->seat[op->processor] : NULL;
}

static void sit_down(struct seat *seat, uint32_t event, struct trace *trace)
{
    unsigned actor = trace->actor;
    uint32_t bit = 1U << actor;
    trace->previous_here = (seat->actors & bit) != 0 ? seat->last[actor] : NOTHING;
    trace->previous_held = (seat->holders & bit) != 0 ? seat->held[actor] : NOTHING;
    seat->actors |= bit;
    seat->last[actor] = event;
    if (trace->before > 0) {
        seat->holders |= bit;
        seat->held[actor] = event;
    }
}

static void stand_up(struct seat *seat, const struct trace *trace)
{
    unsigned actor = trace->actor;
    uint32_t bit = 1U << actor;
    seat->last[actor] = trace->previous_here;
    if (trace->previous_here == NOTHING) {
        seat->actors &= ~bit;
    }
    if (trace->before > 0) {
        seat->held[actor] = trace->previous_held;
        if (trace->previous_held == NOTHING) {
            seat->holders &= ~bit;
        }
    }
}

static void see_actor(struct search *search, unsigned actor)
{
    if (actor >= search->actors) {
        search->actors = actor + 1;
        search->lanes = (search->actors + 7) / 8;
    }
}

/* ---- orders ----------------------------------------------------------------------------------------- */

static void join_cause(struct search *search, struct clock *clock, const struct cell *cell)
{
    if (cell != NULL && cell->cause != NOTHING) {
        clock_join(search, clock, &search->orders.data[cell->cause].clock);
    }
}

/* An entry comes after the step that made it possible, what was withdrawn from its queue before that, and,
 * should that step only bring it nearer, what it came after already. */
static void order_entry(struct search *search, struct order *order)
{
    order->clock = search->clock[order->event];
    if (order->queue != 0) {
        join_cause(search, &order->clock, clock_cell(search, cell_of_object(order->queue)));
    }
    struct cell *cell = clock_cell_made(search, cell_of_object(order->object));
    if (order->kind == ORDER_SOONER) {
        join_cause(search, &order->clock, cell);
    }
    order->old_cause = cell->cause;
    cell->cause = search->orders_applied;
}

void clock_order(struct search *search, struct order *order)
{
    if (order->kind == ORDER_ACTOR) {
        see_actor(search, order->actor);
        order->clock = search->start[order->actor];
        clock_join(search, &search->start[order->actor], &search->clock[order->event]);
    } else {
        order_entry(search, order);
    }
    search->orders_applied++;
}

static void take_back_orders(struct search *search, uint32_t event)
{
    while (search->orders_applied > 0) {
        const struct order *order = &search->orders.data[search->orders_applied - 1];
        if (order->event != event) {
            break;
        }
        if (order->kind == ORDER_ACTOR) {
            search->start[order->actor] = order->clock;
        } else {
            clock_cell(search, cell_of_object(order->object))->cause = order->old_cause;
        }
        search->orders_applied--;
    }
}

/* ---- the clock of a step ---------------------------------------------------------------------------- */

static inline void find_before(struct search *search, struct clock *before, unsigned actor,
                               const struct op *op)
{
    clock_copy(search, before, &search->start[actor]);
    if (op->kind == OP_ENTER && op->object[0] != 0) {
        join_cause(search, before, clock_cell(search, cell_of_object(op->object[0])));
    }
}

struct clock clock_before(struct search *search, unsigned actor, const struct op *op)
{
    struct clock before = {0};
    find_before(search, &before, actor, op);
    return before;
}

/* The event's clock, but for the event itself. */
static void find_clock(struct search *search, uint32_t event, unsigned actor, const struct op *op)
{
    struct clock *clock = &search->clock[event];
    clock_copy(search, clock, &search->before[event]);
    if (op_waits_for_all(op)) {
        search->intervals.count = 0;
        for (uint32_t i = 0; i < search->actors; i++) {
            clock_join(search, clock, &search->start[i]);
        }
        return;
    }
    for (uint64_t left = op->kind == OP_JOIN ? op->expected : 0; left != 0; left &= left - 1) {
        clock_join(search, clock, &search->start[__builtin_ctzll(left)]);
    }
    struct candidate candidate = {actor, op, &search->before[event], false};
    conflict_collect(search, &candidate);
    for (uint32_t i = 0; i < search->intervals.count; i++) {
        uint32_t last = search->intervals.data[i].last;
        if (last != NOTHING && !comes_before(search, last, clock)) {
            clock_join(search, clock, &search->clock[last]);
        }
    }
}

void clock_push(struct search *search)
{
    uint32_t event = search->clocked;
    unsigned actor = search->event[event].actor;
    const struct op *op = &search->event[event].op;
    struct trace *trace = &search->trace[event];
    see_actor(search, actor);
    find_before(search, &search->before[event], actor, op);
    find_clock(search, event, actor, op);
    trace->actor = (uint8_t)actor;
    trace->before = (uint8_t)op_level_before(op);
    trace->after = (uint8_t)op_level_after(op);
    trace->index = ++search->steps[actor];
    trace->previous = search->last[actor];
    trace->nodes = search->nodes.count;
    if (op->kind == OP_ENTER && op->object[0] != 0) {
        /* What the entry came after belongs to it, and not to its actor, should it be taken back. */
        struct order *order = vector_push(&search->orders);
        memmove(&search->orders.data[search->orders_applied + 1],
                &search->orders.data[search->orders_applied],
                (size_t)(search->orders.count - 1 - search->orders_applied) * sizeof(*order));
        order = &search->orders.data[search->orders_applied++];
        *order = (struct order){.event = event, .actor = (uint8_t)actor, .clock = search->start[actor]};
    }
    /* First the copy: to read a lane that was just written a part of takes long. */
    clock_copy(search, &search->start[actor], &search->clock[event]);
    search->start[actor].at[actor] = trace->index;
    search->clock[event].at[actor] = trace->index;
    search->last[actor] = event;
    struct seat *seat = seat_of(search, op);
    if (seat != NULL) {
        sit_down(seat, event, trace);
    }
    touch_all(search, event, op);
    search->clocked++;
}

void clock_pop(struct search *search)
{
    uint32_t event = --search->clocked;
    const struct trace *trace = &search->trace[event];
    unsigned actor = trace->actor;
    while (search->nodes.count > trace->nodes) {
        const struct node *node = &search->nodes.data[--search->nodes.count];
        struct cell *cell = &search->cell[node->cell];
        *(node->write ? &cell->writes : &cell->reads) = node->next;
    }
    struct seat *seat = seat_of(search, &search->event[event].op);
    if (seat != NULL) {
        stand_up(seat, trace);
    }
    clock_copy(search, &search->start[actor], &search->before[event]);
    search->last[actor] = trace->previous;
    search->steps[actor]--;
    take_back_orders(search, event);
}

bool clock_open(struct search *search)
{
    search->clock = calloc(SEARCH_EVENTS, sizeof(*search->clock));
    search->before = calloc(SEARCH_EVENTS, sizeof(*search->before));
    search->trace = malloc(SEARCH_EVENTS * sizeof(*search->trace));
    search->seat = calloc(SEARCH_PROCESSORS, sizeof(*search->seat));
    memset(search->last, 0xFF, sizeof(search->last));
    search->lanes = 1;
    return search->clock != NULL && search->before != NULL && search->trace != NULL && search->seat != NULL &&
           cells_allocate(search, FIRST_CELLS);
}

void clock_close(struct search *search)
{
    free(search->clock);
    free(search->before);
    free(search->trace);
    free(search->seat);
    free(search->cell);
    free(search->nodes.data);
    free(search->orders.data);
    free(search->intervals.data);
}
