/*
 * explore_split.c - `undis explore --split`: makes units of a search.
 */
#include "cli/explore.h"

#include "engine/explore/machine/machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEEPEST 200 /* steps of a prefix */
/* Before it is split, the search is tried, so that what is shared is known. */
#define TRIAL_EXECUTIONS 4000
#define TRIAL_SECONDS 5.0

/* ---- prefixes -------------------------------------------------------------------------------------- */

struct prefixes {
    char **text;
    size_t count, room;
    bool failed;
};

static void forget(struct prefixes *prefixes)
{
    for (size_t i = 0; i < prefixes->count; i++) {
        free(prefixes->text[i]);
    }
    prefixes->count = 0;
}

static void note(const char *unit, void *argument)
{
    struct prefixes *prefixes = argument;
    if (prefixes->count == prefixes->room) {
        size_t room = prefixes->room == 0 ? 64 : 2 * prefixes->room;
        char **larger = realloc(prefixes->text, room * sizeof(*larger));
        if (larger == NULL) {
            prefixes->failed = true;
            return;
        }
        prefixes->text = larger;
        prefixes->room = room;
    }
    prefixes->text[prefixes->count] = strdup(unit);
    prefixes->failed = prefixes->failed || prefixes->text[prefixes->count] == NULL;
    prefixes->count += prefixes->text[prefixes->count] != NULL;
}

/* All prefixes of that many steps; again when the machine learnt of shared memory meanwhile. */
static void expand(unsigned depth, int preemptions, struct prefixes *prefixes)
{
    const struct search_options options = {
        .strategy = SEARCH_SOURCE, .preemption_bound = preemptions, .peek = machine_peek};
    bool grew = true;
    while (grew && !prefixes->failed) {
        struct search *search = search_create(&options);
        forget(prefixes);
        grew = false;
        if (search == NULL) {
            prefixes->failed = true;
            return;
        }
        search_split(search, depth, note, prefixes);
        do {
            machine_execute(search, NULL, NULL);
            grew = machine_grew();
        } while (!grew && !prefixes->failed && explore_stop == 0 && search_next(search));
        search_destroy(search);
    }
}

/* ---- files ----------------------------------------------------------------------------------------- */

static bool write_unit(struct explore_machine *machine, const char *directory, size_t number, char *shared,
                       char *prefix, json_t *units)
{
    const struct explore_options *options = machine->options;
    struct unit_file unit = {
        .setup = machine->setup, .preemptions = options->preemptions, .shared = shared, .prefix = prefix};
    char error[1024] = "not enough memory";
    char *path = unit_path(directory, number);
    snprintf(unit.strategy, sizeof(unit.strategy), "%s",
             explore_strategy_name(options->strategy == LOOP_DEFAULT ? LOOP_OPTIMAL : options->strategy));
    bool good = path != NULL && unit_write(&unit, path, error, sizeof(error));
    free(path);
    if (!good) {
        cli_error("%s: cannot write a unit: %s", options->verb, error);
        return false;
    }
    json_array_append_new(units, json_sprintf("0x%016" PRIx64, unit.checksum));
    return true;
}

bool explore_units_make(struct explore_machine *machine, const char *directory, size_t first, size_t wanted,
                        json_t *units)
{
    struct prefixes prefixes = {0};
    unsigned depth = 0;
    size_t same = 0, before = 0;
    /* Deeper and deeper, until there are enough, or until going deeper does not help. */
    while (prefixes.count < wanted && depth < DEEPEST && same < DEEPEST / 4 && !prefixes.failed) {
        before = prefixes.count;
        expand(++depth, machine->options->preemptions, &prefixes);
        same = prefixes.count == before ? same + 1 : 0;
    }
    char *shared = loop_shared_text();
    bool good = !prefixes.failed && shared != NULL;
    if (!good) {
        cli_error("%s: not enough memory", machine->options->verb);
    }
    for (size_t i = 0; good && i < prefixes.count; i++) {
        good = write_unit(machine, directory, first + i, shared, prefixes.text[i], units);
    }
    if (good && prefixes.count == 0) {
        good = write_unit(machine, directory, first, shared, NULL, units);
    }
    forget(&prefixes);
    free(prefixes.text);
    free(shared);
    return good;
}

bool explore_units_list(const char *directory, const json_t *units)
{
    struct split_file split = {.units = calloc(json_array_size(units) + 1, sizeof(*split.units))};
    char error[1024] = "not enough memory";
    char *path = split_path(directory);
    size_t index;
    json_t *unit;
    json_array_foreach(units, index, unit)
    {
        if (split.units != NULL) {
            split.units[split.count++] = strtoull(json_string_value(unit), NULL, 16);
        }
    }
    bool good = path != NULL && split.units != NULL && split_write(&split, path, error, sizeof(error));
    if (!good) {
        cli_error("explore: cannot write the list of units: %s", error);
    }
    free(path);
    split_free(&split);
    return good;
}

/* ---- the verb's option ------------------------------------------------------------------------------- */

struct job {
    const struct explore_options *options;
    const char *scenario;
    size_t first, wanted;
};

static int split_scenario(void *argument, FILE *out)
{
    static struct explore_machine machine; /* large */
    const struct job *job = argument;
    struct loop_result result;
    char *shared = explore_merge_shared(job->options->directory, job->scenario);
    int status = explore_machine_open(&machine, job->options, job->scenario, shared);
    free(shared);
    if (status != CLI_CLEAN) {
        return status;
    }
    struct loop_options trial = explore_loop_options(&machine);
    trial.strategy = LOOP_DEFAULT;
    trial.executions = TRIAL_EXECUTIONS;
    trial.seconds = TRIAL_SECONDS;
    trial.max_findings = 0;
    loop_run(&trial, &result);
    status = explore_machine_verdict(&machine, &result);
    loop_result_free(&result);
    json_t *units = json_array();
    if (status == CLI_CLEAN) {
        status = explore_units_make(&machine, job->options->directory, job->first, job->wanted, units)
                     ? CLI_CLEAN
                     : CLI_INTERNAL;
    }
    if (status == CLI_CLEAN && json_dumpf(units, out, JSON_COMPACT) != 0) {
        status = CLI_INTERNAL;
    }
    json_decref(units);
    machine_close();
    return status;
}

static int split_all(const struct explore_options *options, const char **names, size_t count, json_t *all)
{
    int status = CLI_CLEAN;
    for (size_t i = 0; i < count && status == CLI_CLEAN; i++) {
        struct job job = {options, names[i], json_array_size(all) + 1, (options->split + count - 1) / count};
        struct cli_child child;
        json_t *units = NULL;
        status = cli_child_start(&child, "explore", split_scenario, &job) ? explore_child_wait(&child, &units)
                                                                          : CLI_INTERNAL;
        if (status == CLI_CLEAN && units != NULL) {
            json_array_extend(all, units);
        }
        json_decref(units);
    }
    return status;
}

int explore_split(const struct explore_options *options)
{
    size_t count;
    int status;
    const char **names = explore_scenarios(options, &count, &status);
    if (names == NULL) {
        return status;
    }
    if (mkdir(options->directory, 0777) != 0 && errno != EEXIST) {
        free(names);
        return cli_error("explore: --split %s: %s", options->directory, strerror(errno));
    }
    json_t *all = json_array();
    status = split_all(options, names, count, all);
    if (status == CLI_CLEAN) {
        status = explore_units_list(options->directory, all) ? CLI_CLEAN : CLI_INTERNAL;
    }
    if (status == CLI_CLEAN) {
        printf("%zu units in %s\n", json_array_size(all), options->directory);
    }
    json_decref(all);
    free(names);
    return status;
}
