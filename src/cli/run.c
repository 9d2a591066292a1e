/*
 * run.c - `undis run`: drivers on the free-running engine.
 *
 * The checked command hands over to `undis-free` beside it when --free is given; both are built from
 * this file.
 */
#include "cli/faults.h"
#include "cli/run_options.h"

#include "ke/bugcheck.h"
#include "report/bugcheck.h"
#include "report/finding.h"
#include "report/report.h"
#include "scenario/faults.h"

#include <undis/undis.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The command line that does the same again, quoted for a shell. */
static char *replay_command(int argc, char **argv)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    fputs("undis", out);
    for (int i = 0; i < argc; i++) {
        cli_quote(out, argv[i]);
    }
    fclose(out);
    return text;
}

static bool print_json(FILE *out, const void *report)
{
    return report_json(out, report);
}

static bool print_text(FILE *out, const void *report)
{
    return report_text(out, report);
}

/* A stopped run proves nothing, even when no finding says why (the free build makes none). */
static const char *why_inconclusive(const struct scenario_result *result)
{
    static char text[64];
    if (finding_errors() > 0) {
        return result->inconclusive;
    }
    if (result->defect) {
        return "the driver did not live its scenario to the end";
    }
    if (!result->stopped) {
        return result->inconclusive;
    }
    snprintf(text, sizeof(text), "it was 0x%X %s", (unsigned)ke_bugcheck_data.code,
             bugcheck_name(ke_bugcheck_data.code));
    return text;
}

static int finish(const struct run_options *options, const struct scenario_result *result, const char *replay)
{
    struct run_report report = {
        .engine = "free-running",
        .scenario = result->scenario,
        .processors = options->scenario.processors,
        .seed = options->scenario.seed,
        .executions = 1,
        .checked = undis_is_checked(),
        .stopped = result->stopped,
        .inconclusive = why_inconclusive(result),
        .frames_sent = result->frames_sent,
        .frames_received = result->frames_received,
        .frames_dropped = result->frames_dropped,
        .seconds = result->seconds,
        .traffic_seconds = result->traffic_seconds,
        .replay = replay,
    };
    if (!cli_output("run", &options->report, print_text, print_json, &report)) {
        return CLI_USAGE;
    }
    enum verdict verdict = report_verdict(&report);
    if (verdict == VERDICT_FINDINGS || result->stopped || result->defect) {
        return CLI_FINDINGS;
    }
    return verdict == VERDICT_INCONCLUSIVE && options->require_complete ? CLI_FINDINGS : CLI_CLEAN;
}

/* A driver that was refused something may give up; what it leaves behind then is what counts. */
static void judge_fault(struct scenario_result *result)
{
    if (!faults_happened()) {
        result->inconclusive = "the run did not come to the call that was to fail";
    } else if (!result->ran && !result->failed && !result->defect) {
        fprintf(stderr, "undis: with the fault: %s\n", result->error);
        result->ran = true;
    }
}

static int run(struct run_options *options, int argc, char **argv)
{
    if (isatty(STDERR_FILENO)) {
        options->scenario.progress = cli_progress;
    }
    struct scenario_result result;
    const struct run_fault *fault = &options->fault;
    if (fault->function != NULL && !faults_choose(fault->function, fault->hash, fault->nth)) {
        return cli_error("run: --fault: this build makes no call fail");
    }
    scenario_run(&options->scenario, &result);
    cli_progress_end();
    finding_wait(EVIDENCE_LIMIT_NS);
    if (fault->function != NULL && !result.stopped) {
        judge_fault(&result);
    }
    if (!result.ran) {
        cli_error("%s", result.error);
        if (result.failed) {
            return CLI_INTERNAL;
        }
        if (finding_errors() == 0 && !result.defect) {
            return CLI_USAGE;
        }
    }
    char *replay = replay_command(argc, argv);
    int status = finish(options, &result, replay);
    free(replay);
    return status;
}

/* Becomes `undis-free` with the same arguments; returns only when that fails. */
static int run_free(int argc, char **argv)
{
    char path[4096];
    if (!cli_find_beside("undis-free", "libexec/undis/undis-free", path, sizeof(path))) {
        return cli_error("run: --free: undis-free is not installed beside undis");
    }
    char **arguments = calloc((size_t)argc + 2, sizeof(*arguments));
    if (arguments == NULL) {
        return cli_error("run: not enough memory");
    }
    arguments[0] = path;
    memcpy(arguments + 1, argv, (size_t)argc * sizeof(*argv));
    execv(path, arguments);
    return cli_error("run: --free: %s: %s", path, strerror(errno));
}

int cli_run(int argc, char **argv)
{
    /* argp permutes argv, and reports want the words as they were given. */
    char **words = calloc((size_t)argc + 1, sizeof(*words));
    if (words == NULL) {
        cli_error("run: not enough memory");
        return CLI_INTERNAL;
    }
    memcpy(words, argv, (size_t)argc * sizeof(*argv));
    struct run_options options;
    int status = CLI_USAGE;
    if (run_options_parse(&options, argc, argv)) {
        if (options.free && undis_is_checked()) {
            status = run_free(argc, words);
        } else {
            finding_limit(options.max_findings);
            status = options.faults ? faults_run(&options, argc, words) : run(&options, argc, words);
        }
    }
    run_options_free(&options);
    free(words);
    return status;
}
