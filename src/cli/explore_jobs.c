/*
 * explore_jobs.c - `undis explore --jobs N`: one scenario by several processes.
 *
 * The machinery is that of --split and --unit in a temporary directory: a scout tries the search and, when it
 * is not done by then, makes units; workers take them one after the other; their results are added up.
 */
#include "cli/explore.h"

#include "engine/explore/loop_findings.h"
#include "engine/explore/machine/machine.h"
#include "host/host.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SCOUT_EXECUTIONS 4000
#define SCOUT_SECONDS 2.0
#define UNITS_PER_JOB 16
#define MOST_ROUNDS 8 /* in which new shared memory is found */
#define AFTER_ERROR_NS 2000000000u

/* In memory that all processes share. */
struct common {
    atomic_size_t next;         /* unit */
    _Atomic uint64_t error_at;  /* when a worker found the first error; 0: none did */
    volatile sig_atomic_t stop; /* all must, enum stop_reason says why */
};

enum stop_reason {
    STOP_NOT,
    STOP_AT_ONCE, /* a limit, an error, a signal */
    STOP_GREW,    /* a unit found memory to be shared: this round is for nothing */
};

struct work {
    const struct explore_options *options;
    const char *scenario;
    const char *first, *prefix; /* as for explore_part */
    char directory[4096];
    char *shared; /* what earlier rounds have learnt */
    struct common *common;
    uint64_t deadline; /* 0: none */
    size_t units;
};

/* ---- the scout --------------------------------------------------------------------------------------- */

/* Hands back its part; with "units" when the search is to go on in parts. */
static int scout(void *argument, FILE *out)
{
    static struct explore_machine machine; /* large */
    const struct work *work = argument;
    struct loop_result result;
    int status = explore_machine_open(&machine, work->options, work->scenario, work->shared);
    if (status != CLI_CLEAN) {
        return status;
    }
    struct loop_options how = explore_loop_options(&machine);
    how.executions =
        how.executions == 0 || how.executions > SCOUT_EXECUTIONS ? SCOUT_EXECUTIONS : how.executions;
    how.seconds = how.seconds <= 0 || how.seconds > SCOUT_SECONDS ? SCOUT_SECONDS : how.seconds;
    loop_run(&how, &result);
    status = explore_machine_verdict(&machine, &result);
    if (status == CLI_CLEAN) {
        bool done = result.complete || explore_stop != 0 ||
                    (loop_has_error(&result) && !work->options->keep_going) ||
                    (work->options->executions != 0 && work->options->executions <= SCOUT_EXECUTIONS);
        json_t *part = explore_part(&machine, &result, work->first, work->prefix), *units = json_array();
        if (!done && !explore_units_make(&machine, work->directory, 1,
                                         (size_t)work->options->jobs * UNITS_PER_JOB, units)) {
            status = CLI_INTERNAL;
        }
        json_object_set_new(part, "units", units);
        status = status == CLI_CLEAN && json_dumpf(part, out, JSON_COMPACT) != 0 ? CLI_INTERNAL : status;
        json_decref(part);
    }
    loop_result_free(&result);
    machine_close();
    return status;
}

/* ---- workers ----------------------------------------------------------------------------------------- */

static struct work *worker_work; /* for the hook, which has no room for it */

static bool goes_on(void *argument)
{
    const struct work *work = worker_work;
    struct explore_machine *machine = argument;
    uint64_t now = host_now_ns(), error_at = work->common->error_at;
    machine->executions++;
    if (finding_errors() > 0 && error_at == 0) {
        work->common->error_at = now;
    }
    if (explore_stop != 0 || (work->deadline != 0 && now > work->deadline) ||
        (error_at != 0 && !work->options->keep_going && now - error_at > AFTER_ERROR_NS)) {
        work->common->stop = STOP_AT_ONCE;
    }
    return true;
}

static void look_at_part(const struct work *work, const json_t *part)
{
    if (json_is_true(json_object_get(json_object_get(part, "search"), "grew")) &&
        work->common->stop == STOP_NOT) {
        work->common->stop = STOP_GREW;
    }
}

static bool run_one(struct explore_machine *machine, const struct work *work, size_t number)
{
    struct unit_file unit;
    char error[1024] = "not enough memory";
    char *path = unit_path(work->directory, number);
    bool good = path != NULL && unit_read(&unit, path, error, sizeof(error));
    if (!good) {
        cli_error("explore: %s", error);
    } else {
        struct loop_options how = explore_loop_options(machine);
        how.executions = 0;
        how.seconds = 0;
        how.keep_going = true;
        how.after = goes_on;
        how.stop = &work->common->stop;
        json_t *part = explore_unit_run(machine, &unit, path, &how);
        look_at_part(work, part);
        json_decref(part);
        unit_free(&unit);
    }
    free(path);
    return good;
}

static int worker(void *argument, FILE *out)
{
    static struct explore_machine machine; /* large */
    struct work *work = argument;
    (void)out;
    int status = explore_machine_open(&machine, work->options, work->scenario, work->shared);
    worker_work = work;
    while (status == CLI_CLEAN && work->common->stop == STOP_NOT) {
        size_t number = 1 + atomic_fetch_add(&work->common->next, 1);
        if (number > work->units) {
            break;
        }
        status = run_one(&machine, work, number) ? CLI_CLEAN : CLI_INTERNAL;
    }
    machine_close();
    return status;
}

static int run_workers(struct work *work)
{
    unsigned count = work->options->jobs < work->units ? work->options->jobs : (unsigned)work->units;
    struct cli_child *children = calloc(count, sizeof(*children));
    unsigned started = 0;
    if (children == NULL) {
        cli_error("explore: not enough memory");
        return CLI_INTERNAL;
    }
    while (started < count && cli_child_start(&children[started], "explore", worker, work)) {
        started++;
    }
    int status = started == 0 ? CLI_INTERNAL : CLI_CLEAN;
    for (unsigned i = 0; i < started; i++) {
        json_t *nothing;
        int one = explore_child_wait(&children[i], &nothing);
        json_decref(nothing);
        status = one > status ? one : status;
    }
    free(children);
    return status;
}

/* ---- schedules out of the temporary directory -------------------------------------------------------- */

static bool copy_file(const char *from, const char *to)
{
    char buffer[65536];
    FILE *in = fopen(from, "rb"), *out = in != NULL ? fopen(to, "wb") : NULL;
    size_t got;
    bool good = out != NULL;
    while (good && (got = fread(buffer, 1, sizeof(buffer), in)) > 0) {
        good = fwrite(buffer, 1, got, out) == got;
    }
    good = out != NULL && fclose(out) == 0 && good;
    if (in != NULL) {
        fclose(in);
    }
    return good;
}

/* Puts the saved schedule where the user looks for it, and says so in the finding. */
static void move_schedule(const struct work *work, json_t *finding, const char *first, size_t number)
{
    const char *from = json_string_value(json_object_get(finding, "schedule_file"));
    const char *rule = json_string_value(json_object_get(finding, "rule"));
    char *to = NULL, *command = NULL;
    if (from == NULL || strncmp(from, work->directory, strlen(work->directory)) != 0) {
        return;
    }
    if ((first != NULL ? asprintf(&to, "%s", first)
         : number == 1 ? asprintf(&to, "%s.%s.schedule", work->prefix, rule)
                       : asprintf(&to, "%s.%s-%zu.schedule", work->prefix, rule, number)) < 0) {
        return;
    }
    explore_make_parent(to);
    if (copy_file(from, to)) {
        command = explore_replay_command(work->options, to);
        json_object_set_new(finding, "schedule_file", json_string(to));
        json_object_set_new(finding, "replay", command != NULL ? json_string(command) : json_null());
    } else {
        cli_error("explore: cannot save a schedule: %s: %s", to, strerror(errno));
        json_object_set_new(finding, "schedule_file", json_null());
        json_object_set_new(finding, "replay", json_null());
    }
    free(command);
    free(to);
}

static void move_schedules(const struct work *work, json_t *findings)
{
    size_t index;
    json_t *finding;
    const char *first = work->first;
    json_array_foreach(findings, index, finding)
    {
        const char *rule = json_string_value(json_object_get(finding, "rule"));
        size_t number = 1;
        for (size_t i = 0; i < index; i++) {
            const char *other = json_string_value(json_object_get(json_array_get(findings, i), "rule"));
            number += strcmp(other, rule) == 0;
        }
        move_schedule(work, finding, first, number);
        first = NULL;
    }
}

/* ---- rounds ------------------------------------------------------------------------------------------- */

/* The sum of the units' results as one part. */
static json_t *add_up(const struct work *work, bool *grew)
{
    struct explore_options options = *work->options;
    json_t *report = explore_report_begin(&options);
    bool good = explore_merge(work->directory, report, &options);
    json_t *search = good ? json_array_get(json_object_get(report, "scenarios"), 0) : NULL;
    if (search == NULL) {
        json_decref(report);
        return NULL;
    }
    *grew = json_is_true(json_object_get(search, "grew"));
    json_t *part = json_object();
    json_object_set(part, "search", search);
    json_object_set(part, "instrumented", json_object_get(report, "instrumented"));
    json_object_set(part, "findings", json_object_get(report, "findings"));
    json_object_set(part, "findings_not_kept", json_object_get(report, "findings_not_kept"));
    json_decref(report);
    return part;
}

/* What the workers left undone has a reason of ours. */
static void explain(const struct work *work, json_t *part)
{
    json_t *search = json_object_get(part, "search");
    if (work->common->stop != STOP_AT_ONCE || json_is_true(json_object_get(search, "complete"))) {
        return;
    }
    const char *why = explore_stop != 0             ? "it was interrupted"
                      : work->common->error_at != 0 ? "it ended early, since it had found an error"
                                                    : "the limit of time was reached";
    json_object_set_new(search, "reason", json_string(why));
}

/* What the scout found at random belongs to the whole. */
static void take_over(json_t *part, const json_t *scouted)
{
    json_t *search = json_object_get(part, "search");
    const json_t *from = json_object_get(scouted, "search");
    json_object_set(search, "sampled", json_object_get(from, "sampled"));
    json_array_extend(json_object_get(part, "findings"), json_object_get(scouted, "findings"));
}

/* One round; *again: the machine was found to share more, so that another one is needed. */
static json_t *run_round(struct work *work, int *status, bool *again)
{
    struct cli_child child;
    json_t *scouted = NULL;
    bool grew = false;
    *again = false;
    *status =
        cli_child_start(&child, "explore", scout, work) ? explore_child_wait(&child, &scouted) : CLI_INTERNAL;
    const json_t *units = json_object_get(scouted, "units");
    work->units = json_array_size(units);
    if (*status != CLI_CLEAN || work->units == 0) {
        return scouted;
    }
    if (!explore_units_list(work->directory, units)) {
        *status = CLI_INTERNAL;
        json_decref(scouted);
        return NULL;
    }
    *work->common = (struct common){0};
    *status = run_workers(work);
    json_t *part = *status == CLI_CLEAN ? add_up(work, &grew) : NULL;
    if (part == NULL) {
        /* Nobody came to an end of even one unit: what the scout knows is all. */
        explain(work, scouted);
        return *status == CLI_CLEAN ? scouted : (json_decref(scouted), NULL);
    }
    *again = grew && work->common->stop != STOP_AT_ONCE;
    explain(work, part);
    take_over(part, scouted);
    json_decref(scouted);
    return part;
}

static json_t *run_rounds(struct work *work, int *status)
{
    json_t *part = NULL;
    bool again = true;
    for (unsigned round = 0; again && round < MOST_ROUNDS; round++) {
        json_decref(part);
        part = run_round(work, status, &again);
        if (again) {
            free(work->shared);
            work->shared = explore_merge_shared(work->directory, work->scenario);
        }
    }
    if (part != NULL) {
        move_schedules(work, json_object_get(part, "findings"));
    }
    return part;
}

json_t *explore_jobs(const struct explore_options *options, const char *scenario, const char *first,
                     const char *prefix, int *status)
{
    struct work work = {.options = options, .scenario = scenario, .first = first, .prefix = prefix};
    json_t *part = NULL;
    *status = CLI_INTERNAL;
    if (!cli_temporary_make("explore", "undis-jobs", work.directory, sizeof(work.directory))) {
        return NULL;
    }
    work.common = mmap(NULL, sizeof(*work.common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (work.common == MAP_FAILED) {
        cli_error("explore: not enough memory");
    } else {
        *work.common = (struct common){0};
        work.deadline = options->seconds > 0 ? host_now_ns() + (uint64_t)(options->seconds * 1e9) : 0;
        part = run_rounds(&work, status);
        munmap(work.common, sizeof(*work.common));
    }
    free(work.shared);
    cli_temporary_remove(work.directory);
    return part;
}
