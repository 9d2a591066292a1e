/*
 * internal.h - what the parts of the search share.
 *
 *   search.c       an execution: pick, take a step, end, go back to a branch
 *   dependence.c   which steps must keep their order
 *   clock.c        the exploration order of the steps taken, as vector clocks that can be taken back
 *   conflict.c     what a step is ordered after, and what it could have come before
 *   race.c         reversible races, and the steps that lead to their reversal
 *   block.c        entries of service routines and DPCs among the steps that they interrupt
 *   vanish.c       entries that somebody else's step took back
 *   sleep.c        sleep sets
 *   naive.c, source.c, optimal.c   the systematic strategies
 *   random.c, surw.c, guided.c     one execution at a time
 *   unit.c         splitting over many machines
 *   bound.c        preemptions
 *   class.c        hashes
 *
 * The steps of the present execution are event[0 .. depth).  frame[k] is the decision that led to event k.
 * When the search goes back to frame d, only what came from event d on is taken back: the steps before it are
 * replayed without being looked at again.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SEARCH_INTERNAL_H
#define UNDIS_ENGINE_EXPLORE_SEARCH_INTERNAL_H

#include "engine/explore/search/search.h"
#include "engine/explore/search/dependence.h"

#include <stdlib.h>
#include <string.h>

/* None of this is for other images: calls and variables need no detour. */
#pragma GCC visibility push(hidden)

#define NOTHING UINT32_MAX /* no event, no node */
#define SEARCH_PROCESSORS 64
#define SEARCH_VALUES 64 /* of a CHOICE that sleep sets can tell apart */
#define SEARCH_OBSTACLES 32
#define SEARCH_UNIT_STEPS 256

/* How many events of each actor come before something, that something's own included. */
typedef uint16_t clock_lane __attribute__((vector_size(16)));
#define CLOCK_LANES (SEARCH_ACTORS / 8)
struct clock {
    union {
        clock_lane lane[CLOCK_LANES];
        uint16_t at[SEARCH_ACTORS];
    };
};

/* An array that grows. */
#define SEARCH_VECTOR(type)                                                                                  \
    struct {                                                                                                 \
        type *data;                                                                                          \
        uint32_t count, capacity;                                                                            \
    }
void *search_allocate(size_t size); /* never NULL */
void *search_grow(void *data, uint32_t *capacity, size_t size);
#define vector_push(vector)                                                                                  \
    ((vector)->count == (vector)->capacity                                                                   \
         ? (void)((vector)->data =                                                                           \
                      search_grow((vector)->data, &(vector)->capacity, sizeof(*(vector)->data)))             \
         : (void)0,                                                                                          \
     &(vector)->data[(vector)->count++])

/* A node of a wakeup tree: a step to be taken, and what may follow it. */
struct wake {
    uint8_t actor;
    uint16_t value;
    struct op op; /* as it takes effect */
    struct wake *child, *next;
};

/* A step that need not be explored again until something that it depends on has happened. */
struct sleeper {
    struct op op;
    uint64_t values; /* of a CHOICE: those explored */
};

struct frame {
    uint32_t enabled;
    uint32_t interrupts; /* which actors are */
    uint32_t free;       /* enabled without a preemption */
    uint32_t asleep;
    uint32_t partly;     /* asleep with some values of their CHOICE only */
    uint32_t unfollowed; /* asleep, but what can follow was explored in another unit, or not at all because
                            the machine ended there */
    uint32_t backtrack;  /* explored, being explored, or to be explored */
    uint32_t explored;   /* where there are no sleep sets */
    uint32_t sleepers;   /* how many sleepers there are once all explored here are */
    uint16_t values;     /* alternatives of its step, 1 for all but CHOICE */
    uint16_t value;
    uint8_t actor;
    bool planned;       /* its step was prescribed by a wakeup sequence */
    int8_t last_thread; /* who took the last step that was no interrupt's, or -1 */
    uint16_t preemptions;
    struct wake *tree; /* the branch being explored, then those to come */
};

/* What a step did to the state of the search. */
struct trace {
    uint8_t actor;
    uint8_t before, after; /* hold on the processor */
    bool old_known;
    uint16_t index;         /* the how-manieth of its actor, from 1 */
    uint32_t previous;      /* its actor's step before it */
    uint32_t previous_here; /* its actor's step before it on this processor */
    uint32_t previous_held; /* its actor's last step before it that was taken with a hold on this processor */
    uint32_t nodes;         /* the first of its nodes */
    uint64_t old;           /* what was in the memory that it changed */
};

/* All that touched one granule of memory, or one object: newest first. */
struct cell {
    uintptr_t key;
    uint32_t writes, reads; /* nodes */
    uint32_t cause; /* the order with what the next OP_ENTER of this object, or behind this queue, is after */
};
struct node {
    uint32_t event, next, cell;
    bool write;
};

/* One processor: who was there. */
struct seat {
    uint32_t actors;  /* took steps here */
    uint32_t holders; /* took steps here with a hold on it */
    uint32_t last[SEARCH_ACTORS];
    uint32_t held[SEARCH_ACTORS]; /* last step taken with a hold */
};

/* What the machine tells of a step (search_order ...), to be applied when that event has its clock. */
enum order_kind { ORDER_ACTOR, ORDER_ENTRY, ORDER_SOONER };
struct order {
    uint32_t event;
    uint8_t kind;
    uint8_t actor;           /* of ORDER_ACTOR */
    uintptr_t object, queue; /* of the others */
    uint32_t old_cause;
    struct clock
        clock; /* ORDER_ACTOR: what the actor's next step came after before; else what the entry does */
};

/*
 * Something that a step had to come after: the steps from `first` to `last`.  Point conflicts have both the
 * same; a lock held or IRQL raised is an interval.  first NOTHING: it cannot come before it either; last
 * NOTHING: it is still so.
 */
struct interval {
    uint32_t first, last;
};

/* A step, or one that did not come about, that could have come before the obstacles. */
struct race {
    uint32_t event; /* NOTHING: not taken */
    uint8_t actor;
    bool is_enabled;
    bool before_end; /* only because the obstacle ended the machine */
    uint8_t obstacle_count;
    uint16_t value;
    uint32_t obstacle[8];
    struct op op;        /* of one not taken */
    struct clock before; /* of one not taken */
};

struct search_method;

#define DECISION (NOTHING - 1)

/* A step of a plan: a sequence that reverses a race. */
struct planned {
    uint32_t event; /* NOTHING: the step that is to come first now; DECISION: not of this execution */
    uint8_t actor;
    uint16_t value;
    const struct op *op;
};

struct unit_step {
    uint8_t actor;
    uint16_t value;
    uint32_t asleep;
};

struct search {
    struct search_options options;
    const struct search_method *strategy;
    struct search_counts counts;

    /* The execution. */
    uint32_t depth;
    uint32_t limit;  /* of steps */
    uint32_t replay; /* events below are replayed */
    uint32_t frames; /* frames that stand for branches: those below replay, and that of the branch */
    enum search_end end;
    bool blocks; /* entries are ordered by conflicts alone (block.c) */
    bool cut, given_up, misled;
    bool ended_by_last; /* the last step ended the machine though others could go on */
    uint32_t taken[SEARCH_ACTORS];
    struct search_event *event;
    struct frame *frame;

    /* The exploration order (clock.c). */
    uint32_t clocked; /* events that have their clock */
    uint32_t lanes;   /* of the clocks, in use */
    uint32_t actors;
    struct clock *clock;  /* of each event */
    struct clock *before; /* of each event, without its own conflicts */
    struct trace *trace;
    struct clock start[SEARCH_ACTORS]; /* what the actor's next step comes after in any case */
    uint32_t last[SEARCH_ACTORS];
    uint16_t steps[SEARCH_ACTORS];
    struct seat *seat;
    struct cell *cell;
    uint32_t cells, cell_mask;
    SEARCH_VECTOR(struct node) nodes;
    SEARCH_VECTOR(struct order) orders;
    uint32_t orders_applied;
    SEARCH_VECTOR(struct interval) intervals;

    /* What can be taken back: entries that are possible now. */
    uint32_t vanishing;
    struct op vanishing_op[SEARCH_ACTORS];

    /* Races and plans. */
    SEARCH_VECTOR(struct race) races;
    SEARCH_VECTOR(struct race) vanished;
    SEARCH_VECTOR(struct sleeper) sleepers;
    uint32_t (*sleeping)[SEARCH_ACTORS]; /* per frame: who is asleep -> sleeper */
    struct wake *subtree;                /* what the next frame is to explore */
    struct wake *wake_free;
    SEARCH_VECTOR(struct planned) plan;
    SEARCH_VECTOR(struct planned) decisions; /* to be added to the plan */

    /* Units and splitting. */
    uint32_t fixed; /* frames below are the unit's */
    struct unit_step *unit;
    uint32_t split; /* depth, 0: none */
    void (*emit)(const char *unit, void *argument);
    void *emit_argument;

    /* Random strategies. */
    uint64_t random;
    struct chance *chance;
    struct walk *walk;
    struct guide_state *guide;
};

struct search_method {
    bool clocks; /* wants every step's clock */
    bool sleeps;
    bool walks; /* random or guided: begins anew each time */
    /* Before an execution that begins anew. */
    void (*begin)(struct search *search);
    /* Who takes the step at a new frame, or SEARCH_STOP; sets frame->value too. */
    int (*choose)(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count);
    /* The step of `frame` is taken: effects on what the strategy keeps. */
    void (*taken)(struct search *search, struct frame *frame);
    /* The execution has ended. */
    void (*analyse)(struct search *search, const struct search_actor *actors, unsigned count);
    /* The next branch at frame `depth`: false, there is none. */
    bool (*advance)(struct search *search, uint32_t depth);
};

extern const struct search_method search_naive, search_sleep, search_source, search_optimal, search_uniform,
    search_pct, search_surw, search_guided, search_splitting;

/* ---- clock.c ----------------------------------------------------------------------------- */

bool clock_open(struct search *search);
void clock_close(struct search *search);
void clock_push(struct search *search); /* the event `clocked` gets its clock */
void clock_pop(struct search *search);
/* What a step comes after in any case: its actor's past, and what made an entry possible. */
struct clock clock_before(struct search *search, unsigned actor, const struct op *op);
void clock_order(struct search *search, struct order *order);
struct cell *clock_cell(struct search *search, uintptr_t key); /* NULL: nothing touched it */
struct cell *clock_cell_made(struct search *search, uintptr_t key);

static inline uintptr_t cell_of_memory(uintptr_t address)
{
    return address >> 3 << 1;
}
static inline uintptr_t cell_of_object(uintptr_t object)
{
    return object << 1 | 1;
}
#define CELL_OF_TIME cell_of_object(0)

/* Both are zero in the lanes that are not in use: mostly there is but one. */
static inline void clock_copy(const struct search *search, struct clock *to, const struct clock *from)
{
    to->lane[0] = from->lane[0];
    if (search->lanes > 1) {
        for (unsigned i = 1; i < CLOCK_LANES; i++) {
            to->lane[i] = from->lane[i];
        }
    }
}

static inline void clock_join(const struct search *search, struct clock *to, const struct clock *from)
{
    for (uint32_t i = 0; i < search->lanes; i++) {
        clock_lane more = (clock_lane)(from->lane[i] > to->lane[i]);
        to->lane[i] = (from->lane[i] & more) | (to->lane[i] & ~more);
    }
}

/* Does the event come before what has that clock, or is it that? */
static inline bool comes_before(const struct search *search, uint32_t event, const struct clock *clock)
{
    const struct trace *trace = &search->trace[event];
    return clock->at[trace->actor] >= trace->index;
}

/* ---- conflict.c -------------------------------------------------------------------------- */

/* A step of an actor that comes after `before` in any case. */
struct candidate {
    unsigned actor;
    const struct op *op;
    const struct clock *before;
    bool disabled; /* it was not taken, for it cannot be */
};

/* Fills search->intervals with what the candidate comes after. */
void conflict_collect(struct search *search, const struct candidate *candidate);
/* What the event found in the word that `op` looks at; false: unknown. */
bool conflict_old_value(const struct search *search, uint32_t event, const struct op *op, uint64_t *value);
/* Is it the word, and not the processor, that a LOCK or AWAIT which cannot be taken now waits for? */
bool conflict_word_forbids(struct search *search, const struct op *op);
static inline uint64_t condition_value(const struct op *op)
{
    return op->kind == OP_AWAIT ? op->expected : 0;
}

/* Has everybody ended whom the join waits for? */
static inline bool op_join_is_over(const struct op *op, const struct search_actor *actors)
{
    for (uint64_t left = op->expected; left != 0; left &= left - 1) {
        if (!actors[__builtin_ctzll(left)].ended) {
            return false;
        }
    }
    return true;
}

/* ---- race.c ------------------------------------------------------------------------------ */

void race_note(struct search *search, uint32_t event);
/* Notes that the event could have come before the obstacle. */
struct race *race_note_pair(struct search *search, uint32_t event, uint32_t obstacle);
void race_note_pending(struct search *search, const struct search_actor *actors, unsigned count);
/*
 * The frame at which the race's step is to be planned, and the plan: search->plan, whose one entry without
 * event is that step (its op goes to *op).  NOTHING: it cannot be reversed.
 */
enum plan_extent {
    PLAN_TO_RACE, /* no more than the step */
    PLAN_WHOLE,   /* with what came after it too */
    PLAN_BEHIND,  /* without entries that would go before a step that they interrupted, and need not */
};
uint32_t race_plan(struct search *search, const struct race *race, enum plan_extent extent, struct op *op);
const struct clock *race_before(const struct search *search, const struct race *race);

/* ---- block.c ----------------------------------------------------------------------------- */

/* Of those actors the ones that are not about to interrupt somebody; all, when there are no others. */
uint32_t block_last(uint32_t actors, const struct search_actor *views);
/* Like race_note and race_note_pending: where else entries could have come. */
void block_note(struct search *search, uint32_t event);
void block_note_stuck(struct search *search, const struct search_actor *actors, unsigned count);

/* ---- vanish.c ---------------------------------------------------------------------------- */

/* Before each new step, and at the end: notes the races of what the step before took back. */
void vanish_look_at(struct search *search, const struct search_actor *actors, unsigned count,
                    uint32_t interrupts);
static inline void vanish_look(struct search *search, const struct search_actor *actors, unsigned count,
                               uint32_t interrupts)
{
    if ((search->vanishing | interrupts) != 0) {
        vanish_look_at(search, actors, count, interrupts);
    }
}
void vanish_note(struct search *search);                /* as races, at the end */
void vanish_cut(struct search *search, uint32_t depth); /* steps from `depth` on are taken back */

/* ---- sleep.c ----------------------------------------------------------------------------- */

void sleep_inherit(struct search *search, uint32_t depth, const struct search_actor *actors);
void sleep_add(struct search *search, uint32_t depth); /* the step taken at this frame has been explored */
void sleep_add_op(struct search *search, uint32_t depth, unsigned actor, const struct op *op);
static inline uint32_t sleep_blocked(const struct frame *frame)
{
    return frame->asleep & ~frame->partly;
}
static inline struct sleeper *sleep_of(struct search *search, uint32_t depth, unsigned actor)
{
    return &search->sleepers.data[search->sleeping[depth][actor]];
}
/* The first alternative of the actor's step that has not been explored. */
uint16_t sleep_first_value(struct search *search, uint32_t depth, unsigned actor);
bool sleep_next_value(struct search *search, uint32_t depth); /* into frame->value; false: no more */
bool sleep_advance(struct search *search, uint32_t depth);

/* ---- bound.c ----------------------------------------------------------------------------- */

void bound_open(struct search *search, uint32_t depth, const struct search_actor *actors);
/* The enabled actors that the preemption bound admits at this frame. */
uint32_t bound_admits(const struct search *search, const struct frame *frame);
/* Those of the actors; when there are others, something has been left out. */
uint32_t bound_keep(struct search *search, const struct frame *frame, uint32_t wanted);
unsigned bound_cost(const struct frame *frame, unsigned actor);

/* ---- unit.c, optimal.c, random.c, search.c ---------------------------------- */

bool unit_parse(struct search *search, const char *text);
int unit_choose(struct search *search, struct frame *frame, const struct search_actor *actors);
void unit_emit(struct search *search);
/* Stays on the actor that took the last step, else the lowest of `from`. */
unsigned search_stay(const struct search *search, uint32_t from);
/* The op as it would take effect now: a compare and exchange that fails only reads. */
void search_effect(const struct search *search, struct op *op);
uint64_t search_random_next(struct search *search);
uint32_t search_random_below(struct search *search, uint32_t limit);
unsigned search_random_of(struct search *search, uint32_t actors);
/* Draws the value of the actor's step, should it be a CHOICE. */
void search_random_value(struct search *search, struct frame *frame, const struct search_actor *actor);
bool walk_open(struct search *search);
void walk_close(struct search *search);
void optimal_close(struct search *search);
bool chance_open(struct search *search);
void chance_close(struct search *search);
bool guide_open(struct search *search);
void guide_close(struct search *search);

#pragma GCC visibility pop

#endif
