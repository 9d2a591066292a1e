/*
 * explore.c - `undis explore`: drivers on the explored engine, each scenario in a process of its own.
 */
#include "cli/explore.h"

#include "host/host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_SECONDS 60.0
#define FIRST_LOOK_SECONDS 1.0 /* at each of several scenarios, before any is searched at length */

struct job {
    const struct explore_options *options;
    const char *scenario;
    const char *first;  /* file of the first schedule, or NULL */
    const char *prefix; /* of the names of the others */
    const char *shared; /* what an earlier look has learnt, or NULL */
};

static int search_scenario(void *argument, FILE *out)
{
    static struct explore_machine machine; /* large */
    const struct job *job = argument;
    struct loop_result result;
    int status = explore_machine_open(&machine, job->options, job->scenario, job->shared);
    if (status != CLI_CLEAN) {
        return status;
    }
    const struct loop_options how = explore_loop_options(&machine);
    loop_run(&how, &result);
    status = explore_machine_verdict(&machine, &result);
    if (status == CLI_CLEAN) {
        json_t *part = explore_part(&machine, &result, job->first, job->prefix);
        status = json_dumpf(part, out, JSON_COMPACT) == 0 ? CLI_CLEAN : CLI_INTERNAL;
        json_decref(part);
    }
    loop_result_free(&result);
    machine_close();
    return status;
}

/* ---- where schedules go ------------------------------------------------------------------------------ */

/* TMPDIR/undis-UID; it is made when something is saved there.  False when it is somebody else's. */
static bool private_directory(char *path, size_t size)
{
    struct stat status;
    snprintf(path, size, "%s/undis-%u", cli_temporary_parent(), (unsigned)getuid());
    return lstat(path, &status) != 0 || (S_ISDIR(status.st_mode) && status.st_uid == getuid());
}

/* What the names of schedules begin with: the directory, the driver's name, and the scenario's when there are
 * several. */
static char *name_prefix(const struct explore_options *options, const char *scenario, bool several)
{
    char directory[4096];
    const char *path = options->scenario.drivers[0];
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    char *prefix;
    if (explore_is_directory(options->save_schedule)) {
        snprintf(directory, sizeof(directory), "%s", options->save_schedule);
    } else if (!private_directory(directory, sizeof(directory))) {
        snprintf(directory, sizeof(directory), ".");
    }
    int made = several ? asprintf(&prefix, "%s/%.*s.%s", directory, length, name, scenario)
                       : asprintf(&prefix, "%s/%.*s", directory, length, name);
    return made < 0 ? NULL : prefix;
}

/* The file that the first schedule is to go to, or NULL. */
static const char *first_schedule(const struct explore_options *options)
{
    return explore_is_directory(options->save_schedule) ? NULL : options->save_schedule;
}

static json_t *run_job(const struct explore_options *options, struct job *job, int *status)
{
    struct cli_child child;
    json_t *part = NULL;
    if (options->jobs > 1) {
        return explore_jobs(options, job->scenario, job->first, job->prefix, status);
    }
    job->options = options;
    *status = cli_child_start(&child, "explore", search_scenario, job) ? explore_child_wait(&child, &part)
                                                                       : CLI_INTERNAL;
    return part;
}

/* Seconds for the next of `left` scenarios: what one leaves over is for the others. */
static double share_of(const struct explore_options *options, uint64_t begin, size_t left)
{
    double whole = options->seconds > 0 ? options->seconds : options->executions == 0 ? DEFAULT_SECONDS : 0;
    double rest = whole - (double)(host_now_ns() - begin) / 1e9;
    return whole <= 0 ? 0 : rest > 0.1 ? rest / (double)left : 0.1;
}

/* ---- several scenarios -------------------------------------------------------------------------------- */

struct tour {
    const struct explore_options *options;
    const char **names;
    size_t count;
    json_t **parts; /* of each scenario: what is known so far */
    uint64_t begin;
};

static bool any_finding(const struct tour *tour, bool (*is)(const json_t *finding))
{
    for (size_t i = 0; i < tour->count; i++) {
        size_t index;
        json_t *finding;
        json_array_foreach(json_object_get(tour->parts[i], "findings"), index, finding)
        {
            if (is(finding)) {
                return true;
            }
        }
    }
    return false;
}

static bool has_schedule(const json_t *finding)
{
    return json_is_string(json_object_get(finding, "schedule_file"));
}

static bool is_error(const json_t *finding)
{
    return strcmp(json_string_value(json_object_get(finding, "severity")), "error") == 0;
}

static bool is_complete(const json_t *part)
{
    return json_is_true(json_object_get(json_object_get(part, "search"), "complete"));
}

/* Searches scenario `i` for so many seconds, and takes what an earlier look has found over. */
static int visit(struct tour *tour, size_t i, double seconds, unsigned jobs)
{
    struct explore_options own = *tour->options;
    char *prefix = name_prefix(&own, tour->names[i], tour->count > 1);
    json_t *before = tour->parts[i];
    struct job job = {.scenario = tour->names[i],
                      .first = any_finding(tour, has_schedule) ? NULL : first_schedule(&own),
                      .prefix = prefix != NULL ? prefix : tour->names[i],
                      .shared = json_string_value(json_object_get(before, "shared"))};
    int status;
    own.seconds = seconds;
    own.jobs = jobs;
    json_t *part = run_job(&own, &job, &status);
    free(prefix);
    if (part == NULL) {
        if (status == CLI_CLEAN) {
            cli_error("explore: undis itself failed: a search ended without a result");
        }
        return status == CLI_CLEAN ? CLI_INTERNAL : status;
    }
    json_array_extend(json_object_get(part, "findings"), json_object_get(before, "findings"));
    json_decref(before);
    tour->parts[i] = part;
    return status;
}

/* A defect in the last of several scenarios is not to wait until the first ones are searched to their ends.
 */
static int look_first(struct tour *tour)
{
    const struct explore_options *options = tour->options;
    int status = CLI_CLEAN;
    bool wanted = tour->count > 1 && options->strategy == LOOP_DEFAULT;
    for (size_t i = 0; wanted && i < tour->count && status == CLI_CLEAN; i++) {
        double share = share_of(options, tour->begin, tour->count - i);
        status = visit(tour, i, share > 0 && share < FIRST_LOOK_SECONDS ? share : FIRST_LOOK_SECONDS, 1);
    }
    return status;
}

static int search_all(struct tour *tour)
{
    const struct explore_options *options = tour->options;
    int status = look_first(tour);
    size_t left = 0;
    for (size_t i = 0; i < tour->count; i++) {
        left += !is_complete(tour->parts[i]);
    }
    for (size_t i = 0; i < tour->count && status == CLI_CLEAN && explore_stop == 0; i++) {
        if (is_complete(tour->parts[i]) ||
            (tour->parts[i] != NULL && !options->keep_going && any_finding(tour, is_error))) {
            continue;
        }
        status = visit(tour, i, share_of(options, tour->begin, left), options->jobs);
        left--;
    }
    return status;
}

static int explore(const struct explore_options *options, const char **names, size_t count)
{
    struct tour tour = {.options = options,
                        .names = names,
                        .count = count,
                        .parts = calloc(count, sizeof(*tour.parts)),
                        .begin = host_now_ns()};
    if (tour.parts == NULL) {
        cli_error("explore: not enough memory");
        return CLI_INTERNAL;
    }
    json_t *report = explore_report_begin(options);
    int status = search_all(&tour);
    for (size_t i = 0; i < count; i++) {
        if (tour.parts[i] != NULL) {
            explore_report_add(report, tour.parts[i], options->max_findings);
        }
    }
    status = status == CLI_CLEAN ? explore_report_end(report, options) : status;
    json_decref(report);
    free(tour.parts);
    return status;
}

const char **explore_scenarios(const struct explore_options *options, size_t *count, int *status)
{
    const char **names = calloc(scenario_count + 1, sizeof(*names));
    char error[8192];
    if (names == NULL) {
        cli_error("explore: not enough memory");
        *status = CLI_INTERNAL;
        return NULL;
    }
    *count = 1;
    names[0] = options->scenario.name;
    if (names[0] == NULL) {
        *count = scenario_choose(&options->scenario, names, error, sizeof(error));
    }
    if (*count == 0) {
        *status = cli_error("%s", error);
        free(names);
        return NULL;
    }
    return names;
}

static int choose_and_explore(const struct explore_options *options)
{
    size_t count;
    int status;
    const char **names = explore_scenarios(options, &count, &status);
    if (names != NULL) {
        status = explore(options, names, count);
        free(names);
    }
    return status;
}

int cli_explore(int argc, char **argv)
{
    struct explore_options options;
    int status = CLI_USAGE;
    if (explore_options_parse(&options, argc, argv)) {
        explore_catch_signals();
        status = options.unit != NULL ? explore_unit(&options)
                 : options.split != 0 ? explore_split(&options)
                                      : choose_and_explore(&options);
    }
    explore_options_free(&options);
    return status;
}
