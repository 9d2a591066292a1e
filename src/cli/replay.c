/*
 * replay.c - `undis replay`: runs exactly one schedule again.
 */
#include "cli/explore.h"

#include "engine/explore/machine/machine.h"
#include "engine/explore/tracing.h"
#include "report/report.h"
#include "report/symbolise.h"
#include "report/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_TIMES 1000000000

enum { KEY_TIMES = 256, KEY_GDB, KEY_RULE };

struct replay_options {
    const char *schedule;
    const char **drivers;
    unsigned driver_count;
    struct cli_report report;
    struct cli_rule_list rules;
    uint64_t times;
    bool gdb;
};

static const struct argp_option option_table[] = {
    {"times", KEY_TIMES, "N", 0, "Replays it N times and checks that all are the same (1)", 0},
    {"gdb", KEY_GDB, NULL, 0, "Starts gdb, which stops at the finding", 0},
    CLI_OPTIONS_REPORT,
    {"rule", KEY_RULE, "NAME=LEVEL", 0, "Makes a rule an error, a warning or off; may be repeated", 0},
    CLI_OPTION_HELP,
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct replay_options *options = state->input;
    switch (key) {
    case KEY_TIMES:
        return cli_option_number("replay", "times", value, 1, MOST_TIMES, &options->times);
    case KEY_GDB:
        options->gdb = true;
        return 0;
    case KEY_RULE:
        return cli_option_rule_kept("replay", value, &options->rules);
    case ARGP_KEY_ARG:
        if (options->schedule == NULL) {
            options->schedule = value;
        } else {
            options->drivers[options->driver_count++] = value;
        }
        return 0;
    default:
        return cli_option_report("replay", key, value, &options->report);
    }
}

static const struct argp parser = {
    .options = option_table,
    .parser = parse,
    .args_doc = "SCHEDULE [DRIVER.so ...]",
    .doc = "Runs one schedule again, exactly.\vDrivers given here take the place of those that the schedule "
           "names; they must be the same files.",
};

/* ---- gdb ------------------------------------------------------------------------------------------- */

/* Becomes gdb on this very command without --gdb; it stops where a finding is complete. */
static int run_gdb(const struct replay_options *options)
{
    static const char *const head[] = {"gdb",   "-q",
                                       "-ex",   "set breakpoint pending on",
                                       "-ex",   "set confirm off",
                                       "-ex",   "handle SIGSEGV SIGUSR1 SIGUSR2 nostop noprint pass",
                                       "-ex",   "break finding_commit",
                                       "-ex",   "run",
                                       "--args"};
    size_t count = sizeof(head) / sizeof(head[0]);
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    const char **words = calloc(count + options->driver_count + 2 * options->rules.count + 4, sizeof(*words));
    if (words == NULL || length <= 0) {
        free(words);
        return cli_error("replay: --gdb: not enough memory");
    }
    program[length] = '\0';
    memcpy(words, head, sizeof(head));
    words[count++] = program;
    words[count++] = "replay";
    words[count++] = options->schedule;
    for (unsigned i = 0; i < options->rules.count; i++) {
        words[count++] = "--rule";
        words[count++] = options->rules.given[i];
    }
    for (unsigned i = 0; i < options->driver_count; i++) {
        words[count++] = options->drivers[i];
    }
    execvp(words[0], (char **)(uintptr_t)words);
    free(words);
    return cli_error("replay: --gdb: cannot run gdb: %s", strerror(errno));
}

/* ---- the replay ------------------------------------------------------------------------------------ */

struct outcome {
    struct replay replay;
    struct tracing tracing;
    uint64_t different; /* which of the replays was not like the first one; 0: none */
};

/* All but the last one only to be compared. */
static void replay_all(const struct schedule *schedule, uint64_t times, struct outcome *outcome)
{
    const struct trail trail = {schedule->switches, schedule->switch_count, schedule->choices,
                                schedule->choice_count};
    *outcome = (struct outcome){.tracing.trail = &trail};
    for (uint64_t i = 1; i <= times && outcome->different == 0; i++) {
        bool last = i == times;
        struct replay replay =
            trail_replay(&trail, 0, NULL, last ? tracing_note : NULL, last ? &outcome->tracing : NULL);
        if (i > 1 &&
            (replay.class_hash != outcome->replay.class_hash || replay.end != outcome->replay.end ||
             replay.event_hash != outcome->replay.event_hash || replay.events != outcome->replay.events)) {
            outcome->different = i;
        }
        outcome->replay = replay;
    }
    outcome->tracing.trail = NULL;
}

static bool is_expected(const struct schedule *schedule, const struct finding *finding)
{
    char site[SCHEDULE_SITE];
    loop_site(target_of(finding).site, site);
    return strcmp(finding->rule->name, schedule->rule) == 0 && strcmp(site, schedule->site) == 0;
}

static json_t *findings_array(const struct schedule *schedule, const struct outcome *outcome, bool *expected)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < finding_count(); i++) {
        const struct finding *finding = finding_at(i);
        bool wanted = is_expected(schedule, finding);
        json_t *object = report_finding(finding, NULL);
        json_object_set_new(object, "scenario", report_string(schedule->setup.scenario));
        /* One table is enough: the schedule is the same for all. */
        if (wanted || (i + 1 == finding_count() && !*expected)) {
            json_object_set_new(
                object, "schedule",
                table_rows(outcome->tracing.steps, outcome->tracing.count, machine_actor_name));
        }
        *expected = *expected || wanted;
        json_array_append_new(findings, object);
    }
    symbolise_end();
    return findings;
}

static json_t *make_part(const struct schedule *schedule, const struct outcome *outcome, uint64_t times,
                         json_t *notes)
{
    bool expected = schedule->rule[0] == '\0';
    json_t *findings = findings_array(schedule, outcome, &expected);
    if (schedule->class_hash != 0 && schedule->class_hash != outcome->replay.class_hash) {
        json_array_append_new(notes, json_string("this execution is not the one that was saved: it belongs "
                                                 "to another class"));
    }
    if (outcome->replay.grew) {
        json_array_append_new(notes,
                              json_string("memory was found to be shared that the schedule does not know: "
                                          "steps may be counted otherwise than when it was saved"));
    }
    if (!expected) {
        json_array_append_new(notes, json_sprintf("the schedule was saved for %s at %s, which did not show",
                                                  schedule->rule, schedule->site));
    }
    json_t *search =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:s, s:f, s:f}", "scenario", schedule->setup.scenario,
                  "strategy", "replay", "executions", (json_int_t)times, "depth",
                  (json_int_t)outcome->replay.events, "steps", (json_int_t)(outcome->replay.events * times),
                  "complete", 0, "reason", "one schedule was replayed", "progress", -1.0, "seconds", 0.0);
    json_object_set_new(search, "class", json_sprintf("0x%016" PRIx64, outcome->replay.class_hash));
    return json_pack("{s:o, s:b, s:o, s:i}", "search", search, "instrumented", machine_sees_accesses(),
                     "findings", findings, "findings_not_kept", 0);
}

static int report(const struct explore_options *options, const struct schedule *schedule, uint64_t times)
{
    struct outcome outcome;
    replay_all(schedule, times, &outcome);
    if (outcome.replay.failed || outcome.tracing.failed || outcome.different != 0) {
        free(outcome.tracing.steps);
        if (outcome.different != 0) {
            cli_error("replay: undis itself failed: replay %llu was not like the ones before it",
                      (unsigned long long)outcome.different);
        } else {
            cli_error("replay: not enough memory");
        }
        return CLI_INTERNAL;
    }
    json_t *whole = explore_report_begin(options);
    json_t *part = make_part(schedule, &outcome, times, json_object_get(whole, "notes"));
    free(outcome.tracing.steps);
    explore_report_add(whole, part, options->max_findings);
    int status = explore_report_end(whole, options);
    json_decref(whole);
    return status;
}

/* The options with which the schedule was made. */
static struct explore_options options_of(const struct replay_options *given, const struct schedule *schedule)
{
    struct explore_options options = {
        .verb = "replay",
        .report = given->report,
        .prints = true, /* of one execution */
        .max_findings = FINDING_MAXIMUM,
        .preemptions = -1,
    };
    explore_options_take(&options, &schedule->setup);
    return options;
}

static int replay(const struct replay_options *given)
{
    static struct explore_machine machine; /* large */
    struct schedule schedule;
    char error[1024];
    if (!schedule_read(&schedule, given->schedule, error, sizeof(error)) ||
        !setup_check(&schedule.setup, given->schedule, given->driver_count,
                     (char *const *)(uintptr_t)given->drivers, error, sizeof(error))) {
        schedule_free(&schedule);
        return cli_error("replay: %s", error);
    }
    if (given->gdb) {
        schedule_free(&schedule);
        return run_gdb(given);
    }
    struct explore_options options = options_of(given, &schedule);
    int status = explore_machine_open(&machine, &options, schedule.setup.scenario, schedule.shared);
    if (status == CLI_CLEAN) {
        status = report(&options, &schedule, given->times);
        machine_close();
    }
    schedule_free(&schedule);
    return status;
}

int cli_replay(int argc, char **argv)
{
    struct replay_options options = {.times = 1,
                                     .drivers = calloc((size_t)argc + 1, sizeof(*options.drivers))};
    int status = CLI_USAGE;
    if (options.drivers == NULL) {
        cli_error("replay: not enough memory");
        status = CLI_INTERNAL;
    } else if (cli_parse(&parser, argc, argv, &options)) {
        status = options.schedule == NULL ? cli_error("replay: which schedule? (see undis replay --help)")
                                          : replay(&options);
    }
    free(options.drivers);
    return status;
}
