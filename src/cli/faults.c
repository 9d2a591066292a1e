/*
 * faults.c - `undis run --faults`: fails each fallible call of a driver, once for each call stack.
 *
 * The order of the report is that of the places' names, whichever run ends first.
 */
#include "cli/faults.h"

#include "report/fold.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct plan {
    const struct run_options *options;
    int argc;
    char **words;
    json_t *first;  /* the run without a fault */
    json_t *places; /* that have a run */
    size_t count;
    json_t **results; /* of each; NULL: it crashed, or could not be run */
    int *signals;     /* that it crashed by */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* ---- the places ------------------------------------------------------------------------------------------
 */

static const char *site_of(const json_t *place)
{
    const char *site = json_string_value(json_array_get(json_object_get(place, "stack"), 0));
    return site != NULL ? site : "";
}

static int by_name(const void *a, const void *b)
{
    const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
    int order = strcmp(text_of(one, "function"), text_of(other, "function"));
    order = order != 0 ? order : strcmp(site_of(one), site_of(other));
    json_int_t x = number_of(one, "hash"), y = number_of(other, "hash");
    return order != 0 ? order : (x > y) - (x < y);
}

/* The first run's places that were called often enough, in order, and not more than wanted. */
static json_t *choose_places(const struct run_options *options, const json_t *found)
{
    size_t count = json_array_size(found), kept = 0;
    json_t *chosen = json_array(), **list = calloc(count + 1, sizeof(json_t *));
    for (size_t i = 0; list != NULL && i < count; i++) {
        json_t *place = json_array_get(found, i);
        if ((uint64_t)number_of(place, "calls") >= options->fault.nth) {
            list[kept++] = place;
        }
    }
    if (list != NULL) {
        qsort(list, kept, sizeof(json_t *), by_name);
    }
    for (size_t i = 0; i < kept && (options->most_faults == 0 || i < options->most_faults); i++) {
        json_array_append(chosen, list[i]);
    }
    free(list);
    return chosen;
}

/* ---- running ----------------------------------------------------------------------------------------------
 */

static bool start(const struct plan *plan, struct faults_child *child, size_t number)
{
    const json_t *place = json_array_get(plan->places, number);
    struct run_fault fault = {text_of(place, "function"), (uint32_t)number_of(place, "hash"),
                              plan->options->fault.nth};
    child->number = number;
    return faults_child_start(child, plan->options, &fault);
}

/* Waits for one of them and takes its result; returns its index. */
static unsigned take_one(struct plan *plan, struct faults_child *children, unsigned running)
{
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        for (unsigned i = 0; i < running; i++) {
            if (ended > 0 && children[i].child.process == ended) {
                size_t number = children[i].number;
                plan->results[number] = faults_child_take(&children[i], status, &plan->signals[number]);
                return i;
            }
        }
        if (ended < 0 && errno != EINTR) {
            return running; /* there is none, which cannot be */
        }
    }
}

static bool run_all(struct plan *plan)
{
    unsigned jobs = plan->options->jobs, running = 0;
    struct faults_child *children = calloc(jobs, sizeof(*children));
    size_t next = 0;
    bool good = children != NULL;
    while (good && (next < plan->count || running > 0)) {
        if (running < jobs && next < plan->count) {
            good = start(plan, &children[running], next++);
            running += good;
            continue;
        }
        unsigned ended = take_one(plan, children, running);
        good = ended < running;
        running--;
        if (good) {
            children[ended] = children[running];
        }
        cli_progress("faults", next - running, plan->count);
    }
    cli_progress_end();
    free(children);
    return good;
}

/* The run without a fault; false after one line on stderr, with the exit status. */
static bool run_first(struct plan *plan, int *exit_status)
{
    struct faults_child child;
    int status = 0, signal = 0;
    *exit_status = CLI_INTERNAL;
    if (!faults_child_start(&child, plan->options, NULL)) {
        return false;
    }
    while (waitpid((pid_t)child.child.process, &status, 0) < 0 && errno == EINTR) {
    }
    plan->first = faults_child_take(&child, status, &signal);
    if (plan->first == NULL) {
        cli_error(signal != 0 ? "run: undis itself failed: the run ended by a signal (%s)"
                              : "run: the run could not be made",
                  strsignal(signal));
        return false;
    }
    if (!json_is_true(json_object_get(plan->first, "ran")) &&
        json_array_size(json_object_get(plan->first, "findings")) == 0) {
        cli_error("run: without any fault: %s", text_of(plan->first, "ended"));
        *exit_status = json_is_true(json_object_get(plan->first, "failed")) ? CLI_INTERNAL : CLI_USAGE;
        return false;
    }
    return true;
}

/* ---- the report -------------------------------------------------------------------------------------------
 */

/* The same defect: the rule, and where. */
static bool same_finding(const json_t *a, const json_t *b)
{
    if (strcmp(text_of(a, "rule"), text_of(b, "rule")) != 0) {
        return false;
    }
    const json_t *x = json_array_get(json_object_get(a, "stacks"), 0),
                 *y = json_array_get(json_object_get(b, "stacks"), 0);
    const json_t *one = json_array_get(json_object_get(x, "frames"), 0),
                 *other = json_array_get(json_object_get(y, "frames"), 0);
    if (one == NULL || other == NULL) {
        return one == other && strcmp(text_of(a, "message"), text_of(b, "message")) == 0;
    }
    return (strcmp(text_of(one, "image"), text_of(other, "image")) == 0 &&
            strcmp(text_of(one, "offset"), text_of(other, "offset")) == 0) ||
           report_is_same_place(a, b);
}

/* --faults and what belongs to it is left out of the line that does one of the runs again. */
static bool skip_word(char **words, int argc, int *i)
{
    static const char *const gone[] = {"--jobs", "--output", "--format"};
    if (strncmp(words[*i], "--faults", 8) == 0) {
        return true;
    }
    for (size_t n = 0; n < sizeof(gone) / sizeof(gone[0]); n++) {
        size_t length = strlen(gone[n]);
        if (strncmp(words[*i], gone[n], length) == 0 &&
            (words[*i][length] == '=' || words[*i][length] == 0)) {
            *i += words[*i][length] == 0 && *i + 1 < argc;
            return true;
        }
    }
    return false;
}

static json_t *replay_of(const struct plan *plan, const char *fault)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return json_null();
    }
    fputs("undis", out);
    for (int i = 0; i < plan->argc; i++) {
        if (!skip_word(plan->words, plan->argc, &i)) {
            cli_quote(out, plan->words[i]);
        }
        if (i == 0 && fault != NULL) {
            fprintf(out, " --fault %s", fault);
        }
    }
    fclose(out);
    json_t *replay = report_string(text);
    free(text);
    return replay;
}

/* Adds a run's findings to all; `fault` NULL: the run without one. */
static void add_findings(const struct plan *plan, json_t *all, const json_t *result, const char *fault)
{
    size_t index, known;
    json_t *finding, *other;
    json_array_foreach(json_object_get(result, "findings"), index, finding)
    {
        json_t *same = NULL;
        json_array_foreach(all, known, other)
        {
            same = same == NULL && same_finding(other, finding) ? other : same;
        }
        if (same == NULL) {
            same = json_copy(finding);
            json_object_set_new(same, "faults", json_array());
            json_object_set_new(same, "without_fault", json_boolean(fault == NULL));
            json_object_set_new(same, "replay", replay_of(plan, fault));
            json_array_append_new(all, same);
        }
        if (fault != NULL) {
            json_array_append_new(json_object_get(same, "faults"), json_string(fault));
        }
    }
}

static const char *why_not_run(const struct plan *plan, size_t number)
{
    return plan->signals[number] != 0 ? strsignal(plan->signals[number]) : "it could not be run";
}

/* What one run gives for the report. */
static json_t *fault_object(const struct plan *plan, size_t number, const char *name)
{
    const json_t *result = plan->results[number];
    json_t *fault = json_copy(json_array_get(plan->places, number));
    bool happened = json_is_true(json_object_get(result, "happened"));
    json_object_set_new(fault, "hash", json_sprintf("%08x", (unsigned)number_of(fault, "hash")));
    json_object_set_new(fault, "name", json_string(name));
    json_object_set_new(fault, "nth", json_integer((json_int_t)plan->options->fault.nth));
    json_object_set_new(fault, "happened", json_boolean(happened));
    json_object_set_new(fault, "ended",
                        result == NULL ? json_sprintf("undis itself failed: %s", why_not_run(plan, number))
                        : happened     ? json_string(text_of(result, "ended"))
                                       : json_string("this run did not come there"));
    json_object_set_new(fault, "findings",
                        json_integer((json_int_t)json_array_size(json_object_get(result, "findings"))));
    json_object_set_new(fault, "replay", replay_of(plan, name));
    return fault;
}

static size_t count_errors(const json_t *findings)
{
    size_t errors = 0, index;
    json_t *finding;
    json_array_foreach(findings, index, finding)
    {
        errors += strcmp(text_of(finding, "severity"), "error") == 0;
    }
    return errors;
}

/* *failed: a run could not be made. */
static json_t *make_report(const struct plan *plan, bool *failed)
{
    json_t *findings = json_array(), *faults = json_array();
    size_t found = json_array_size(json_object_get(plan->first, "places"));
    add_findings(plan, findings, plan->first, NULL);
    *failed = false;
    for (size_t i = 0; i < plan->count; i++) {
        const json_t *place = json_array_get(plan->places, i);
        char name[FAULT_NAME];
        faults_name(text_of(place, "function"), (uint32_t)number_of(place, "hash"), name);
        json_array_append_new(faults, fault_object(plan, i, name));
        if (plan->results[i] != NULL) {
            add_findings(plan, findings, plan->results[i], name);
        }
        *failed = *failed || plan->results[i] == NULL;
    }
    size_t errors = count_errors(findings);
    bool complete = found == plan->count && number_of(plan->first, "lost") == 0;
    const char *reason = json_string_value(json_object_get(plan->first, "inconclusive"));
    reason = *failed ? "a run could not be made" : reason;
    return json_pack(
        "{s:s, s:s?, s:s, s:s, s:O?, s:i, s:I, s:I, s:I, s:b, s:o, s:o}", "verdict",
        errors > 0       ? "findings"
        : reason != NULL ? "inconclusive"
                         : "clean",
        "reason", reason, "engine", "free-running", "build", "checked", "scenario",
        json_object_get(plan->first, "scenario"), "processors", (int)plan->options->scenario.processors,
        "seed", (json_int_t)plan->options->scenario.seed, "executions", (json_int_t)plan->count + 1, "places",
        (json_int_t)found, "complete", complete, "faults", faults, "findings", findings);
}

static int finish(const struct plan *plan)
{
    bool failed;
    json_t *report = make_report(plan, &failed);
    const char *verdict = text_of(report, "verdict");
    int status = strcmp(verdict, "findings") == 0                                   ? CLI_FINDINGS
                 : failed                                                           ? CLI_INTERNAL
                 : strcmp(verdict, "clean") != 0 && plan->options->require_complete ? CLI_FINDINGS
                                                                                    : CLI_CLEAN;
    if (!cli_output("run", &plan->options->report, faults_print_text, faults_print_json, report)) {
        status = CLI_USAGE;
    }
    json_decref(report);
    return status;
}

int faults_run(const struct run_options *options, int argc, char **words)
{
    struct plan plan = {.options = options, .argc = argc, .words = words};
    int status;
    if (run_first(&plan, &status)) {
        plan.places = choose_places(options, json_object_get(plan.first, "places"));
        plan.count = json_array_size(plan.places);
        plan.results = calloc(plan.count + 1, sizeof(json_t *));
        plan.signals = calloc(plan.count + 1, sizeof(int));
        status = CLI_INTERNAL;
        if (plan.results == NULL || plan.signals == NULL) {
            cli_error("run: not enough memory");
        } else if (run_all(&plan)) {
            status = finish(&plan);
        }
    }
    for (size_t i = 0; plan.results != NULL && i < plan.count; i++) {
        json_decref(plan.results[i]);
    }
    free(plan.results);
    free(plan.signals);
    json_decref(plan.places);
    json_decref(plan.first);
    return status;
}
