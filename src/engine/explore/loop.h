/*
 * loop.h - one whole search: which strategies, for how long, and what becomes of what they find.
 *
 * Bugs first: unless a strategy is asked for, a few thousand random executions (PCT, then SURW)
 * precede the systematic search, which alone can be complete.  Whatever is found is minimised at once and
 * kept with the schedule that shows it.
 *
 * The machine is open already (machine.h).  Main host thread.
 */
#ifndef UNDIS_ENGINE_EXPLORE_LOOP_H
#define UNDIS_ENGINE_EXPLORE_LOOP_H

#include "engine/explore/minimise.h"
#include "engine/explore/files/schedule.h"
#include "report/table.h"

#include <signal.h>

enum loop_strategy {
    LOOP_DEFAULT, /* random, then optimal, then source when the tree takes too much memory */
    LOOP_OPTIMAL, /* "dpor" */
    LOOP_SOURCE,
    LOOP_NAIVE,
    LOOP_PREEMPT, /* source with 0, 1, 2 ... preemptions */
    LOOP_RANDOM,
    LOOP_PCT,
    LOOP_SURW,
};

struct loop_progress {
    const char *phase;
    uint64_t executions;
    double rate; /* executions a second */
    uint32_t depth;
    double fraction; /* a guess, < 0: none */
};

struct loop_options {
    enum loop_strategy strategy;
    uint64_t seed;
    uint64_t executions; /* 0: no limit */
    double seconds;      /* 0: no limit */
    int preemptions;     /* -1: no bound */
    uint32_t step_limit;
    uint32_t machine_steps; /* at so many the machine itself cuts an execution off */
    bool tso;
    bool keep_going; /* an error does not end the search early */
    size_t max_findings;
    const char *unit; /* of search_split; then only the systematic search is made */
    /* After each execution; false stops.  May be NULL. */
    bool (*after)(void *argument);
    void (*progress)(const struct loop_progress *progress, void *argument);
    void *argument;
    const volatile sig_atomic_t *stop; /* not 0: stop; may be NULL */
};

struct loop_finding {
    struct finding finding; /* a copy: the machine's memory is put back */
    char site[SCHEDULE_SITE];
    uint64_t executions; /* in how many it was seen */
    uint64_t found_at;   /* the number of the execution that showed it first */
    unsigned attempts;   /* to minimise it */
    bool has_schedule;   /* false: no replay showed it again, so there is nothing to save */
    struct minimal minimal;
    char *shared; /* what the machine knew to be shared then */
    struct table_step *steps;
    size_t step_count;
    char **notes; /* one for each switch */
};

struct loop_result {
    bool failed;                 /* no memory */
    bool complete;               /* every execution within the bounds was made */
    bool grew;                   /* of a unit: it found shared memory that its split did not know */
    const char *strategy;        /* of the systematic search, or of the only one */
    char bounds[256];            /* what `complete` is within; "" for none */
    char reason[256];            /* why it is not complete; "" when it is */
    struct search_counts counts; /* of the systematic search; of the only one for a random strategy */
    uint64_t sampled;            /* random executions before it */
    uint64_t restarts;           /* systematic searches begun anew for what was found to be shared */
    uint64_t replays;            /* for minimising */
    double seconds;
    double fraction; /* of the whole, a guess; < 0: none */
    struct loop_finding *findings;
    size_t finding_count;
    size_t not_kept;
};

void loop_run(const struct loop_options *options, struct loop_result *result);
void loop_result_free(struct loop_result *result);

/* "module+0x12" of a return address, "" for 0. */
void loop_site(uintptr_t pc, char site[SCHEDULE_SITE]);
/* What the machine knows to be shared, as text; malloc'ed, NULL: no memory. */
char *loop_shared_text(void);

#endif
