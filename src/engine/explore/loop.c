/*
 * loop.c - runs the strategies of a search one after another, within its limits.
 */
#include "engine/explore/loop.h"
#include "engine/explore/loop_findings.h"

#include "host/host.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Bugs first: so much of the default search is random, each way. */
#define SAMPLE_EXECUTIONS 1000
#define SAMPLE_SECONDS 1.5
#define UNBOUNDED_SHARE 0.5
#define UNBOUNDED_EXECUTIONS 100000u
#define SAMPLE_SHARE 0.05 /* of the limits */

/* An error ends a search early: that is what is wanted first. On a slow machine it goes on for a while
 * longer, so that what else is found depends little on the machine. */
#define AFTER_ERROR_SECONDS 2.0
#define AFTER_ERROR_MOST_SECONDS 20.0
#define AFTER_ERROR_EXECUTIONS 1000
#define AFTER_ERROR_LEAST_EXECUTIONS 100

/* Wakeup trees that take more make the default search begin anew without them. */
#define MOST_TREE_BYTES ((size_t)1 << 30)
#define LOOK_INTERVAL 1024 /* executions between looks at the memory */

#define CLOCK_STEPS 256u /* between looks at the clock */
#define PROGRESS_INTERVAL_NS 100000000u

/* Why a phase ended. */
enum ending {
    ENDED_SEARCHED, /* nothing is left to execute */
    ENDED_PHASE,    /* the phase's own limits */
    ENDED_GREW,     /* a systematic search must begin anew */
    ENDED_MEMORY,   /* its trees are too large */
    ENDED_LIMIT,    /* the whole search's limits */
};

struct phase {
    const char *name;
    enum search_strategy strategy;
    int bound;           /* of preemptions, -1: none */
    uint64_t executions; /* 0: no limit of its own */
    double seconds;
    bool until_error; /* an error ends the phase: the next one may prove that there are no others */
    bool watch_memory;
};

struct loop {
    const struct loop_options *options;
    struct loop_result *result;
    uint64_t begin, executions; /* of all phases */
    uint64_t error_at_ns, error_at_execution;
    bool error_seen;
    uint64_t shown_ns;
    size_t steps;    /* since the clock was looked at */
    const char *why; /* the search ended before its time; NULL: the limits */
};

static double seconds_since(uint64_t begin)
{
    return (double)(host_now_ns() - begin) / 1e9;
}

/* ---- limits ---------------------------------------------------------------------------------------- */

static bool is_random(enum loop_strategy strategy)
{
    return strategy == LOOP_RANDOM || strategy == LOOP_PCT || strategy == LOOP_SURW;
}

/* An error was found, and enough was done to find more. */
static bool after_error(struct loop *loop)
{
    if (!loop->error_seen) {
        if (!loop_has_error(loop->result)) {
            return false;
        }
        loop->error_seen = true;
        loop->error_at_ns = host_now_ns();
        loop->error_at_execution = loop->executions;
    }
    if (loop->options->keep_going || loop->options->unit != NULL) {
        return false;
    }
    if (is_random(loop->options->strategy)) {
        return true; /* there is nothing to complete */
    }
    uint64_t executions = loop->executions - loop->error_at_execution;
    double seconds = seconds_since(loop->error_at_ns);
    return loop->options->strategy == LOOP_DEFAULT &&
           (executions >= AFTER_ERROR_EXECUTIONS || seconds > AFTER_ERROR_MOST_SECONDS ||
            (executions >= AFTER_ERROR_LEAST_EXECUTIONS && seconds > AFTER_ERROR_SECONDS));
}

/* After an execution: is it time to look at the clock? That costs as much as a few steps. */
static bool is_due(struct loop *loop, const struct search *search)
{
    loop->steps += search_event_count(search);
    if (loop->steps < CLOCK_STEPS) {
        return false;
    }
    loop->steps = 0;
    return true;
}

/* `due`: the time is looked at, too. */
static bool is_over(struct loop *loop, bool due)
{
    const struct loop_options *options = loop->options;
    const char *why = NULL;
    if (loop->result->failed) {
        why = "not enough memory";
    } else if (options->stop != NULL && *options->stop != 0) {
        why = "it was interrupted";
    } else if (after_error(loop)) {
        why = "it ended early, since it had found an error";
    } else if (options->executions != 0 && loop->executions >= options->executions) {
        why = "the limit of executions was reached";
    } else if (due && options->seconds > 0 && seconds_since(loop->begin) > options->seconds) {
        why = "the limit of time was reached";
    }
    loop->why = why != NULL ? why : loop->why;
    return why != NULL;
}

static void show(struct loop *loop, const struct phase *phase, struct search *search)
{
    if (loop->options->progress == NULL) {
        return;
    }
    uint64_t now = host_now_ns();
    if (now - loop->shown_ns < PROGRESS_INTERVAL_NS) {
        return;
    }
    loop->shown_ns = now;
    double seconds = seconds_since(loop->begin);
    const struct loop_progress progress = {
        .phase = phase->name,
        .executions = loop->executions,
        .rate = seconds > 0 ? (double)loop->executions / seconds : 0,
        .depth = search_counts(search).depth,
        .fraction = search_progress(search),
    };
    loop->options->progress(&progress, loop->options->argument);
}

/* ---- one phase ------------------------------------------------------------------------------------- */

static bool is_systematic(enum search_strategy strategy)
{
    return strategy == SEARCH_NAIVE || strategy == SEARCH_SLEEP || strategy == SEARCH_SOURCE ||
           strategy == SEARCH_OPTIMAL;
}

static bool takes_too_much(const struct loop *loop, const struct phase *phase)
{
    return phase->watch_memory && loop->executions % LOOK_INTERVAL == 0 &&
           (size_t)mallinfo2().uordblks > MOST_TREE_BYTES;
}

static enum ending run_executions(struct loop *loop, const struct phase *phase, struct search *search)
{
    uint64_t begin = host_now_ns(), done = 0;
    for (;;) {
        machine_execute(search, NULL, NULL);
        bool grew = machine_grew();
        loop->executions++;
        done++;
        if (finding_count() > 0) {
            grew = loop_collect(loop->options, loop->result, search, loop->executions, grew) || grew;
        }
        bool due = is_due(loop, search);
        if (due) {
            show(loop, phase, search);
        }
        if (grew && is_systematic(phase->strategy)) {
            return ENDED_GREW;
        }
        bool more = search_next(search);
        bool go_on = loop->options->after == NULL || loop->options->after(loop->options->argument);
        if (!more) {
            return ENDED_SEARCHED;
        }
        if (!go_on) {
            loop->why = "the scenario could not be run";
            return ENDED_LIMIT;
        }
        if (is_over(loop, due)) {
            return ENDED_LIMIT;
        }
        if ((phase->executions != 0 && done >= phase->executions) ||
            (due && phase->seconds > 0 && seconds_since(begin) > phase->seconds) ||
            (phase->until_error && loop->error_seen)) {
            return ENDED_PHASE;
        }
        if (takes_too_much(loop, phase)) {
            return ENDED_MEMORY;
        }
    }
}

static void note_counts(struct loop *loop, const struct phase *phase, struct search *search,
                        enum ending ending)
{
    struct loop_result *result = loop->result;
    result->counts = search_counts(search);
    result->strategy = phase->name;
    result->fraction = search_progress(search);
    result->complete = ending == ENDED_SEARCHED && is_systematic(phase->strategy) && result->counts.cut == 0;
}

/* Makes a search of that kind; a systematic one again and again while the machine grows. */
static enum ending run_phase(struct loop *loop, const struct phase *phase)
{
    const struct search_options options = {
        .strategy = phase->strategy,
        .seed = loop->options->seed,
        .preemption_bound = phase->bound,
        .step_limit = loop->options->step_limit,
        .unit = loop->options->unit,
        .peek = machine_peek,
    };
    for (;;) {
        struct search *search = search_create(&options);
        if (search == NULL) {
            loop->result->failed = true;
            loop->why = "not enough memory";
            return ENDED_LIMIT;
        }
        enum ending ending = run_executions(loop, phase, search);
        note_counts(loop, phase, search, ending);
        search_destroy(search);
        if (ending != ENDED_GREW) {
            return ending;
        }
        loop->result->restarts++;
        if (loop->options->unit != NULL || is_over(loop, true)) {
            loop->result->grew = true;
            return ENDED_LIMIT;
        }
    }
}

/* ---- strategies ------------------------------------------------------------------------------------ */

/* Returns false when the whole search is over. */
static bool sample(struct loop *loop, const char *name, enum search_strategy strategy)
{
    const struct loop_options *options = loop->options;
    struct phase phase = {.name = name,
                          .strategy = strategy,
                          .bound = options->preemptions,
                          .executions = SAMPLE_EXECUTIONS,
                          .seconds = SAMPLE_SECONDS,
                          .until_error = !options->keep_going};
    uint64_t share = (uint64_t)((double)options->executions * SAMPLE_SHARE);
    if (options->executions != 0 && share < phase.executions) {
        phase.executions = share > 0 ? share : 1;
    }
    if (options->seconds > 0 && options->seconds * SAMPLE_SHARE < phase.seconds) {
        phase.seconds = options->seconds * SAMPLE_SHARE;
    }
    uint64_t before = loop->executions;
    enum ending ending = run_phase(loop, &phase);
    if (ending == ENDED_PHASE) {
        loop->result->sampled += loop->executions - before;
    }
    return ending == ENDED_PHASE;
}

/* What a bounded search that has ended says. */
static void note_bounds(struct loop *loop, const struct phase *phase)
{
    struct loop_result *result = loop->result;
    const char *machine = machine_bounds();
    result->bounds[0] = '\0';
    if (phase->bound >= 0 && result->counts.bounded) {
        snprintf(result->bounds, sizeof(result->bounds), "at most %d preemption%s%s%.128s", phase->bound,
                 phase->bound == 1 ? "" : "s", machine != NULL ? ", " : "", machine != NULL ? machine : "");
    } else if (machine != NULL) {
        snprintf(result->bounds, sizeof(result->bounds), "%s", machine);
    }
}

static enum ending run_systematic(struct loop *loop, const char *name, enum search_strategy strategy,
                                  int bound, bool watch_memory)
{
    const struct phase phase = {
        .name = name, .strategy = strategy, .bound = bound, .watch_memory = watch_memory};
    enum ending ending = run_phase(loop, &phase);
    note_bounds(loop, &phase);
    return ending;
}

/*
 * Optimal DPOR makes no redundant execution.  If it did, a plan of its met a step that was not possible after
 * all, and then it may have missed a class: only source DPOR can say `complete`.  At a unit's seams redundant
 * executions are normal.
 */
static bool was_misled(const struct loop *loop)
{
    return loop->options->unit == NULL && loop->result->complete && loop->result->counts.redundant > 0;
}

/* Optimal DPOR knows no preemption bound. */
static enum ending run_dpor(struct loop *loop, bool optimal, bool watch_memory)
{
    if (optimal && loop->options->preemptions < 0) {
        enum ending ending = run_systematic(loop, "optimal", SEARCH_OPTIMAL, -1, watch_memory);
        if (!was_misled(loop)) {
            return ending;
        }
        loop->result->complete = false;
    }
    return run_systematic(loop, "source", SEARCH_SOURCE, loop->options->preemptions, false);
}

/*
 * Optimal DPOR without the bound: where it ends, in half of the time, more was proved than asked for, and
 * often sooner, because a bound costs most of the reduction.  Not for a bound of 0: who asks for no
 * preemption wants none, and few executions are left then.
 */
static bool run_unbounded(struct loop *loop)
{
    struct phase phase = {.name = "optimal",
                          .strategy = SEARCH_OPTIMAL,
                          .bound = -1,
                          .executions = loop->options->executions / 2,
                          .seconds = loop->options->seconds * UNBOUNDED_SHARE,
                          .watch_memory = true};
    if (phase.executions == 0 && phase.seconds <= 0) {
        phase.executions = UNBOUNDED_EXECUTIONS;
    }
    enum ending ending = run_phase(loop, &phase);
    note_bounds(loop, &phase);
    return (ending == ENDED_SEARCHED && !was_misled(loop)) || ending == ENDED_LIMIT;
}

static void run_default(struct loop *loop)
{
    if (loop->options->unit == NULL &&
        (!sample(loop, "pct", SEARCH_PCT) || (!loop->error_seen && !sample(loop, "surw", SEARCH_SURW)))) {
        return;
    }
    if (loop->options->preemptions > 0 && loop->options->unit == NULL && run_unbounded(loop)) {
        return;
    }
    if (run_dpor(loop, true, loop->options->unit == NULL) == ENDED_MEMORY) {
        run_dpor(loop, false, false);
    }
}

/* The fewest preemptions first; what is left out by one bound is the next one's. */
static void run_preempt(struct loop *loop)
{
    int last = loop->options->preemptions < 0 ? 2 : loop->options->preemptions;
    for (int bound = 0; bound <= last; bound++) {
        if (run_systematic(loop, "preempt", SEARCH_SOURCE, bound, false) != ENDED_SEARCHED ||
            !loop->result->counts.bounded) {
            return;
        }
    }
}

static void run_random(struct loop *loop, const char *name, enum search_strategy strategy)
{
    const struct phase phase = {.name = name, .strategy = strategy, .bound = loop->options->preemptions};
    run_phase(loop, &phase);
}

static void run_strategy(struct loop *loop)
{
    switch (loop->options->strategy) {
    case LOOP_DEFAULT:
        run_default(loop);
        break;
    case LOOP_OPTIMAL:
        run_dpor(loop, true, false);
        break;
    case LOOP_SOURCE:
        run_dpor(loop, false, false);
        break;
    case LOOP_NAIVE:
        run_systematic(loop, "naive", SEARCH_NAIVE, loop->options->preemptions, false);
        break;
    case LOOP_PREEMPT:
        run_preempt(loop);
        break;
    case LOOP_RANDOM:
        run_random(loop, "random", SEARCH_RANDOM);
        break;
    case LOOP_PCT:
        run_random(loop, "pct", SEARCH_PCT);
        break;
    case LOOP_SURW:
        run_random(loop, "surw", SEARCH_SURW);
        break;
    }
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static unsigned long steps_at_most(const struct loop_options *options)
{
    uint32_t most = options->step_limit != 0 ? options->step_limit : SEARCH_EVENTS;
    return options->machine_steps != 0 && options->machine_steps < most ? options->machine_steps : most;
}

static void explain(struct loop *loop)
{
    struct loop_result *result = loop->result;
    if (result->complete) {
        return;
    }
    if (result->grew && loop->options->unit != NULL) {
        snprintf(result->reason, sizeof(result->reason),
                 "it found memory to be shared that was not known when the units were made");
    } else if (loop->why != NULL) {
        snprintf(result->reason, sizeof(result->reason), "%s", loop->why);
    } else if (result->counts.cut > 0) {
        snprintf(result->reason, sizeof(result->reason), "%llu execution%s did not end within %lu steps",
                 (unsigned long long)result->counts.cut, result->counts.cut == 1 ? "" : "s",
                 steps_at_most(loop->options));
    } else {
        snprintf(result->reason, sizeof(result->reason), "random executions prove nothing");
    }
}

void loop_run(const struct loop_options *options, struct loop_result *result)
{
    struct loop loop = {.options = options, .result = result, .begin = host_now_ns()};
    *result = (struct loop_result){.strategy = "", .fraction = -1};
    run_strategy(&loop);
    loop_collect_late(options, result);
    explain(&loop);
    result->seconds = seconds_since(loop.begin);
}

void loop_result_free(struct loop_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        loop_forget_schedule(&result->findings[i]);
    }
    free(result->findings);
    *result = (struct loop_result){0};
}
