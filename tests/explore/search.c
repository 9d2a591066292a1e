/*
 * search.c - the search by itself: known numbers of classes, bounds, units, walks, replays.
 */
#include "outcome.h"
#include "programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct outcome explore(const struct model_program *program, enum search_strategy strategy)
{
    struct search_options options = {.strategy = strategy, .preemption_bound = -1};
    struct outcome outcome = {0};
    outcome_add(&outcome, program, &options, UINT64_MAX, 0);
    return outcome;
}

/* ---- known numbers
 * ------------------------------------------------------------------------------------------ */

static void expect_classes(const struct model_program *program, uint64_t classes)
{
    struct outcome optimal = explore(program, SEARCH_OPTIMAL), source = explore(program, SEARCH_SOURCE);
    assert_int_equal(optimal.counts.executions, classes);
    assert_int_equal(optimal.classes.count, classes);
    assert_int_equal(optimal.counts.redundant, 0);
    assert_int_equal(source.counts.executions, classes);
    assert_true(set_equals(&source.classes, &optimal.classes));
    assert_true(set_equals(&source.states, &optimal.states));
    outcome_free(&optimal);
    outcome_free(&source);
}

static void readers_and_a_writer(void **state)
{
    struct model_program program;
    (void)state;
    for (unsigned n = 2; n <= 13; n++) {
        program_readers(&program, n);
        expect_classes(&program, 1U << n);
    }
}

static void last_zero(void **state)
{
    struct model_program program;
    (void)state;
    program_lastzero(&program, 5);
    expect_classes(&program, 64);
    program_lastzero(&program, 10);
    expect_classes(&program, 3328);
}

static void increments(void **state)
{
    static const unsigned factorial[] = {1, 1, 2, 6, 24, 120, 720, 5040};
    struct model_program program;
    (void)state;
    for (unsigned n = 2; n <= 7; n++) {
        program_ainc(&program, n);
        expect_classes(&program, factorial[n]);
        program_lockinc(&program, n);
        expect_classes(&program, factorial[n]);
    }
    for (unsigned n = 2; n <= 4; n++) {
        program_inc(&program, n);
        expect_classes(&program, (uint64_t)factorial[n] * factorial[n]);
    }
    program_increments(&program, 2, 4);
    expect_classes(&program, 3334);
}

static void compare_and_exchange(void **state)
{
    struct model_program program;
    (void)state;
    for (unsigned n = 2; n <= 5; n++) {
        program_cas(&program, n);
        expect_classes(&program, n);
    }
}

static void fibonacci(void **state)
{
    struct model_program program;
    (void)state;
    program_fibonacci(&program, 5);
    struct outcome optimal = explore(&program, SEARCH_OPTIMAL);
    assert_int_equal(optimal.counts.executions, 218243);
    assert_int_equal(optimal.classes.count, 218243);
    assert_int_equal(optimal.counts.redundant, 0);
    outcome_free(&optimal);
}

static void naive_takes_every_schedule(void **state)
{
    struct model_program program;
    (void)state;
    program_readers(&program, 2);
    struct outcome naive = explore(&program, SEARCH_NAIVE);
    assert_int_equal(naive.counts.executions, 6);
    assert_int_equal(naive.classes.count, 4);
    outcome_free(&naive);
    program_increments(&program, 2, 4);
    naive = explore(&program, SEARCH_NAIVE);
    assert_int_equal(naive.counts.executions, 12870);
    assert_int_equal(naive.classes.count, 3334);
    outcome_free(&naive);
}

static void deadlock(void **state)
{
    struct model_program program;
    (void)state;
    program_abba(&program);
    struct outcome optimal = explore(&program, SEARCH_OPTIMAL);
    assert_int_equal(optimal.counts.executions, 3);
    assert_int_equal(optimal.counts.deadlocks, 1);
    outcome_free(&optimal);
}

/* ---- entries among the steps that they interrupt
 * -----------------------------------------------------------
 */

/* Conflicts leave `classes` orders apart: the searches that go by conflicts find them all. */
static void expect_orders(const struct model_program *program, size_t classes)
{
    static const enum search_strategy strategies[] = {SEARCH_OPTIMAL, SEARCH_SOURCE};
    struct outcome naive = explore(program, SEARCH_NAIVE);
    assert_int_equal(naive.conflicts.count, classes);
    for (unsigned i = 0; i < 2; i++) {
        struct outcome outcome = explore(program, strategies[i]);
        assert_true(set_equals(&outcome.conflicts, &naive.conflicts));
        assert_true(set_equals(&outcome.states, &naive.states));
        assert_true(set_equals(&outcome.stops, &naive.stops));
        assert_int_equal(outcome.counts.deadlocks > 0, naive.counts.deadlocks > 0);
        assert_int_equal(outcome.counts.diverged, 0);
        outcome_free(&outcome);
    }
    outcome_free(&naive);
}

/* A service routine that never ends keeps its thread from reading, and its line is lowered too late: its
 * entry goes before the read, which it does not conflict with, and takes the lowering along. */
static void an_entry_that_never_ends(void **state)
{
    struct model_program program;
    (void)state;
    program_clear(&program, 2);
    program.isrs = 1;
    program.raised[0] = true;
    program.thread[0].processor = 1;
    program_add(&program.thread[0], DO_RAISE_LINE, 0, 1, 0);
    program.thread[1].processor = 0;
    program_add(&program.thread[1], DO_READ, 0, 0, 0);
    program.isr[0] = (struct model_body){.processor = 0, .level = 5, .step[0].kind = DO_END};
    program_add(&program.isr[0], DO_LOCK, 0, 0, 0);
    program_add(&program.isr[0], DO_LOCK, 0, 0, 0);
    expect_orders(&program, 3);
}

/* A DPC that waits for a lock of the thread that it interrupts, wherever that has got to; it is taken off its
 * queue too late. */
static void a_removal_too_late(void **state)
{
    struct model_program program;
    (void)state;
    program_clear(&program, 3);
    program.dpcs = 1;
    program.removes = true;
    program.thread[0].processor = program.thread[2].processor = 0;
    program_add(&program.thread[0], DO_QUEUE, 0, 0, 0);
    program_add(&program.thread[0], DO_LOCK, 0, 0, 0);
    program_add(&program.thread[0], DO_LOCK, 1, 0, 0);
    program_add(&program.thread[0], DO_READ, 0, 0, 0);
    program_add(&program.thread[0], DO_UNLOCK, 1, 0, 0);
    program_add(&program.thread[0], DO_UNLOCK, 0, 0, 0);
    program.thread[1].processor = 1;
    program_add(&program.thread[1], DO_REMOVE, 0, 0, 0);
    program_add(&program.thread[2], DO_LOCK, 0, 0, 0);
    program_add(&program.thread[2], DO_UNLOCK, 0, 0, 0);
    program.dpc[0] = (struct model_body){.processor = 0, .step[0].kind = DO_END};
    program_add(&program.dpc[0], DO_LOCK, 1, 0, 0);
    program_add(&program.dpc[0], DO_UNLOCK, 1, 0, 0);
    expect_orders(&program, 22);
}

/* A DPC that holds a lock is interrupted for ever by a service routine that waits for it; wherever the DPC
 * came among the steps of its thread, the line is lowered too late. */
static void two_entries_that_never_end(void **state)
{
    struct model_program program;
    (void)state;
    program_clear(&program, 2);
    program.dpcs = program.isrs = 1;
    program.raised[0] = true;
    program.thread[0].processor = 0;
    program_add(&program.thread[0], DO_RAISE_LINE, 0, 1, 0);
    program.thread[1].processor = 1;
    program_add(&program.thread[1], DO_QUEUE, 0, 0, 0);
    program_add(&program.thread[1], DO_LOCK, 1, 0, 0);
    program_add(&program.thread[1], DO_UNLOCK, 1, 0, 0);
    program.dpc[0] = (struct model_body){.processor = 1, .step[0].kind = DO_END};
    program.isr[0] = (struct model_body){.processor = 1, .level = 5, .step[0].kind = DO_END};
    for (unsigned i = 0; i < 2; i++) {
        struct model_body *body = i == 0 ? &program.dpc[0] : &program.isr[0];
        program_add(body, DO_LOCK, 0, 0, 0);
        program_add(body, DO_UNLOCK, 0, 0, 0);
    }
    expect_orders(&program, 8);
}

/* The first execution of each ends in a finding, at its last step or with much left to do. */
static void what_comes_after_a_finding(void **state)
{
    struct model_program program;
    (void)state;
    for (unsigned left = 0; left < 3; left++) {
        program_clear(&program, 3);
        program_add(&program.thread[0], DO_PUT, 0, 1, 0);
        program_add(&program.thread[0], DO_GET, 1, 0, 0);
        program_add(&program.thread[1], DO_GET, 0, 0, 0);
        program_add(&program.thread[1], DO_STOP, 1, 0, 0);
        program_add(&program.thread[1], DO_PUT, 1, 2, 0);
        for (unsigned i = 0; i < left; i++) {
            program_add(&program.thread[2], DO_ADD, i, 4, 0);
            program_add(&program.thread[2], DO_CHOICE, 2, 0, 0);
        }
        struct outcome naive = explore(&program, SEARCH_NAIVE);
        assert_true(naive.stops.count == 1 && naive.states.count > 1);
        expect_orders(&program, naive.conflicts.count);
        struct search_options options = {
            .strategy = SEARCH_OPTIMAL, .preemption_bound = -1, .peek = model_peek};
        struct search *search = search_create(&options);
        assert_int_equal(model_execute(&program, search).end, END_STOPPED);
        search_destroy(search);
        outcome_free(&naive);
    }
}

/* Two threads look at a word before it is written; a finding in the first one cuts off what the second one
 * was to do then, and to do before the write in any case. */
static void a_plan_that_a_finding_cuts_off(void **state)
{
    struct model_program program;
    (void)state;
    program_clear(&program, 3);
    program_add(&program.thread[0], DO_CAS, 0, 0, 2);
    program_add(&program.thread[1], DO_GET, 0, 0, 0);
    program_add(&program.thread[1], DO_STOP, 0, 0, 0);
    program_add(&program.thread[2], DO_LOCK, 1, 0, 0);
    program_add(&program.thread[2], DO_READ, 0, 0, 0);
    program_add(&program.thread[2], DO_UNLOCK, 1, 0, 0);
    expect_orders(&program, 2);
}

/* The finding follows the release of a lock: nobody has looked since whether others can take it. */
static void a_finding_after_a_release(void **state)
{
    struct model_program program;
    (void)state;
    program_clear(&program, 2);
    for (unsigned i = 0; i < 2; i++) {
        program_add(&program.thread[i], DO_LOCK, 0, 0, 0);
        program_add(&program.thread[i], i == 0 ? DO_GET : DO_PUT, 0, i, 0);
        program_add(&program.thread[i], DO_UNLOCK, 0, 0, 0);
    }
    program_add(&program.thread[0], DO_STOP, 0, 0, 0);
    expect_orders(&program, 1);
}

/* ---- bounds
 * --------------------------------------------------------------------------------------------------- */

static void no_preemption_no_lost_update(void **state)
{
    struct model_program program;
    struct search_options options = {.strategy = SEARCH_NAIVE, .preemption_bound = 0};
    struct outcome outcome = {0};
    (void)state;
    program_inc(&program, 2);
    outcome_add(&outcome, &program, &options, UINT64_MAX, 0);
    assert_int_equal(outcome.counts.executions, 2);
    assert_true(outcome.counts.bounded);
    outcome_free(&outcome);
    memset(&outcome, 0, sizeof(outcome));
    options.preemption_bound = 2;
    outcome_add(&outcome, &program, &options, UINT64_MAX, 2);
    assert_int_equal(outcome.counts.executions, 6);
    assert_false(outcome.counts.bounded);
    outcome_free(&outcome);
}

static void steps_are_limited(void **state)
{
    struct model_program program;
    struct search_options options = {.strategy = SEARCH_OPTIMAL, .preemption_bound = -1, .step_limit = 5};
    struct outcome outcome = {0};
    (void)state;
    program_increments(&program, 2, 4);
    outcome_add(&outcome, &program, &options, UINT64_MAX, 0);
    assert_true(outcome.counts.bounded);
    assert_true(outcome.counts.cut > 0);
    assert_int_equal(outcome.counts.cut, outcome.counts.executions);
    outcome_free(&outcome);
}

/* ---- replay
 * ---------------------------------------------------------------------------------------------------- */

static struct search *guided(const struct search_guide *guide)
{
    struct search_options options = {.strategy = SEARCH_GUIDED, .guide = guide, .peek = model_peek};
    return search_create(&options);
}

static void assert_actors(const struct search *search, const char *expected)
{
    assert_int_equal(search_event_count(search), strlen(expected));
    for (size_t i = 0; expected[i] != '\0'; i++) {
        assert_int_equal(search_event_at(search, i)->actor, expected[i] - '0');
    }
}

static void a_guide_is_followed(void **state)
{
    struct model_program program;
    const struct search_switch switches[] = {{0, 1, 1}, {1, 0, 1}};
    struct search_guide guide = {.switches = switches};
    (void)state;
    program_inc(&program, 2);
    struct search *search = guided(&guide);
    model_execute(&program, search);
    assert_actors(search, "0011");
    assert_int_equal(search_preemptions(search), 0);
    guide.switch_count = 1;
    model_execute(&program, search);
    assert_actors(search, "0110");
    assert_int_equal(search_preemptions(search), 1);
    assert_int_equal(model_word(0), 1);
    guide.switch_count = 2;
    model_execute(&program, search);
    assert_actors(search, "0101");
    assert_int_equal(search_preemptions(search), 2);
    search_destroy(search);
}

/* A switch before anybody has taken a step; one to an actor that cannot go on is passed over. */
static void a_guide_can_begin_elsewhere(void **state)
{
    struct model_program program;
    const struct search_switch switches[] = {{0, 1, 0}, {1, 7, 1}};
    struct search_guide guide = {.switches = switches, .switch_count = 2};
    (void)state;
    program_inc(&program, 2);
    struct search *search = guided(&guide);
    model_execute(&program, search);
    assert_actors(search, "1100");
    search_destroy(search);
}

static void choices_are_replayed(void **state)
{
    struct model_program program;
    const uint16_t choices[] = {2, 1, 9};
    struct search_guide guide = {.choices = choices, .choice_count = 3};
    (void)state;
    program_clear(&program, 1);
    for (unsigned i = 0; i < 4; i++) {
        program_add(&program.thread[0], DO_CHOICE, 3, 0, 0);
    }
    struct search *search = guided(&guide);
    model_execute(&program, search);
    assert_int_equal(search_event_at(search, 0)->value, 2);
    assert_int_equal(search_event_at(search, 1)->value, 1);
    assert_int_equal(search_event_at(search, 2)->value, 0); /* 9 is none of three */
    assert_int_equal(search_event_at(search, 3)->value, 0); /* beyond the list */
    search_destroy(search);
    struct outcome optimal = explore(&program, SEARCH_OPTIMAL);
    assert_int_equal(optimal.counts.executions, 81);
    outcome_free(&optimal);
}

/* A machine that does not do again what it did is noticed. */
static void divergence(void **state)
{
    struct model_program program, other;
    struct search_options options = {.strategy = SEARCH_OPTIMAL, .preemption_bound = -1, .peek = model_peek};
    (void)state;
    program_increments(&program, 2, 2);
    program_clear(&other, 2);
    program_add(&other.thread[0], DO_GET, 4, 0, 0);
    program_add(&other.thread[1], DO_GET, 4, 0, 0);
    struct search *search = search_create(&options);
    model_execute(&program, search);
    assert_true(search_next(search));
    assert_int_equal(search_counts(search).diverged, 0);
    model_execute(&other, search);
    assert_int_equal(search_counts(search).diverged, 1);
    search_destroy(search);
}

static void random_walks_repeat(void **state)
{
    static const enum search_strategy walks[] = {SEARCH_RANDOM, SEARCH_PCT, SEARCH_SURW};
    struct model_program program;
    (void)state;
    program_increments(&program, 3, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct set classes = {0};
        uint64_t first[20];
        for (unsigned round = 0; round < 2; round++) {
            struct search_options options = {
                .strategy = walks[i], .seed = 7, .preemption_bound = -1, .peek = model_peek};
            struct search *search = search_create(&options);
            for (unsigned k = 0; k < 20; k++) {
                model_execute(&program, search);
                uint64_t class = search_class(search);
                set_add(&classes, class);
                if (round == 0) {
                    first[k] = class;
                }
                assert_true(class == first[k]);
                assert_true(search_next(search));
            }
            search_destroy(search);
        }
        assert_true(classes.count > 3);
        set_free(&classes);
    }
}

/* ---- units
 * ------------------------------------------------------------------------------------------------------ */

static void texts_that_are_units(void **state)
{
    (void)state;
    assert_true(search_unit_valid("0:0"));
    assert_true(search_unit_valid("0:0,1:1,31=65535:ffffffff"));
    static const char *const bad[] = {
        "",       "0",         "0:",       ":0",   "0:0,",        ",0:0",  "0:0;1:0",
        "32:0",   "0:g",       "0=:0",     "-1:0", "0:-1",        "0 :0",  "0: 0",
        "0x1:0",  "0=65536:0", "0:0,,1:0", "a:0",  "0:100000000", "0:0\n", "00000000000000:0",
        "0=1=2:0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (search_unit_valid(bad[i])) {
            fail_msg("\"%s\" is taken for a unit", bad[i]);
        }
    }
    struct search_options options = {.strategy = SEARCH_OPTIMAL, .unit = "0:0,", .peek = model_peek};
    assert_null(search_create(&options));
}

/* A unit of another program: its actors cannot go on as it says; nothing is explored, nothing breaks. */
static void a_unit_that_does_not_fit(void **state)
{
    struct model_program program;
    struct search_options options = {
        .strategy = SEARCH_OPTIMAL, .preemption_bound = -1, .unit = "0:0,0:0,0:0,0:0,0:0,0:0"};
    struct outcome outcome = {0};
    (void)state;
    program_inc(&program, 2);
    outcome_add(&outcome, &program, &options, 100, 0);
    assert_true(outcome.finished);
    assert_int_equal(outcome.counts.executions, 0);
    outcome_free(&outcome);
}

struct units {
    char *line[4096];
    unsigned count;
};

static void keep(const char *unit, void *argument)
{
    struct units *units = argument;
    assert_true(units->count < 4096);
    units->line[units->count++] = strdup(unit);
}

static void units_add_up(void **state)
{
    struct model_program program;
    struct search_options options = {.strategy = SEARCH_OPTIMAL, .preemption_bound = -1, .peek = model_peek};
    (void)state;
    program_lastzero(&program, 10);
    for (unsigned depth = 2; depth <= 4; depth++) {
        struct units units = {.count = 0};
        struct outcome all = {0};
        options.unit = NULL;
        struct search *search = search_create(&options);
        search_split(search, depth, keep, &units);
        do {
            model_execute(&program, search);
        } while (search_next(search));
        search_destroy(search);
        assert_true(units.count > depth);
        for (unsigned i = 0; i < units.count; i++) {
            options.unit = units.line[i];
            outcome_add(&all, &program, &options, UINT64_MAX, 0);
            free(units.line[i]);
        }
        assert_int_equal(all.counts.executions, 3328);
        assert_int_equal(all.classes.count, 3328);
        outcome_free(&all);
    }
}

/* ---- progress
 * --------------------------------------------------------------------------------------------------- */

static void progress_goes_to_one(void **state)
{
    static const enum search_strategy strategies[] = {SEARCH_NAIVE, SEARCH_SOURCE, SEARCH_OPTIMAL};
    struct model_program program;
    (void)state;
    program_increments(&program, 2, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct search_options options = {
            .strategy = strategies[i], .preemption_bound = -1, .peek = model_peek};
        struct search *search = search_create(&options);
        double last = 0;
        do {
            model_execute(&program, search);
            last = search_progress(search);
            assert_true(last >= 0 && last <= 1);
        } while (search_next(search));
        assert_true(last > 0.9);
        search_destroy(search);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_and_a_writer),
        cmocka_unit_test(last_zero),
        cmocka_unit_test(increments),
        cmocka_unit_test(compare_and_exchange),
        cmocka_unit_test(fibonacci),
        cmocka_unit_test(naive_takes_every_schedule),
        cmocka_unit_test(deadlock),
        cmocka_unit_test(an_entry_that_never_ends),
        cmocka_unit_test(a_removal_too_late),
        cmocka_unit_test(two_entries_that_never_end),
        cmocka_unit_test(what_comes_after_a_finding),
        cmocka_unit_test(a_plan_that_a_finding_cuts_off),
        cmocka_unit_test(a_finding_after_a_release),
        cmocka_unit_test(no_preemption_no_lost_update),
        cmocka_unit_test(steps_are_limited),
        cmocka_unit_test(a_guide_is_followed),
        cmocka_unit_test(a_guide_can_begin_elsewhere),
        cmocka_unit_test(choices_are_replayed),
        cmocka_unit_test(divergence),
        cmocka_unit_test(random_walks_repeat),
        cmocka_unit_test(texts_that_are_units),
        cmocka_unit_test(a_unit_that_does_not_fit),
        cmocka_unit_test(units_add_up),
        cmocka_unit_test(progress_goes_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
