/*
 * race.h - data races by happens-before, over processors and IRQL levels (explore.md C2 b).
 *
 * Two accesses to one byte race when one of them writes, not both are atomic or volatile, they are made by
 * different actors, and nothing orders them.  What orders: race_order.c.  The order in which an execution
 * happened to take its steps never does, so a race is seen in executions in which nothing went wrong.
 *
 * Every part keeps its state over executions outside the machine's memory and forgets it by a generation
 * number.  One host thread: the explored engine's.  When memory is short accesses are left out.
 */
#ifndef UNDIS_VERIFIER_RACE_H
#define UNDIS_VERIFIER_RACE_H

#include "host/memory.h"
#include "ke/observer.h"

/* Threads of the order: actors, and what they do after being made fresh. */
#define RACE_SLOTS 128
#define RACE_FRAMES 8
#define RACE_LOCKS 8

/* ---- clocks (race_clock.c) --------------------------------------------------------------------- */

struct race_clock {
    uint32_t count; /* slots from here on are 0 */
    uint32_t time[RACE_SLOTS];
};

void race_clock_join(struct race_clock *clock, const struct race_clock *other);

/* About to be changed (host/memory.h: going back to a checkpoint undoes it). */
static inline void race_clock_change(struct race_clock *clock)
{
    host_journal(clock, offsetof(struct race_clock, time) + clock->count * sizeof(clock->time[0]));
}

static inline void race_clock_copy(struct race_clock *clock, const struct race_clock *other)
{
    race_clock_change(clock);
    clock->count = other->count;
    for (uint32_t i = 0; i < other->count; i++) {
        clock->time[i] = other->time[i];
    }
}

static inline bool race_clock_covers(const struct race_clock *clock, unsigned slot, uint32_t time)
{
    return slot < clock->count && clock->time[slot] >= time;
}

/* The execution's number, never 0: what bears another one is empty. */
extern uint32_t race_generation;

/* What was released to a token, NULL: nothing in this execution (unless `make`), or memory is short. */
struct race_clock *race_token(uintptr_t token, bool make);
/* What was released when `processor` went below `level` (to those who enter at it), or when one that had
 * entered at it went (to those who raise to it). */
enum race_irql_edge { RACE_LOWERED, RACE_LEFT, RACE_IRQL_EDGES };
struct race_clock *race_irql(int processor, KIRQL level, enum race_irql_edge edge, bool make);

/* ---- actors (race_order.c) --------------------------------------------------------------------- */

struct race_actor {
    uint32_t generation;
    uint16_t slot;
    uint8_t entered;       /* level at which it entered as a DPC or ISR; 0: a thread */
    uint32_t locks;        /* newest spin lock held (race_lock), 0: none */
    uintptr_t interlocked; /* lock of the NdisInterlockedXxx that it is in; 0: none */
    struct race_clock clock;
};

extern struct race_actor race_actors[OBSERVER_ACTORS];
void race_actor_begin(struct race_actor *actor);

static inline struct race_actor *race_actor(unsigned number)
{
    struct race_actor *actor = &race_actors[number % OBSERVER_ACTORS];
    if (__builtin_expect(actor->generation != race_generation, 0)) {
        race_actor_begin(actor);
    }
    return actor;
}
void race_order_interlocked(struct race_actor *me, uintptr_t lock);

/* The edges that a step makes: before what it does is compared, and after it. */
void race_order_before(struct race_actor *me, const struct op *op);
void race_order_after(struct race_actor *me, const struct op *op);
void race_order_release(struct race_actor *me, uintptr_t token);
void race_order_acquire(struct race_actor *me, uintptr_t token);
void race_order_fresh(struct race_actor *me);
void race_order_begin(void);

/* A compare and exchange, or a try, that will find what it expects. */
bool race_succeeds(const struct op *op);

/* Spin locks held, as a list that accesses can point into. */
struct race_lock {
    uintptr_t word;
    uint32_t outer;
    uint32_t stack; /* where it was acquired: race_stack, 0: not known */
};
const struct race_lock *race_lock(uint32_t number); /* NULL for 0 */

/* ---- history (race_history.c) ------------------------------------------------------------------ */

enum race_kind { RACE_WRITE = 1, RACE_ATOMIC = 2, RACE_INTERLOCKED = 4 /* in NdisInterlockedXxx */ };

struct race_access {
    uint32_t time;
    uint16_t slot;
    uint8_t kind; /* enum race_kind */
    uint8_t mask; /* bytes of the granule */
    uint8_t irql;
    uint8_t entered; /* as the actor's */
    int8_t processor;
    uint8_t actor;
    uint32_t locks;
    uint32_t stack; /* race_stack, 0: only the pc is known */
    uint32_t next;
    uintptr_t pc;
};

struct race_stack {
    unsigned depth;
    uintptr_t pc[RACE_FRAMES];
};

struct race {
    uintptr_t address; /* first byte that both touch */
    unsigned
        size; /* how many bytes of that granule they both touch; older bytes may be known to be ordered */
    struct race_access older, newer; /* as the execution took them */
};

void race_history_begin(void);
/* Compares the access with what is known of [address, size) and notes it; calls race_found for each race. */
void race_history_access(const struct race_clock *clock, uintptr_t address, size_t size,
                         const struct race_access *access);
/* The memory is given to somebody anew. */
void race_history_forget(uintptr_t address, size_t size);
/* The stack that runs now, when ke_observer_stacks; else, and when memory is short, 0. */
uint32_t race_stack_take(void);
const struct race_stack *race_stack(uint32_t number);

/* ---- findings (race_report.c) ------------------------------------------------------------------ */

/* Who hears of a race: race_report; tests take its place. */
extern void (*race_found)(const struct race *race);
void race_report(const struct race *race);

#endif
