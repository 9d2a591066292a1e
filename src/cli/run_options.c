/*
 * run_options.c - parses the options of `undis run`, each strictly and with its own complaint.
 */
#include "cli/run_options.h"

#include "report/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_FRAMES 10000
#define FAULT_FRAMES 200 /* of each of many runs */
#define MOST_JOBS 256

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
    KEY_FREE,
    KEY_REQUIRE_COMPLETE,
    KEY_WATCHDOG,
    KEY_TIMEOUT,
    KEY_FAULTS,
    KEY_FAULT,
    KEY_NTH,
    KEY_JOBS,
    KEY_REGISTRY
};

static const struct argp_option option_table[] = {
    {"processors", KEY_PROCESSORS, "N", 0, "Simulated processors, 1 to 64 (4)", 0},
    {"scenario", KEY_SCENARIO, "NAME", 0, "What the drivers are put through (what fits them); see below", 0},
    {"seed", KEY_SEED, "N", 0, "Seed of the free choices that NDIS has (1)", 0},
    {"frames", KEY_FRAMES, "N", 0, "Frames to pass each way (10000; with --faults 200)", 0},
    {"interrupts", KEY_INTERRUPTS, "KIND", 0, CLI_HELP_INTERRUPTS, 0},
    {"pcap", KEY_PCAP, "FILE", 0, "Capture whose frames are passed (built-in ones)", 0},
    {"pcap-out", KEY_PCAP_OUT, "FILE", 0, "Record what went over the wire", 0},
    CLI_OPTIONS_REPORT,
    {"rule", KEY_RULE, "NAME=LEVEL", 0, "Makes a rule an error, a warning or off; may be repeated", 0},
    {"max-findings", KEY_MAX_FINDINGS, "N", 0, "Keeps the first N findings, 1 to 256 (256)", 0},
    {"free", KEY_FREE, NULL, 0, "Runs on the free build: fast, no rules checked", 0},
    {"require-complete", KEY_REQUIRE_COMPLETE, NULL, 0, "An inconclusive run exits with 1", 0},
    {"watchdog", KEY_WATCHDOG, "SECONDS", 0, "Longest stay at DISPATCH_LEVEL or above (5)", 0},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Longest run", 0},
    {"faults", KEY_FAULTS, "N", OPTION_ARG_OPTIONAL,
     "Fails each call that can fail, once for each call stack, a run each; at most N runs (all)", 0},
    {"fault", KEY_FAULT, "FUNCTION@HASH", 0, "Fails that one call, as --faults has named it", 0},
    {"nth", KEY_NTH, "N", 0, "Which call of those through one stack fails (1)", 0},
    {"jobs", KEY_JOBS, "N", 0, "Processes that --faults runs at a time (as many as cores)", 0},
    CLI_OPTION_HELP,
    {"registry", KEY_REGISTRY, "KEY=VALUE", 0, CLI_HELP_REGISTRY, 0},
    {0},
};

static error_t number(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    return cli_option_number("run", option, text, low, high, value);
}

static error_t seconds(const char *option, const char *text, double *value)
{
    return cli_option_seconds("run", option, text, value);
}

/* FUNCTION@HASH */
static error_t parse_fault(const char *text, struct run_options *options)
{
    const char *at = strchr(text, '@');
    char *end = NULL;
    errno = 0;
    unsigned long hash = at != NULL ? strtoul(at + 1, &end, 16) : 0;
    if (at == NULL || at == text || strlen(at + 1) != 8 || strspn(at + 1, "0123456789abcdef") != 8 ||
        errno != 0) {
        cli_error("run: --fault wants FUNCTION@HASH, as --faults prints it, not '%s'", text);
        return EINVAL;
    }
    options->fault_text = strndup(text, (size_t)(at - text));
    options->fault.function = options->fault_text;
    options->fault.hash = (uint32_t)hash;
    return options->fault_text != NULL ? 0 : ENOMEM;
}

static error_t parse_faults(int key, const char *value, struct run_options *options)
{
    uint64_t count = 1;
    error_t error = 0;
    switch (key) {
    case KEY_FAULTS:
        options->faults = true;
        return value == NULL ? 0 : number("faults", value, 1, 1000000, &options->most_faults);
    case KEY_FAULT:
        return parse_fault(value, options);
    case KEY_NTH:
        error = number("nth", value, 1, UINT32_MAX, &count);
        options->fault.nth = (uint32_t)count;
        return error;
    default:
        error = number("jobs", value, 1, MOST_JOBS, &count);
        options->jobs = (unsigned)count;
        return error;
    }
}

static error_t parse_text(int key, char *value, struct run_options *options)
{
    switch (key) {
    case KEY_SCENARIO:
        options->scenario.name = value;
        if (scenario_find(value) == NULL) {
            cli_error("run: there is no scenario '%s' (see undis run --help)", value);
            return EINVAL;
        }
        return 0;
    case KEY_INTERRUPTS:
        return cli_option_interrupts("run", value, &options->scenario.interrupts);
    case KEY_PCAP:
        return cli_option_readable("run", "pcap", value, &options->scenario.pcap);
    case KEY_PCAP_OUT:
        return cli_option_written("run", "pcap-out", value, &options->scenario.pcap_out);
    case KEY_RULE:
        return cli_option_rule("run", value);
    case KEY_REGISTRY:
        return cli_option_registry("run", value, &options->registry);
    case KEY_FREE:
        options->free = true;
        return 0;
    case KEY_REQUIRE_COMPLETE:
        options->require_complete = true;
        return 0;
    default:
        return cli_option_report("run", key, value, &options->report);
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct run_options *options = state->input;
    uint64_t count;
    bool repeats = key == KEY_RULE || key == KEY_REGISTRY;
    error_t error = repeats ? 0 : cli_option_once("run", option_table, key, &options->seen);
    if (error != 0) {
        return error;
    }
    switch (key) {
    case KEY_PROCESSORS:
        error = number("processors", value, 1, 64, &count);
        options->scenario.processors = error == 0 ? (unsigned)count : 0;
        return error;
    case KEY_SEED:
        return number("seed", value, 0, UINT64_MAX, &options->scenario.seed);
    case KEY_FRAMES:
        return number("frames", value, 1, 1000000000000, &options->scenario.frames);
    case KEY_MAX_FINDINGS:
        return number("max-findings", value, 1, FINDING_MAXIMUM, &options->max_findings);
    case KEY_WATCHDOG:
        return seconds("watchdog", value, &options->scenario.watchdog_seconds);
    case KEY_TIMEOUT:
        return seconds("timeout", value, &options->scenario.timeout_seconds);
    case KEY_FAULTS:
    case KEY_FAULT:
    case KEY_NTH:
    case KEY_JOBS:
        return parse_faults(key, value, options);
    case ARGP_KEY_ARG:
        options->drivers[options->scenario.driver_count++] = value;
        return 0;
    default:
        return parse_text(key, value, options);
    }
}

static char *describe_scenarios(int key, const char *text, void *input)
{
    (void)input;
    return key == ARGP_KEY_HELP_POST_DOC ? cli_describe_scenarios(text, false) : (char *)(uintptr_t)text;
}

static const struct argp parser = {
    option_table,
    parse,
    "DRIVER.so ...",
    "Loads drivers, lowest first, and runs them on simulated processors; real threads, real time.\v",
    NULL,
    describe_scenarios,
    NULL,
};

/* What --faults and --fault go together with; fills in their defaults. */
static bool settle_faults(struct run_options *options)
{
    bool any = options->faults || options->fault.function != NULL;
    if (options->faults && options->fault.function != NULL) {
        cli_error("run: --faults and --fault: one of them");
        return false;
    }
    if (any && options->free) {
        cli_error("run: --free makes no call fail: leave out --fault%s", options->faults ? "s" : "");
        return false;
    }
    if (options->faults && options->scenario.pcap_out != NULL) {
        cli_error("run: --faults makes many runs: --pcap-out is for one");
        return false;
    }
    if ((options->fault.nth != 0 && !any) || (options->jobs != 0 && !options->faults)) {
        cli_error("run: --%s is for --faults", options->jobs != 0 ? "jobs" : "nth");
        return false;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options->jobs = options->jobs != 0                ? options->jobs
                    : cores > 0 && cores <= MOST_JOBS ? (unsigned)cores
                                                      : 1;
    options->fault.nth = options->fault.nth != 0 ? options->fault.nth : 1;
    if (options->scenario.frames == 0) {
        options->scenario.frames = any ? FAULT_FRAMES : DEFAULT_FRAMES;
    }
    return true;
}

bool run_options_parse(struct run_options *options, int argc, char **argv)
{
    *options = (struct run_options){
        .scenario = {.processors = 4, .seed = 1},
        .drivers = calloc((size_t)argc + 1, sizeof(*options->drivers)),
        .max_findings = FINDING_MAXIMUM,
    };
    if (options->drivers == NULL) {
        cli_error("run: not enough memory");
        return false;
    }
    options->scenario.drivers = options->drivers;
    if (!cli_parse(&parser, argc, argv, options)) {
        return false;
    }
    if (options->scenario.driver_count == 0) {
        cli_error("run: which driver? (see undis run --help)");
        return false;
    }
    options->scenario.registry = options->registry.given;
    options->scenario.registry_count = options->registry.count;
    if (!settle_faults(options)) {
        return false;
    }
    if (cli_same_file(options->report.output, options->scenario.pcap_out)) {
        cli_error("run: --output and --pcap-out name the same file");
        return false;
    }
    return cli_spares_inputs("run", "output", options->report.output, &options->scenario) &&
           cli_spares_inputs("run", "pcap-out", options->scenario.pcap_out, &options->scenario);
}

void run_options_free(struct run_options *options)
{
    free(options->drivers);
    free(options->fault_text);
    options->fault_text = NULL;
    options->drivers = NULL;
}
