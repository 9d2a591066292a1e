/*
 * fuzz.c - random programs: every systematic strategy must find what enumeration finds, no more and no less.
 *
 *   explore-fuzz [--programs N] [--seed S] [--limit SCHEDULES] [--near 1]
 */
#include "generate.h"
#include "outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    uint64_t programs, skipped, wrong;
    uint64_t conflicts, executions, redundant; /* when entries are ordered by conflicts alone */
    uint64_t schedules, classes, blocked, with_deadlock, with_stop, units, seams;
};

static uint64_t limit = 20000;
static void (*write_program)(struct model_program *program, uint64_t seed) = generate;

static void complain(struct tally *tally, const struct model_program *program, uint64_t seed,
                     const char *what, const struct outcome *naive, const struct outcome *other)
{
    tally->wrong++;
    fprintf(
        stderr,
        "seed %llu: %s: classes %zu against %zu, states %zu/%zu, stops %zu/%zu, executions %llu, redundant "
        "%llu, duplicates %llu, deadlocks %llu/%llu, diverged %llu\n",
        (unsigned long long)seed, what, naive->classes.count, other->classes.count, naive->states.count,
        other->states.count, naive->stops.count, other->stops.count,
        (unsigned long long)other->counts.executions, (unsigned long long)other->counts.redundant,
        (unsigned long long)other->duplicates, (unsigned long long)naive->counts.deadlocks,
        (unsigned long long)other->counts.deadlocks, (unsigned long long)other->counts.diverged);
    program_print(program);
}

static bool same(const struct outcome *naive, const struct outcome *other)
{
    return other->finished && other->counts.diverged == 0 && !other->counts.bounded &&
           set_equals(&naive->classes, &other->classes) && set_equals(&naive->states, &other->states) &&
           set_equals(&naive->stops, &other->stops) &&
           (naive->counts.deadlocks > 0) == (other->counts.deadlocks > 0);
}

/* A strategy that is to see each class exactly once. */
static bool optimal(const struct outcome *naive, const struct outcome *other)
{
    return naive->stops.count > 0 || (other->counts.redundant == 0 && other->duplicates == 0);
}

static void compare(struct tally *tally, const struct model_program *program, uint64_t seed,
                    const struct outcome *naive, enum search_strategy strategy, const char *name)
{
    struct search_options options = {.strategy = strategy, .preemption_bound = -1, .tokens = true};
    struct outcome other = {0};
    outcome_add(&other, program, &options, limit * 4, 0);
    if (!same(naive, &other) || (strategy == SEARCH_OPTIMAL && !optimal(naive, &other))) {
        complain(tally, program, seed, name, naive, &other);
    }
    if (strategy == SEARCH_SOURCE) {
        tally->blocked += other.counts.redundant;
    }
    outcome_free(&other);
}

/* Do they agree as far as conflicts tell? */
static bool agree(const struct outcome *naive, const struct outcome *other)
{
    return other->finished && other->counts.diverged == 0 && !other->counts.bounded &&
           set_equals(&naive->conflicts, &other->conflicts) && set_equals(&naive->states, &other->states) &&
           set_equals(&naive->stops, &other->stops) &&
           (naive->counts.deadlocks > 0) == (other->counts.deadlocks > 0);
}

/* Entries that are ordered by conflicts alone. */
static void compare_blocks(struct tally *tally, const struct model_program *program, uint64_t seed,
                           const struct outcome *naive, enum search_strategy strategy, const char *name)
{
    struct search_options options = {.strategy = strategy, .preemption_bound = -1};
    struct outcome other = {0};
    outcome_add(&other, program, &options, limit * 4, 0);
    if (!agree(naive, &other)) {
        complain(tally, program, seed, name, naive, &other);
    }
    if (strategy == SEARCH_OPTIMAL) {
        tally->conflicts += naive->conflicts.count;
        tally->executions += other.counts.executions;
        tally->redundant += other.counts.redundant;
    }
    outcome_free(&other);
}

/* ---- units ------------------------------------------------------------------------------------------------
 */

struct units {
    char *line[4096];
    unsigned count;
};

static void keep_unit(const char *unit, void *argument)
{
    struct units *units = argument;
    if (units->count < sizeof(units->line) / sizeof(units->line[0])) {
        units->line[units->count++] = strdup(unit);
    }
}

static void split(const struct model_program *program, unsigned depth, struct units *units, bool tokens)
{
    struct search_options options = {
        .strategy = SEARCH_OPTIMAL, .preemption_bound = -1, .tokens = tokens, .peek = model_peek};
    struct search *search = search_create(&options);
    search_split(search, depth, keep_unit, units);
    do {
        model_execute(program, search);
    } while (search_next(search));
    search_destroy(search);
}

/* All units together: the same, and nothing twice. */
static void compare_units(struct tally *tally, const struct model_program *program, uint64_t seed,
                          const struct outcome *naive, enum search_strategy strategy, bool tokens)
{
    struct units units = {.count = 0};
    struct outcome other = {0};
    bool valid = true;
    split(program, 1 + (unsigned)(seed % 6), &units, tokens);
    for (unsigned i = 0; i < units.count; i++) {
        struct search_options options = {
            .strategy = strategy, .preemption_bound = -1, .tokens = tokens, .unit = units.line[i]};
        valid = valid && search_unit_valid(units.line[i]);
        outcome_add(&other, program, &options, limit * 4, 0);
        free(units.line[i]);
    }
    tally->units += units.count;
    tally->seams += other.counts.redundant;
    bool right = tokens ? same(naive, &other) && (naive->stops.count > 0 || other.duplicates == 0)
                        : agree(naive, &other);
    if (!valid || !right) {
        complain(tally, program, seed, strategy == SEARCH_OPTIMAL ? "units, optimal" : "units, source", naive,
                 &other);
    }
    outcome_free(&other);
}

/* ---- bounds -----------------------------------------------------------------------------------------------
 */

/* The bounded search finds all final states and stops; of classes that end alike it may leave one out. */
static void compare_bounded(struct tally *tally, const struct model_program *program, uint64_t seed,
                            const struct outcome *naive, unsigned bound)
{
    struct search_options options = {.strategy = SEARCH_NAIVE, .preemption_bound = (int)bound};
    struct outcome exact = {0}, source = {0};
    outcome_add(&exact, program, &options, limit * 4, bound);
    if (exact.counts.executions != naive->within || exact.within != naive->within ||
        exact.counts.bounded != (naive->within != naive->counts.executions)) {
        complain(tally, program, seed, "naive, bounded", naive, &exact);
    }
    options.strategy = SEARCH_SOURCE;
    outcome_add(&source, program, &options, limit * 4, bound);
    bool claims_all = !source.counts.bounded;
    if (!source.finished || !set_includes(&naive->states, &source.states) ||
        !set_includes(&naive->classes, &source.classes) || !set_includes(&source.states, &exact.states) ||
        !set_includes(&source.stops, &exact.stops) ||
        (claims_all &&
         (!set_equals(&naive->states, &source.states) || !set_equals(&naive->classes, &source.classes)))) {
        complain(tally, program, seed, "source, bounded", &exact, &source);
    }
    outcome_free(&exact);
    outcome_free(&source);
}

/* ---- walks ------------------------------------------------------------------------------------------------
 */

/* Follows the execution just taken by its switches: it must come out the same. */
static bool follows(const struct model_program *program, struct search *search)
{
    static struct search_switch switches[SEARCH_EVENTS];
    static uint16_t choices[SEARCH_EVENTS];
    uint32_t taken[SEARCH_ACTORS] = {0};
    struct search_guide guide = {.switches = switches, .choices = choices};
    size_t count = search_event_count(search);
    for (size_t i = 0; i < count; i++) {
        const struct search_event *event = search_event_at(search, i);
        taken[event->actor]++;
        if (event->op.kind == OP_CHOICE) {
            choices[guide.choice_count++] = event->value;
        }
        if (i + 1 < count && search_event_at(search, i + 1)->actor != event->actor) {
            switches[guide.switch_count++] = (struct search_switch){
                event->actor, search_event_at(search, i + 1)->actor, taken[event->actor]};
        }
    }
    if (count > 0 && search_event_at(search, 0)->actor != 0) {
        return true; /* the start is forced by the lowest actor that is enabled, which is not known here */
    }
    struct search_options options = {.strategy = SEARCH_GUIDED, .guide = &guide, .peek = model_peek};
    struct search *again = search_create(&options);
    model_execute(program, again);
    bool equal = search_event_count(again) == count && search_class(again) == search_class(search);
    for (size_t i = 0; i < count && equal; i++) {
        equal = search_event_at(again, i)->actor == search_event_at(search, i)->actor;
    }
    search_destroy(again);
    return equal;
}

static void compare_walk(struct tally *tally, const struct model_program *program, uint64_t seed,
                         const struct outcome *naive, enum search_strategy strategy)
{
    struct search_options options = {
        .strategy = strategy, .preemption_bound = -1, .seed = seed, .peek = model_peek};
    struct search *search = search_create(&options);
    bool known = true, followed = true;
    for (unsigned i = 0; i < 10 && known && followed; i++) {
        struct model_end end = model_execute(program, search);
        followed = follows(program, search);
        known = end.end == END_STOPPED
                    ? set_has(&naive->stops, end.stop)
                    : set_has(&naive->classes, search_class(search)) && set_has(&naive->states, end.state);
        search_next(search);
    }
    if (!known || !followed) {
        complain(tally, program, seed, followed ? "a walk reached what is not there" : "a replay differs",
                 naive, naive);
    }
    search_destroy(search);
}

/* ---- all
 * ---------------------------------------------------------------------------------------------------- */

static void try_program(struct tally *tally, uint64_t seed)
{
    struct model_program program;
    struct search_options options = {.strategy = SEARCH_NAIVE, .preemption_bound = -1};
    struct outcome naive = {0};
    unsigned bound = (unsigned)(seed % 3);
    write_program(&program, seed);
    outcome_add(&naive, &program, &options, limit, bound);
    if (!naive.finished) {
        tally->skipped++;
        outcome_free(&naive);
        return;
    }
    tally->programs++;
    tally->schedules += naive.counts.executions;
    tally->classes += naive.classes.count;
    tally->with_deadlock += naive.counts.deadlocks > 0;
    tally->with_stop += naive.stops.count > 0;
    compare(tally, &program, seed, &naive, SEARCH_SLEEP, "sleep");
    compare(tally, &program, seed, &naive, SEARCH_SOURCE, "source");
    compare(tally, &program, seed, &naive, SEARCH_OPTIMAL, "optimal");
    compare_blocks(tally, &program, seed, &naive, SEARCH_SOURCE, "source, blocks");
    compare_blocks(tally, &program, seed, &naive, SEARCH_OPTIMAL, "optimal, blocks");
    compare_units(tally, &program, seed, &naive, seed % 2 == 0 ? SEARCH_OPTIMAL : SEARCH_SOURCE, true);
    compare_units(tally, &program, seed, &naive, seed % 2 == 0 ? SEARCH_OPTIMAL : SEARCH_SOURCE, false);
    compare_bounded(tally, &program, seed, &naive, bound);
    compare_walk(tally, &program, seed, &naive, SEARCH_RANDOM);
    compare_walk(tally, &program, seed, &naive, SEARCH_PCT);
    compare_walk(tally, &program, seed, &naive, SEARCH_SURW);
    outcome_free(&naive);
}

int main(int argc, char **argv)
{
    uint64_t programs = 300, seed = 1;
    struct tally tally = {0};
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 0);
        if (strcmp(argv[i], "--programs") == 0) {
            programs = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = value;
        } else if (strcmp(argv[i], "--limit") == 0) {
            limit = value;
        } else if (strcmp(argv[i], "--near") == 0) {
            write_program = value != 0 ? generate_near : generate;
        } else {
            fprintf(stderr, "usage: %s [--programs N] [--seed S] [--limit SCHEDULES] [--near 1]\n", argv[0]);
            return 2;
        }
    }
    while (tally.programs < programs && tally.wrong < 20) {
        try_program(&tally, seed++);
    }
    printf("%llu programs (%llu more too large), %llu schedules, %llu classes, %llu programs with deadlocks, "
           "%llu with stops, %llu sleep-blocked (source), %llu units, %llu redundant at their seams, %llu "
           "wrong; %llu classes by conflict in %llu executions, %llu more redundant\n",
           (unsigned long long)tally.programs, (unsigned long long)tally.skipped,
           (unsigned long long)tally.schedules, (unsigned long long)tally.classes,
           (unsigned long long)tally.with_deadlock, (unsigned long long)tally.with_stop,
           (unsigned long long)tally.blocked, (unsigned long long)tally.units,
           (unsigned long long)tally.seams, (unsigned long long)tally.wrong,
           (unsigned long long)tally.conflicts, (unsigned long long)tally.executions,
           (unsigned long long)tally.redundant);
    return tally.wrong != 0;
}
