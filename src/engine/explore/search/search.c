/*
 * search.c - one execution after the other.
 */
#include "engine/explore/search/internal.h"

#include <stddef.h>

static const struct search_method *const strategies[] = {
    [SEARCH_NAIVE] = &search_naive,     [SEARCH_SLEEP] = &search_sleep,    [SEARCH_SOURCE] = &search_source,
    [SEARCH_OPTIMAL] = &search_optimal, [SEARCH_RANDOM] = &search_uniform, [SEARCH_PCT] = &search_pct,
    [SEARCH_SURW] = &search_surw,       [SEARCH_GUIDED] = &search_guided,
};

struct search *search_create(const struct search_options *options)
{
    struct search *search = calloc(1, sizeof(*search));
    if (search == NULL) {
        return NULL;
    }
    search->options = *options;
    search->strategy = strategies[options->strategy];
    search->blocks = !options->tokens && options->preemption_bound < 0 &&
                     (options->strategy == SEARCH_OPTIMAL || options->strategy == SEARCH_SOURCE);
    search->limit = options->step_limit == 0 || options->step_limit >= SEARCH_EVENTS ? SEARCH_EVENTS - 1
                                                                                     : options->step_limit;
    search->random = options->seed * 0x9E3779B97F4A7C15ULL + 0x2545F4914F6CDD1DULL;
    search->event = malloc(SEARCH_EVENTS * sizeof(*search->event));
    search->frame = malloc(SEARCH_EVENTS * sizeof(*search->frame));
    search->sleeping = malloc(SEARCH_EVENTS * sizeof(*search->sleeping));
    if (search->event == NULL || search->frame == NULL || search->sleeping == NULL || !clock_open(search) ||
        !chance_open(search) || !walk_open(search) || !guide_open(search) ||
        (options->unit != NULL && !unit_parse(search, options->unit))) {
        search_destroy(search);
        return NULL;
    }
    return search;
}

void search_destroy(struct search *search)
{
    if (search == NULL) {
        return;
    }
    clock_close(search);
    chance_close(search);
    walk_close(search);
    guide_close(search);
    optimal_close(search);
    free(search->event);
    free(search->frame);
    free(search->sleeping);
    free(search->unit);
    free(search->races.data);
    free(search->vanished.data);
    free(search->sleepers.data);
    free(search->plan.data);
    free(search->decisions.data);
    free(search);
}

/* ---- going back -----------------------------------------------------------------------------------------
 */

/* Takes back the steps from `depth` on. */
static void cut_to(struct search *search, uint32_t depth)
{
    while (search->clocked > depth) {
        clock_pop(search);
    }
    while (search->orders.count > 0 && search->orders.data[search->orders.count - 1].event >= depth) {
        search->orders.count--;
    }
    vanish_cut(search, depth);
    search->replay = depth;
}

void search_begin(struct search *search)
{
    const struct search_method *strategy = search->strategy;
    if (strategy->walks) {
        cut_to(search, 0);
        search->frames = 0;
        memset(search->taken, 0, sizeof(search->taken));
        if (strategy->begin != NULL) {
            strategy->begin(search);
        }
    }
    search->depth = 0;
    search->cut = search->given_up = search->misled = false;
    search->races.count = 0;
}

uint32_t search_repeats(const struct search *search)
{
    return search->replay;
}

void search_skip(struct search *search, uint32_t steps)
{
    search->depth = steps;
}

bool search_next(struct search *search)
{
    if (search->strategy->walks) {
        return true;
    }
    uint32_t from = search->misled ? search->frames : search->depth;
    for (uint32_t depth = from; depth-- > search->fixed;) {
        search->sleepers.count = search->frame[depth].sleepers;
        if (search->strategy->advance(search, depth)) {
            cut_to(search, depth);
            search->frames = depth + 1;
            return true;
        }
    }
    return false;
}

/* ---- a step ---------------------------------------------------------------------------------------------
 */

unsigned search_stay(const struct search *search, uint32_t from)
{
    if (search->depth > 0) {
        unsigned actor = search->event[search->depth - 1].actor;
        if ((from >> actor & 1) != 0) {
            return actor;
        }
    }
    return (unsigned)__builtin_ctz(from);
}

static bool can_peek(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

void search_effect(const struct search *search, struct op *op)
{
    if ((op_traits[op->kind] & TRAIT_LOCK) != 0 || op->kind == OP_AWAIT) {
        op->size = 4;
    } else if (op->kind == OP_UPDATE && (op->flags & (OP_COMPARES | OP_TRIES)) != 0) {
        if ((op->flags & OP_TRIES) != 0) {
            op->size = 4;
            op->expected = 0;
        }
        if (can_peek(op->size) && search->options.peek(op->addr, op->size) != op->expected) {
            op->kind = OP_READ;
        }
    }
}

/* What is in the memory that the step is about to change. */
static void remember_old(struct search *search, uint32_t event)
{
    const struct op *op = &search->event[event].op;
    struct trace *trace = &search->trace[event];
    trace->old_known = op_writes(op) && can_peek(op->size);
    if (trace->old_known) {
        trace->old = search->options.peek(op->addr, op->size);
    }
}

/* Who is what, a bit for each actor. */
struct crowd {
    uint32_t enabled, interrupts;
};

_Static_assert(offsetof(struct search_actor, interrupt) == offsetof(struct search_actor, enabled) + 3 &&
                   __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "one load below");

static inline struct crowd look_at(const struct search_actor *actors, unsigned count)
{
    struct crowd crowd = {0, 0};
    for (unsigned i = 0; i < count; i++) {
        uint32_t flags;
        memcpy(&flags, &actors[i].enabled, sizeof(flags));
        crowd.enabled |= (flags & 1) << i;
        crowd.interrupts |= (flags >> 24) << i;
    }
    return crowd;
}

static void open_frame(struct search *search, const struct search_actor *actors, struct crowd crowd)
{
    struct frame *frame = &search->frame[search->depth];
    *frame = (struct frame){.enabled = crowd.enabled, .interrupts = crowd.interrupts, .values = 1};
    if (search->strategy != &search_optimal) { /* which knows no bound, and is asked for none */
        bound_open(search, search->depth, actors);
    }
    if (search->strategy->sleeps) {
        sleep_inherit(search, search->depth, actors);
    }
    frame->sleepers = search->sleepers.count;
}

static void take(struct search *search, const struct search_actor *actors)
{
    uint32_t depth = search->depth;
    struct frame *frame = &search->frame[depth];
    struct search_event *event = &search->event[depth];
    const struct search_method *strategy = search->strategy;
    event->actor = frame->actor;
    event->value = frame->value;
    event->op = actors[frame->actor].op;
    search_effect(search, &event->op);
    frame->values = event->op.kind == OP_CHOICE && event->op.aux > 1 ? event->op.aux : 1;
    search->taken[frame->actor]++;
    if (strategy->taken != NULL) {
        strategy->taken(search, frame);
    }
    if (strategy->clocks) {
        remember_old(search, depth);
        clock_push(search);
        race_note(search, depth);
    }
    search->depth++;
}

/* Who takes the step of a new frame. */
static int choose(struct search *search, const struct search_actor *actors, unsigned count,
                  struct crowd crowd)
{
    struct frame *frame = &search->frame[search->depth];
    open_frame(search, actors, crowd);
    if (search->depth < search->fixed) {
        return unit_choose(search, frame, actors);
    }
    return search->strategy->choose(search, frame, actors, count);
}

static int give_up(struct search *search)
{
    search->given_up = true;
    return SEARCH_STOP;
}

/* Is it the step that was taken here before?  Else the machine is not deterministic. */
static bool is_same(const struct search_event *event, const struct search_actor *actor)
{
    return actor->op.addr == event->op.addr && actor->op.object[0] == event->op.object[0] &&
           actor->op.level == event->op.level && actor->op.processor == event->op.processor;
}

static int replay(struct search *search, const struct search_actor *actors, unsigned *value)
{
    const struct search_event *event = &search->event[search->depth];
    if (!actors[event->actor].enabled || !is_same(event, &actors[event->actor])) {
        search->counts.diverged++;
        return give_up(search);
    }
    *value = search_repeat(search);
    return event->actor;
}

int search_repeated(const struct search *search, const struct search_actor *actors)
{
    const struct search_event *event = &search->event[search->depth];
    return search->depth < search->replay && is_same(event, &actors[event->actor]) ? event->actor : -1;
}

unsigned search_repeat(struct search *search)
{
    return search->event[search->depth++].value;
}

int search_pick(struct search *search, const struct search_actor *actors, unsigned count, unsigned *value)
{
    if (search->depth < search->replay) {
        return replay(search, actors, value);
    }
    struct crowd crowd = look_at(actors, count);
    if (search->strategy->clocks) {
        vanish_look(search, actors, count, crowd.interrupts);
    }
    if (search->depth >= search->limit) {
        search->cut = true;
        return give_up(search);
    }
    struct frame *frame = &search->frame[search->depth];
    if (search->depth >= search->frames) {
        int actor = choose(search, actors, count, crowd);
        if (actor == SEARCH_STOP) {
            return give_up(search);
        }
        frame->actor = (uint8_t)actor;
        search->frames = search->depth + 1;
    }
    if (frame->actor >= count || !actors[frame->actor].enabled) {
        /* A race was thought to be reversible, and is not: something that the search cannot see forbids it.
         */
        search->misled = true;
        return give_up(search);
    }
    take(search, actors);
    *value = frame->value;
    return frame->actor;
}

/* ---- what the machine tells -------------------------------------------------------------------------------
 */

static void add_order(struct search *search, struct order order)
{
    if (search->depth == 0 || search->depth <= search->replay) {
        return; /* before the first step, or known since the steps before the branch were taken first */
    }
    order.event = search->depth - 1;
    struct order *kept = vector_push(&search->orders);
    *kept = order;
    if (search->strategy->clocks) {
        clock_order(search, kept);
    }
}

void search_order(struct search *search, unsigned actor)
{
    add_order(search, (struct order){.actor = (uint8_t)actor});
}

void search_order_entry(struct search *search, uintptr_t object, uintptr_t queue)
{
    add_order(search, (struct order){.kind = ORDER_ENTRY, .object = object, .queue = queue});
}

void search_order_withdrawal(struct search *search, uintptr_t queue)
{
    search_order_sooner(search, queue);
}

void search_order_sooner(struct search *search, uintptr_t object)
{
    add_order(search, (struct order){.kind = ORDER_SOONER, .object = object});
}

static void count_end(struct search *search, enum search_end end)
{
    struct search_counts *counts = &search->counts;
    counts->steps += search->depth;
    counts->depth = search->depth > counts->depth ? search->depth : counts->depth;
    if (search->cut || end == END_STEPS) {
        counts->cut++;
        counts->bounded = true;
    } else if (search->given_up) {
        counts->redundant++;
        return;
    }
    if (end == END_ABANDONED) {
        counts->abandoned++;
        return;
    }
    counts->executions++;
    counts->deadlocks += end == END_DEADLOCK;
    counts->stopped += end == END_STOPPED;
}

/* Did the last step end the machine though others could go on? */
static bool is_ended_by_last(const struct search *search, enum search_end end,
                             const struct search_actor *actors, uint32_t enabled)
{
    bool others = false;
    for (uint32_t left = enabled; left != 0; left &= left - 1) {
        const struct search_actor *actor = &actors[__builtin_ctz(left)];
        others = others || (!actor->ended && !op_waits_for_all(&actor->op));
    }
    return !search->given_up && (end == END_STOPPED || ((end == END_DONE || end == END_ABANDONED) && others));
}

void search_end(struct search *search, enum search_end end, const struct search_actor *actors, unsigned count)
{
    search->end = end;
    if (search->split != 0) {
        if (!search->given_up) {
            unit_emit(search);
        }
        return;
    }
    count_end(search, end);
    struct crowd crowd = look_at(actors, count);
    search->ended_by_last = is_ended_by_last(search, end, actors, crowd.enabled);
    if (search->strategy->clocks && search->depth > search->replay && !search->given_up) {
        vanish_look(search, actors, count, crowd.interrupts);
    }
    if (search->strategy->analyse != NULL) {
        search->strategy->analyse(search, actors, count);
    }
}

/* ---- what others want to know -----------------------------------------------------------------------------
 */

size_t search_event_count(const struct search *search)
{
    return search->depth;
}

const struct search_event *search_event_at(const struct search *search, size_t index)
{
    return &search->event[index];
}

struct search_counts search_counts(const struct search *search)
{
    return search->counts;
}

/* Of the branches that are known at a frame, those that are done, and all. */
static void count_branches(const struct frame *frame, bool naive, unsigned *done, unsigned *all)
{
    uint32_t here = naive ? frame->enabled : frame->backtrack;
    *done = (unsigned)__builtin_popcount(naive ? frame->backtrack : frame->asleep & ~frame->unfollowed);
    *done -= naive && *done > 0;
    *all = (unsigned)__builtin_popcount(here);
    if (!naive) {
        unsigned waiting = 1;
        for (const struct wake *wake = frame->tree; wake != NULL && wake->next != NULL; wake = wake->next) {
            waiting++;
        }
        *all = here != 0 ? (unsigned)__builtin_popcount(here & ~frame->asleep) + *done : *done + waiting;
    }
    *done = *done * frame->values + frame->value;
    *all *= frame->values;
    *all = *all > *done ? *all : *done + 1;
}

double search_progress(const struct search *search)
{
    if (search->strategy->walks) {
        return -1;
    }
    double share = 1, progress = 0;
    for (uint32_t i = search->fixed; i < search->frames && share > 1e-9; i++) {
        unsigned done, all;
        count_branches(&search->frame[i], search->strategy == &search_naive, &done, &all);
        progress += share * done / all;
        share /= all;
    }
    return progress;
}
