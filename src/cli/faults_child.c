/*
 * faults_child.c - one run of `undis run --faults`, in a process of its own.
 */
#include "cli/faults.h"

#include "ke/bugcheck.h"
#include "report/bugcheck.h"
#include "report/finding.h"
#include "report/report.h"
#include "report/symbolise.h"
#include "scenario/faults.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void faults_name(const char *function, uint32_t hash, char text[FAULT_NAME])
{
    snprintf(text, FAULT_NAME, "%s@%08x", function, (unsigned)hash);
}

/* The message begins with the path of the driver, which the reader knows. */
static const char *without_path(const struct run_options *options, const char *error)
{
    for (unsigned i = 0; i < options->scenario.driver_count; i++) {
        size_t length = strlen(options->drivers[i]);
        if (strncmp(error, options->drivers[i], length) == 0 && strncmp(error + length, ": ", 2) == 0) {
            return error + length + 2;
        }
    }
    return error;
}

static json_t *how_it_ended(const struct run_options *options, const struct scenario_result *result)
{
    if (result->stopped && ke_bugcheck_data.processor < 0) {
        return report_string("stopped, for nothing went on any more");
    }
    if (result->stopped) {
        return json_sprintf("bug check 0x%X %s", (unsigned)ke_bugcheck_data.code,
                            bugcheck_name(ke_bugcheck_data.code));
    }
    return report_string(result->ran ? "went on" : without_path(options, result->error));
}

static json_t *frame_text(const struct symbol *symbol)
{
    const char *slash = strrchr(symbol->file, '/');
    if (symbol->file[0] == '\0') {
        return json_sprintf("%s+0x%llx", symbol->image, (unsigned long long)symbol->offset);
    }
    return json_sprintf("%s (%s:%d)", symbol->function, slash != NULL ? slash + 1 : symbol->file,
                        symbol->line);
}

static json_t *stack_object(const struct stack_trace *trace)
{
    json_t *stack = json_array();
    for (unsigned i = 0; i < trace->depth; i++) {
        struct symbol symbols[SYMBOLS_MAXIMUM];
        unsigned count = symbolise(trace->pc[i], symbols);
        for (unsigned n = 0; n < count; n++) {
            json_array_append_new(stack, frame_text(&symbols[n]));
        }
    }
    return stack;
}

static json_t *places(void)
{
    json_t *array = json_array();
    for (size_t i = 0; i < faults_count(); i++) {
        const struct fault_place *place = faults_at(i);
        json_array_append_new(array, json_pack("{s:s, s:I, s:I, s:o}", "function", place->function, "hash",
                                               (json_int_t)place->hash, "calls", (json_int_t)place->calls,
                                               "stack", stack_object(&place->trace)));
    }
    return array;
}

static json_t *object_of(const struct run_options *options, const struct scenario_result *result,
                         bool with_places)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < finding_count(); i++) {
        json_array_append_new(findings, report_finding(finding_at(i), NULL));
    }
    json_t *object =
        json_pack("{s:b, s:b, s:b, s:o, s:s?, s:s?, s:o}", "ran", result->ran, "happened", faults_happened(),
                  "failed", result->failed, "ended", how_it_ended(options, result), "scenario",
                  result->scenario, "inconclusive", result->inconclusive, "findings", findings);
    if (with_places) {
        json_object_set_new(object, "places", places());
        json_object_set_new(object, "lost", json_integer((json_int_t)faults_lost()));
    }
    return object;
}

/* The same driver complains of the same things in each run: one is enough. */
static void be_silent(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
}

struct job {
    const struct run_options *options;
    const struct run_fault *fault; /* NULL: none */
};

static int run_job(void *argument, FILE *out)
{
    static struct scenario_result result; /* large */
    const struct job *job = argument;
    const struct run_options *options = job->options;
    const struct run_fault *fault = job->fault;
    if (fault != NULL) {
        be_silent();
    }
    bool can = fault != NULL ? faults_choose(fault->function, fault->hash, fault->nth) : faults_watch();
    if (!can) {
        return CLI_INTERNAL;
    }
    scenario_run(&options->scenario, &result);
    finding_wait(EVIDENCE_LIMIT_NS);
    json_t *object = object_of(options, &result, fault == NULL);
    symbolise_end();
    return json_dumpf(object, out, JSON_COMPACT) == 0 ? CLI_CLEAN : CLI_INTERNAL;
}

bool faults_child_start(struct faults_child *started, const struct run_options *options,
                        const struct run_fault *fault)
{
    struct job job = {options, fault};
    return cli_child_start(&started->child, "run", run_job, &job);
}

json_t *faults_child_take(struct faults_child *ended, int status, int *signal)
{
    json_t *object = NULL;
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    lseek(ended->child.channel, 0, SEEK_SET);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CLI_CLEAN) {
        object = json_loadfd(ended->child.channel, 0, NULL);
    }
    close(ended->child.channel);
    return object;
}
