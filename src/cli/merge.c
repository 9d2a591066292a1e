/*
 * merge.c - `undis merge`: the results of `undis explore --split` and `--unit` as one report.
 */
#include "cli/explore.h"

#include <errno.h>

enum { KEY_MAX_FINDINGS = 256, KEY_REQUIRE_COMPLETE };

static const struct argp_option option_table[] = {
    CLI_OPTIONS_REPORT,
    {"max-findings", KEY_MAX_FINDINGS, "N", 0, "Keeps the first N findings (256)", 0},
    {"require-complete", KEY_REQUIRE_COMPLETE, NULL, 0, "Exits with 1 when something is missing", 0},
    CLI_OPTION_HELP,
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct explore_options *options = state->input;
    switch (key) {
    case KEY_MAX_FINDINGS:
        return cli_option_number("merge", "max-findings", value, 1, EXPLORE_FINDINGS, &options->max_findings);
    case KEY_REQUIRE_COMPLETE:
        options->require_complete = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->directory != NULL) {
            cli_error("merge: one directory at a time");
            return EINVAL;
        }
        options->directory = value;
        return 0;
    default:
        return cli_option_report("merge", key, value, &options->report);
    }
}

static const struct argp parser = {
    .options = option_table,
    .parser = parse,
    .args_doc = "DIR",
    .doc = "Adds up the results of the units in a directory.",
};

int cli_merge(int argc, char **argv)
{
    struct explore_options options = {.verb = "merge", .max_findings = FINDING_MAXIMUM, .preemptions = -1};
    if (!cli_parse(&parser, argc, argv, &options)) {
        return CLI_USAGE;
    }
    if (options.directory == NULL) {
        return cli_error("merge: which directory? (see undis merge --help)");
    }
    json_t *report = explore_report_begin(&options);
    int status =
        explore_merge(options.directory, report, &options) ? explore_report_end(report, &options) : CLI_USAGE;
    json_decref(report);
    return status;
}
