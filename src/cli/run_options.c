/*
 * run_options.c - parses the options of `undis run`, each strictly and with its own complaint.
 */
#include "cli/run_options.h"

#include "report/finding.h"

#include <errno.h>
#include <stdlib.h>

#define DEFAULT_FRAMES 10000

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
    KEY_TIMEOUT
};

static const struct argp_option option_table[] = {
    {"processors", KEY_PROCESSORS, "N", 0, "Simulated processors, 1 to 64 (4)", 0},
    {"scenario", KEY_SCENARIO, "NAME", 0, "What the drivers are put through (what fits them); see below", 0},
    {"seed", KEY_SEED, "N", 0, "Seed of the free choices that NDIS has (1)", 0},
    {"frames", KEY_FRAMES, "N", 0, "Frames to pass each way (10000)", 0},
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
    CLI_OPTION_HELP,
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
    error_t error = key != KEY_RULE ? cli_option_once("run", option_table, key, &options->seen) : 0;
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

bool run_options_parse(struct run_options *options, int argc, char **argv)
{
    *options = (struct run_options){
        .scenario = {.processors = 4, .seed = 1, .frames = DEFAULT_FRAMES},
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
    options->drivers = NULL;
}
