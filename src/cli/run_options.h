/*
 * run_options.h - the options of `undis run`.
 */
#ifndef UNDIS_CLI_RUN_OPTIONS_H
#define UNDIS_CLI_RUN_OPTIONS_H

#include "cli/cli.h"

#include "scenario/scenario.h"

/* A call that is to fail (scenario/faults.h). */
struct run_fault {
    const char *function;
    uint32_t hash;
    uint32_t nth;
};

struct run_options {
    struct scenario_options scenario;
    const char **drivers;
    uint64_t max_findings;
    struct cli_report report;
    bool free, require_complete;
    bool faults;            /* fail every call that can fail, one run each */
    uint64_t most_faults;   /* 0: all */
    struct run_fault fault; /* without a function: none */
    char *fault_text;
    unsigned jobs; /* processes for --faults */
    struct cli_registry registry;
    uint32_t seen; /* options (cli_option_once) */
};

/*
 * Parses the command line into *options, beginning with the defaults; argv is permuted.  False after one line
 * on stderr.  run_options_free in either case.
 */
bool run_options_parse(struct run_options *options, int argc, char **argv);
void run_options_free(struct run_options *options);

#endif
