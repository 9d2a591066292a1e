/*
 * search.h - which actor takes the next step: the search over all executions.
 *
 * The machine (machine.c, or a test's model) runs actors; the search decides.  One execution is
 * search_begin, then search_pick before every step, then search_end; search_next prepares the next one, or
 * says that there is none.  The search sees nothing but ops (ke/step.h) and the values it peeks at.
 *
 * Nothing here knows ke, and there is no state outside struct search: it must outlive the executions, whose
 * memory is put back each time.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SEARCH_H
#define UNDIS_ENGINE_EXPLORE_SEARCH_H

#include "ke/step.h"

#include <stdio.h>

#define SEARCH_ACTORS 32
#define SEARCH_EVENTS 65536 /* most steps of one execution */

enum search_strategy {
    SEARCH_NAIVE,   /* every schedule: the referee */
    SEARCH_SLEEP,   /* sleep sets only: an oracle for tests */
    SEARCH_SOURCE,  /* source DPOR (Abdulla et al., POPL 2014) with sleep sets */
    SEARCH_OPTIMAL, /* optimal DPOR: wakeup trees; no execution is sleep-set blocked */
    SEARCH_RANDOM,  /* uniform at each step */
    SEARCH_PCT,     /* probabilistic concurrency testing, depth d (ASPLOS 2010) */
    SEARCH_SURW,    /* selectively uniform random walk (ASPLOS 2025) */
    SEARCH_GUIDED,  /* follows a list of switches, else stays on its actor: replay and minimiser */
};

struct search_actor {
    struct op op;   /* what it will do next; kind OP_NONE: nothing (absent, ended or blocked) */
    bool enabled;   /* it may do it now */
    bool rests;     /* it waits for something to change: going on with another is no preemption */
    bool ended;     /* for OP_JOIN */
    bool interrupt; /* a DPC, ISR, the clock or a device: entering it is no thread preemption */
};

/* One forced switch of a guided execution: when `actor` has taken `steps` steps in all, `to` goes next. */
struct search_switch {
    uint16_t actor, to;
    uint32_t steps;
};

struct search_guide {
    const struct search_switch *switches;
    size_t switch_count;
    const uint16_t *choices; /* the values of the CHOICE steps, in the order in which they are taken */
    size_t choice_count;     /* beyond them: 0 */
};

struct search_options {
    enum search_strategy strategy;
    uint64_t seed;
    unsigned pct_depth;   /* 0: 3 */
    int preemption_bound; /* -1: none; else with naive, source (bounded) and random strategies */
    uint32_t step_limit;  /* 0: SEARCH_EVENTS; an execution that reaches it is cut off (END_STEPS) */
    bool tokens; /* orders a service routine or DPC against every step that it interrupts, not only against
                    what conflicts with something in it: the reference for tests */
    const char *unit;                 /* a unit of search_split, or NULL */
    const struct search_guide *guide; /* SEARCH_GUIDED's; must outlive the search */
    /* The value now at an address of 1, 2, 4 or 8 bytes.  Asked before a step that changes it, whatever the
       address is: it must not fault. */
    uint64_t (*peek)(uintptr_t address, unsigned size);
};

enum search_end {
    END_DONE,      /* every actor ended, or the machine's body did */
    END_DEADLOCK,  /* nothing is enabled, something is left */
    END_STOPPED,   /* a finding stopped the machine */
    END_ABANDONED, /* the program is not interested in it any more: undis_assume */
    END_STEPS,     /* the step limit */
    END_REDUNDANT, /* the search itself gave up on it: SEARCH_STOP */
};

#define SEARCH_STOP (-1)

struct search;

struct search *search_create(const struct search_options *options); /* NULL: no memory */
void search_destroy(struct search *search);

void search_begin(struct search *search);

/* After search_begin: how many steps of the execution are those of the one before; and that the machine has
 * been taken to where it was after `steps` of them, at most those, so that only what comes then is picked. */
uint32_t search_repeats(const struct search *search);
void search_skip(struct search *search, uint32_t steps);

/*
 * The actor whose step is taken now, or SEARCH_STOP: end this execution (END_REDUNDANT).  `count` actors; at
 * least one is enabled.  The step is recorded; of an OP_CHOICE step *value is the alternative to take. Before
 * the next search_pick the step's effects are in memory.
 */
int search_pick(struct search *search, const struct search_actor *actors, unsigned count, unsigned *value);

/* Instead of search_pick, for steps that the execution before took too: the actor whose step is the next one,
 * when its op is still the same; -1: search_pick must be asked.  search_repeat takes it, and tells its value.
 */
int search_repeated(const struct search *search, const struct search_actor *actors);
unsigned search_repeat(struct search *search);

/* What `actor` does from now on comes after the step that is being taken (it was made, or was blocked and is
 * readied by it). */
void search_order(struct search *search, unsigned actor);

/* The step that is being taken makes the next OP_ENTER of `object` (a KDPC, a line) possible: it was queued,
 * or raised.  Not for one that was already.  Without it the search tries entries that cannot be.  `queue`: it
 * was put behind all that is in that queue (any address that stands for it), 0: it waits for no other entry.
 */
void search_order_entry(struct search *search, uintptr_t object, uintptr_t queue);

/* The step that is being taken takes something back out of `queue`, whose entry will not be. */
void search_order_withdrawal(struct search *search, uintptr_t queue);
/* Of each `object` that was behind it: its entry need not wait for that one's any more. */
void search_order_sooner(struct search *search, uintptr_t object);

/* `actors`: as they are at the end, with the steps that stayed disabled. */
void search_end(struct search *search, enum search_end end, const struct search_actor *actors,
                unsigned count);

/* False: the search is over.  For random strategies always true. */
bool search_next(struct search *search);

/* The execution just taken, or under way. */
struct search_event {
    uint16_t actor;
    uint16_t value; /* of a CHOICE */
    struct op op;
};
size_t search_event_count(const struct search *search);
const struct search_event *search_event_at(const struct search *search, size_t index);
/* A hash that is the same for all executions of one Mazurkiewicz class and, practically, no others. */
uint64_t search_class(struct search *search);
unsigned search_preemptions(const struct search *search); /* of threads, in this execution */

struct search_counts {
    uint64_t executions; /* ended other than redundantly, and not abandoned */
    uint64_t abandoned;  /* of no interest to the program (undis_assume) */
    uint64_t redundant;  /* sleep-set blocked */
    uint64_t deadlocks, stopped, cut;
    uint64_t steps;
    uint32_t depth; /* most steps in one execution */
    bool bounded;   /* a bound (preemptions, steps) left something out */
    uint64_t
        diverged; /* replays in which the machine offered other steps than before: it is not deterministic */
};
struct search_counts search_counts(const struct search *search);
/* A guess at how much of the whole has been done, 0 to 1 (Knuth's estimator over the frames); < 0: none. */
double search_progress(const struct search *search);

/* ---- many machines (explore.md C9) --------------------------------------------------------------- */

/*
 * Makes this search expand the first `depth` steps fully, each prefix once, and calls emit with a line of
 * text for each: a unit, which search_options.unit takes.  The executions of all units together are those of
 * the whole search, each exactly once but for a few redundant ones at the seams.
 */
void search_split(struct search *search, unsigned depth, void (*emit)(const char *unit, void *argument),
                  void *argument);
/* Is that text a unit?  For reading files. */
bool search_unit_valid(const char *unit);

#endif
