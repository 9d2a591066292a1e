/*
 * explore_options.c - parses the options of `undis explore`, each strictly and with its own complaint.
 */
#include "cli/explore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PROCESSORS 2
#define DEFAULT_FRAMES 2
#define MOST_JOBS 1024
#define MOST_FRAMES 1000000
#define MOST_OF_A_KIND 1000000 /* preemptions, ticks ... of an execution */

enum key {
    KEY_PROCESSORS = 0x100,
    KEY_SCENARIO,
    KEY_SEED,
    KEY_INTERRUPTS,
    KEY_FRAMES,
    KEY_PCAP,
    KEY_PCAP_OUT,
    KEY_RULE,
    KEY_MAX_FINDINGS,
    KEY_REQUIRE_COMPLETE,
    KEY_STRATEGY,
    KEY_EXECUTIONS,
    KEY_SECONDS,
    KEY_PREEMPTIONS,
    KEY_MEMORY,
    KEY_TICKS,
    KEY_FAILURES,
    KEY_MIGRATIONS,
    KEY_PRINTS,
    KEY_STEPS,
    KEY_ALL_ACCESSES,
    KEY_ANYWHERE,
    KEY_KEEP_GOING,
    KEY_SAVE_SCHEDULE,
    KEY_PROGRESS,
    KEY_JOBS,
    KEY_SPLIT,
    KEY_UNIT,
    KEY_WATCHDOG,
    KEY_REGISTRY
};

static const struct argp_option option_table[] = {
    {"processors", KEY_PROCESSORS, "N", 0, "Simulated processors, 1 to 64 (2)", 0},
    {"scenario", KEY_SCENARIO, "NAME", 0, "What the drivers are put through (all that fit them); see below",
     0},
    {"seed", KEY_SEED, "N", 0, "Seed of the random strategies (1)", 0},
    {"frames", KEY_FRAMES, "N", 0, "Frames to pass each way (2)", 0},
    {"interrupts", KEY_INTERRUPTS, "KIND", 0, CLI_HELP_INTERRUPTS, 0},
    {"pcap", KEY_PCAP, "FILE", 0, "Capture whose frames are passed (built-in ones)", 0},
    {"pcap-out", KEY_PCAP_OUT, "FILE", 0, "Not here: many executions have no one recording", 0},
    CLI_OPTIONS_REPORT,
    {"rule", KEY_RULE, "NAME=LEVEL", 0, "Makes a rule an error, a warning or off; may be repeated", 0},
    {"max-findings", KEY_MAX_FINDINGS, "N", 0, "Keeps the first N findings (256)", 0},
    {"require-complete", KEY_REQUIRE_COMPLETE, NULL, 0, "An inconclusive run exits with 1", 0},
    {"strategy", KEY_STRATEGY, "NAME", 0,
     "dpor (or optimal), source, naive, preempt, random, pct, surw (random first, then dpor)", 0},
    {"executions", KEY_EXECUTIONS, "N", 0, "Ends after N executions", 0},
    {"seconds", KEY_SECONDS, "N", 0, "Ends after N seconds (60, unless --executions is given)", 0},
    {"preemptions", KEY_PREEMPTIONS, "N", 0, "Executions with at most N preemptions of threads only", 0},
    {"memory", KEY_MEMORY, "sc|tso", 0, "Memory model: tso has store buffers (sc)", 0},
    {"ticks", KEY_TICKS, "N", 0, "How often time may go on while something else could run (the scenario's)",
     0},
    {"failures", KEY_FAILURES, "N", 0,
     "Up to N allocations, registrations and mappings of an execution may fail, wherever that is (0)", 0},
    {"migrations", KEY_MIGRATIONS, "N", 0,
     "Up to N times a thread may change to another processor that its affinity allows (0)", 0},
    {"prints", KEY_PRINTS, NULL, 0, "Shows on stderr what drivers print, in every execution", 0},
    {"steps", KEY_STEPS, "N", 0, "An execution is cut off after N steps (20000)", 0},
    {"all-accesses", KEY_ALL_ACCESSES, NULL, 0, "Every access is a step, shared memory or not", 0},
    {"any-processor", KEY_ANYWHERE, NULL, 0,
     "Interrupts come to any processor that their line allows, not only to the first", 0},
    {"keep-going", KEY_KEEP_GOING, NULL, 0, "Goes on after an error until complete or out of time", 0},
    {"save-schedule", KEY_SAVE_SCHEDULE, "FILE|DIR", 0, "Where the first schedule goes, or all of them", 0},
    {"progress", KEY_PROGRESS, NULL, 0, "Shows progress on stderr even when it is no terminal", 0},
    {"jobs", KEY_JOBS, "N", 0, "Searches with N processes (1)", 0},
    {"split", KEY_SPLIT, "N", 0, "Writes at least N units into a directory: --split N DIR DRIVER.so ...", 0},
    {"unit", KEY_UNIT, "FILE", 0, "Executes one unit and writes its result beside it", 0},
    {"watchdog", KEY_WATCHDOG, "SECONDS", 0, "Longest time without a step (5)", 0},
    CLI_OPTION_HELP,
    {"registry", KEY_REGISTRY, "KEY=VALUE", 0, CLI_HELP_REGISTRY, 0},
    {0},
};

static const struct {
    const char *name;
    enum loop_strategy strategy;
} strategies[] = {
    {"dpor", LOOP_OPTIMAL},    {"optimal", LOOP_OPTIMAL}, {"source", LOOP_SOURCE},
    {"naive", LOOP_NAIVE},     {"pct", LOOP_PCT},         {"random", LOOP_RANDOM},
    {"preempt", LOOP_PREEMPT}, {"surw", LOOP_SURW},       {"default", LOOP_DEFAULT},
};
#define STRATEGIES (sizeof(strategies) / sizeof(strategies[0]))

bool explore_strategy_find(const char *name, enum loop_strategy *strategy)
{
    for (size_t i = 0; i < STRATEGIES; i++) {
        if (strcmp(strategies[i].name, name) == 0) {
            *strategy = strategies[i].strategy;
            return true;
        }
    }
    return false;
}

const char *explore_strategy_name(enum loop_strategy strategy)
{
    size_t i = 0;
    while (strategies[i].strategy != strategy) {
        i++;
    }
    return strategies[i].name;
}

bool explore_is_directory(const char *path)
{
    struct stat status;
    return path != NULL && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ---- values ---------------------------------------------------------------------------------------- */

static error_t scenario_option(struct explore_options *options, const char *name)
{
    const struct scenario *scenario = scenario_find(name);
    options->scenario.name = name;
    if (scenario == NULL) {
        cli_error("explore: there is no scenario '%s' (see undis explore --help)", name);
        return EINVAL;
    }
    if (!scenario->explored) {
        cli_error("explore: scenario %s has no end that many executions could reach; it is for undis "
                  "run (see undis explore --help)",
                  name);
        return EINVAL;
    }
    return 0;
}

/* A file, or a directory for several. */
static error_t save_schedule_option(struct explore_options *options, const char *path)
{
    if (!explore_is_directory(path)) {
        return cli_option_written("explore", "save-schedule", path, &options->save_schedule);
    }
    options->save_schedule = path;
    if (access(path, W_OK) != 0) {
        cli_error("explore: --save-schedule %s: %s", path, strerror(errno));
        return EINVAL;
    }
    return 0;
}

static error_t strategy_option(struct explore_options *options, const char *name)
{
    if (!explore_strategy_find(name, &options->strategy)) {
        cli_error("explore: --strategy is dpor, source, naive, preempt, random, pct or surw, not '%s'", name);
        return EINVAL;
    }
    return 0;
}

/* ---- the parser ------------------------------------------------------------------------------------ */

static error_t parse_number(int key, const char *value, struct explore_options *options)
{
    const struct {
        int key;
        const char *name;
        uint64_t low, high;
        unsigned *small; /* where it goes: one of the three */
        int *optional;
        uint64_t *large;
    } numbers[] = {
        {KEY_PROCESSORS, "processors", 1, SETUP_PROCESSORS, &options->scenario.processors, NULL, NULL},
        {KEY_PREEMPTIONS, "preemptions", 0, MOST_OF_A_KIND, NULL, &options->preemptions, NULL},
        {KEY_TICKS, "ticks", 0, MOST_OF_A_KIND, NULL, &options->ticks, NULL},
        {KEY_FAILURES, "failures", 0, MOST_OF_A_KIND, &options->failures, NULL, NULL},
        {KEY_MIGRATIONS, "migrations", 0, MOST_OF_A_KIND, &options->migrations, NULL, NULL},
        {KEY_STEPS, "steps", 1, SEARCH_EVENTS - 1, &options->steps, NULL, NULL},
        {KEY_JOBS, "jobs", 1, MOST_JOBS, &options->jobs, NULL, NULL},
        {KEY_SPLIT, "split", 1, UNITS_MOST, &options->split, NULL, NULL},
        {KEY_SEED, "seed", 0, UINT64_MAX, NULL, NULL, &options->scenario.seed},
        {KEY_FRAMES, "frames", 1, MOST_FRAMES, NULL, NULL, &options->scenario.frames},
        {KEY_MAX_FINDINGS, "max-findings", 1, EXPLORE_FINDINGS, NULL, NULL, &options->max_findings},
        {KEY_EXECUTIONS, "executions", 1, UINT64_MAX - 1, NULL, NULL, &options->executions},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].key == key) {
            uint64_t count = 0;
            error_t error =
                cli_option_number("explore", numbers[i].name, value, numbers[i].low, numbers[i].high, &count);
            if (numbers[i].small != NULL) {
                *numbers[i].small = (unsigned)count;
            } else if (numbers[i].optional != NULL) {
                *numbers[i].optional = (int)count;
            } else {
                *numbers[i].large = count;
            }
            return error;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

static error_t parse_flag(int key, struct explore_options *options)
{
    bool *const flags[] = {
        [KEY_REQUIRE_COMPLETE - KEY_PROCESSORS] = &options->require_complete,
        [KEY_ALL_ACCESSES - KEY_PROCESSORS] = &options->all_accesses,
        [KEY_ANYWHERE - KEY_PROCESSORS] = &options->anywhere,
        [KEY_KEEP_GOING - KEY_PROCESSORS] = &options->keep_going,
        [KEY_PROGRESS - KEY_PROCESSORS] = &options->progress,
        [KEY_PRINTS - KEY_PROCESSORS] = &options->prints,
    };
    int index = key - KEY_PROCESSORS;
    if (index < 0 || (size_t)index >= sizeof(flags) / sizeof(flags[0]) || flags[index] == NULL) {
        return ARGP_ERR_UNKNOWN;
    }
    *flags[index] = true;
    return 0;
}

static error_t parse_text(int key, const char *value, struct explore_options *options)
{
    switch (key) {
    case KEY_SCENARIO:
        return scenario_option(options, value);
    case KEY_INTERRUPTS:
        return cli_option_interrupts("explore", value, &options->scenario.interrupts);
    case KEY_PCAP:
        return cli_option_readable("explore", "pcap", value, &options->scenario.pcap);
    case KEY_PCAP_OUT:
        cli_error("explore: --pcap-out: many executions have no one recording; use undis run");
        return EINVAL;
    case KEY_MEMORY:
        return cli_option_either("explore", "memory", value, "sc", "tso", &options->tso);
    case KEY_SAVE_SCHEDULE:
        return save_schedule_option(options, value);
    case KEY_UNIT:
        return cli_option_readable("explore", "unit", value, &options->unit);
    case KEY_RULE:
        return cli_option_rule_kept("explore", value, &options->rules);
    case KEY_REGISTRY:
        return cli_option_registry("explore", value, &options->registry);
    case KEY_SECONDS:
        return cli_option_seconds("explore", "seconds", value, &options->seconds);
    case KEY_WATCHDOG:
        return cli_option_seconds("explore", "watchdog", value, &options->scenario.watchdog_seconds);
    case KEY_STRATEGY:
        return strategy_option(options, value);
    default:
        return cli_option_report("explore", key, value, &options->report);
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct explore_options *options = state->input;
    bool repeats = key == KEY_RULE || key == KEY_REGISTRY;
    error_t error = repeats ? 0 : cli_option_once("explore", option_table, key, &options->seen);
    if (error != 0) {
        return error;
    }
    if (key == ARGP_KEY_ARG) {
        options->drivers[options->scenario.driver_count++] = value;
        return 0;
    }
    error = parse_flag(key, options);
    error = error == ARGP_ERR_UNKNOWN ? parse_number(key, value, options) : error;
    return error == ARGP_ERR_UNKNOWN ? parse_text(key, value, options) : error;
}

static char *describe_scenarios(int key, const char *text, void *input)
{
    (void)input;
    return key == ARGP_KEY_HELP_POST_DOC ? cli_describe_scenarios(text, true) : (char *)(uintptr_t)text;
}

static const struct argp parser = {
    option_table,
    parse,
    "DRIVER.so ... [PROGRAM.so]\n--split N DIR DRIVER.so ...\n--unit FILE [DRIVER.so ...]",
    "Runs drivers on simulated processors again and again, in every order of events that matters.\v",
    NULL,
    describe_scenarios,
    NULL,
};

/* ---- the whole --------------------------------------------------------------------------------------- */

/* With --split the first argument is the directory. */
static bool take_directory(struct explore_options *options)
{
    if (options->split == 0) {
        return true;
    }
    if (options->scenario.driver_count == 0) {
        cli_error("explore: --split: which directory?");
        return false;
    }
    options->directory = options->drivers[0];
    options->scenario.driver_count--;
    memmove(options->drivers, options->drivers + 1,
            options->scenario.driver_count * sizeof(*options->drivers));
    return true;
}

static bool check_combination(const struct explore_options *options)
{
    bool systematic = options->strategy == LOOP_DEFAULT || options->strategy == LOOP_OPTIMAL ||
                      options->strategy == LOOP_SOURCE || options->strategy == LOOP_NAIVE;
    bool parts = options->split != 0 || options->jobs > 1;
    if (options->split != 0 && (options->unit != NULL || options->jobs > 1)) {
        cli_error("explore: --split goes neither with --unit nor with --jobs");
        return false;
    }
    if (options->unit != NULL && options->jobs > 1) {
        cli_error("explore: --unit and --jobs do not go together");
        return false;
    }
    if (parts && !systematic) {
        cli_error("explore: strategy %s cannot be divided: --split and --jobs want dpor, source or naive",
                  explore_strategy_name(options->strategy));
        return false;
    }
    return true;
}

static bool check_written(const struct explore_options *options, const char *name, const char *path)
{
    return cli_spares_inputs("explore", name, path, &options->scenario) &&
           cli_spares_file("explore", name, path, "unit", options->unit);
}

bool explore_options_parse(struct explore_options *options, int argc, char **argv)
{
    *options = (struct explore_options){
        .verb = "explore",
        .scenario = {.processors = DEFAULT_PROCESSORS, .seed = 1, .frames = DEFAULT_FRAMES},
        .drivers = calloc((size_t)argc + 1, sizeof(*options->drivers)),
        .max_findings = FINDING_MAXIMUM,
        .preemptions = -1,
        .ticks = -1,
        .jobs = 1,
    };
    if (options->drivers == NULL) {
        cli_error("explore: not enough memory");
        return false;
    }
    options->scenario.drivers = options->drivers;
    if (!cli_parse(&parser, argc, argv, options) || !take_directory(options) || !check_combination(options)) {
        return false;
    }
    options->scenario.registry = options->registry.given;
    options->scenario.registry_count = options->registry.count;
    if (options->scenario.driver_count == 0 && options->unit == NULL) {
        cli_error("explore: which driver? (see undis explore --help)");
        return false;
    }
    if (options->scenario.driver_count > SETUP_DRIVERS) {
        cli_error("explore: more than %u drivers", SETUP_DRIVERS);
        return false;
    }
    if (cli_same_file(options->report.output, options->save_schedule)) {
        cli_error("explore: --output and --save-schedule name the same file");
        return false;
    }
    return check_written(options, "output", options->report.output) &&
           check_written(options, "save-schedule", options->save_schedule);
}

void explore_options_take(struct explore_options *options, const struct setup *setup)
{
    options->scenario.processors = setup->processors;
    options->scenario.seed = setup->seed;
    options->scenario.frames = setup->frames;
    options->scenario.interrupts = setup->interrupts;
    options->scenario.pcap = setup->pcap;
    options->scenario.registry = (const char *const *)setup->registry;
    options->scenario.registry_count = setup->registry_count;
    options->scenario.driver_count = setup->driver_count;
    options->scenario.drivers = (const char *const *)setup->driver_path;
    options->tso = setup->tso;
    options->all_accesses = setup->all_accesses;
    options->anywhere = setup->anywhere;
    options->ticks = (int)setup->ticks;
    options->failures = setup->failures;
    options->migrations = setup->migrations;
    options->steps = setup->steps;
}

void explore_options_free(struct explore_options *options)
{
    free(options->drivers);
    options->drivers = NULL;
}
