/*
 * explore_merge.c - adds up the results of units.
 */
#include "cli/explore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMED 10 /* units that a note calls by their names */

/* What is wrong with units, by kind. */
struct complaints {
    const char *what;
    size_t count;
    char names[512];
};

static void complain(struct complaints *complaints, size_t unit)
{
    size_t used = strlen(complaints->names);
    if (complaints->count++ < NAMED) {
        snprintf(complaints->names + used, sizeof(complaints->names) - used, "%sunit-%04zu",
                 used != 0 ? ", " : "", unit);
    }
}

static void note_complaints(json_t *report, const struct complaints *complaints)
{
    if (complaints->count == 0) {
        return;
    }
    json_t *note = complaints->count > NAMED ? json_sprintf("%s: %s and %zu more", complaints->what,
                                                            complaints->names, complaints->count - NAMED)
                                             : json_sprintf("%s: %s", complaints->what, complaints->names);
    json_array_append_new(json_object_get(report, "notes"), note);
}

/* ---- adding parts of one scenario ------------------------------------------------------------------- */

static void add_number(json_t *to, const json_t *from, const char *key)
{
    json_int_t sum =
        json_integer_value(json_object_get(to, key)) + json_integer_value(json_object_get(from, key));
    json_object_set_new(to, key, json_integer(sum));
}

static void add_search(json_t *to, const json_t *from)
{
    static const char *const sums[] = {"executions", "redundant", "deadlocks", "stopped", "cut",
                                       "steps",      "sampled",   "restarts",  "replays"};
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        add_number(to, from, sums[i]);
    }
    if (json_integer_value(json_object_get(from, "depth")) >
        json_integer_value(json_object_get(to, "depth"))) {
        json_object_set(to, "depth", json_object_get(from, "depth"));
    }
    json_object_set_new(to, "seconds",
                        json_real(json_number_value(json_object_get(to, "seconds")) +
                                  json_number_value(json_object_get(from, "seconds"))));
    json_object_set_new(to, "progress", json_null());
    if (!json_is_true(json_object_get(from, "complete"))) {
        json_object_set_new(to, "complete", json_false());
        json_object_set(to, "reason", json_object_get(from, "reason"));
    }
    if (json_is_true(json_object_get(from, "grew"))) {
        json_object_set_new(to, "grew", json_true());
    }
    if (json_is_null(json_object_get(to, "bounds"))) {
        json_object_set(to, "bounds", json_object_get(from, "bounds"));
    }
}

/* Adds a unit's part to that of its scenario; takes it over. */
static void add_part(json_t *parts, json_t *part)
{
    const char *name = json_string_value(json_object_get(json_object_get(part, "search"), "scenario"));
    json_t *known = name != NULL ? json_object_get(parts, name) : NULL;
    if (name == NULL || known == NULL) {
        json_object_set_new(parts, name != NULL ? name : "?", part);
        return;
    }
    add_search(json_object_get(known, "search"), json_object_get(part, "search"));
    add_number(known, part, "findings_not_kept");
    json_array_extend(json_object_get(known, "findings"), json_object_get(part, "findings"));
    if (json_is_true(json_object_get(part, "instrumented"))) {
        json_object_set_new(known, "instrumented", json_true());
    }
    json_decref(part);
}

/* ---- one unit --------------------------------------------------------------------------------------- */

enum state { STATE_GOOD, STATE_MISSING, STATE_STALE, STATE_GREW, STATES };

static bool is_part(const json_t *part)
{
    return json_is_object(part) && json_is_object(json_object_get(part, "search")) &&
           json_is_array(json_object_get(part, "findings"));
}

/* *part: what it came to, also when it is not to be counted for complete. */
static enum state look_at(const char *directory, size_t number, uint64_t checksum, json_t **part)
{
    char *path = unit_path(directory, number), *result_path = path != NULL ? unit_result_path(path) : NULL;
    struct unit_result result;
    char error[1024];
    enum state state = STATE_MISSING;
    *part = NULL;
    if (result_path != NULL && access(result_path, F_OK) == 0) {
        state = STATE_STALE;
        if (unit_result_read(&result, result_path, error, sizeof(error))) {
            *part = result.unit == checksum ? json_loads(result.part, 0, NULL) : NULL;
            state = !is_part(*part)                                                           ? STATE_STALE
                    : json_is_true(json_object_get(json_object_get(*part, "search"), "grew")) ? STATE_GREW
                                                                                              : STATE_GOOD;
            unit_result_free(&result);
        }
    }
    if (state == STATE_STALE) {
        json_decref(*part);
        *part = NULL;
    }
    free(path);
    free(result_path);
    return state;
}

/* Processors and seed are the same for all: those of the first unit. */
static bool take_setup(const char *directory, struct explore_options *options, char *error, size_t error_size)
{
    struct unit_file unit;
    char *path = unit_path(directory, 1);
    bool good = path != NULL && unit_read(&unit, path, error, error_size);
    free(path);
    if (good) {
        options->scenario.processors = unit.setup.processors;
        options->scenario.seed = unit.setup.seed;
        options->tso = unit.setup.tso;
        unit_free(&unit);
    }
    return good;
}

static void merge_units(const char *directory, const struct split_file *split, json_t *parts,
                        struct complaints complaints[STATES])
{
    for (size_t i = 0; i < split->count; i++) {
        json_t *part;
        enum state state = look_at(directory, i + 1, split->units[i], &part);
        if (state != STATE_GOOD) {
            complain(&complaints[state], i + 1);
        }
        if (part != NULL) {
            add_part(parts, part);
        }
    }
}

/* A scenario of which units have no result is not complete. */
static void add_scenarios(json_t *report, json_t *parts, size_t absent, size_t units, size_t max_findings)
{
    const char *name;
    json_t *part;
    json_object_foreach(parts, name, part)
    {
        json_t *search = json_object_get(part, "search");
        if (absent > 0) {
            json_object_set_new(search, "complete", json_false());
            json_object_set_new(search, "reason",
                                json_sprintf("%zu of %zu units have no result", absent, units));
        }
        explore_report_add(report, json_incref(part), max_findings);
    }
    if (json_object_size(parts) == 0) {
        json_object_set_new(report, "reason", json_string("no unit has a result"));
    }
}

bool explore_merge(const char *directory, json_t *report, struct explore_options *options)
{
    struct complaints complaints[STATES] = {
        [STATE_MISSING] = {.what = "without a result"},
        [STATE_STALE] = {.what = "with a result that is damaged or not of this unit"},
        [STATE_GREW] = {.what = "found memory to be shared that was not known (make the units again, in the "
                                "same directory)"},
    };
    struct split_file split = {0};
    char error[1024] = "not enough memory";
    char *path = split_path(directory);
    bool good = path != NULL && split_read(&split, path, error, sizeof(error)) &&
                take_setup(directory, options, error, sizeof(error));
    free(path);
    if (!good) {
        split_free(&split);
        cli_error("%s: %s", options->verb, error);
        return false;
    }
    json_object_set_new(report, "processors", json_integer(options->scenario.processors));
    json_object_set_new(report, "seed", json_integer((json_int_t)options->scenario.seed));
    json_object_set_new(report, "memory", json_string(options->tso ? "tso" : "sc"));
    json_t *parts = json_object();
    merge_units(directory, &split, parts, complaints);
    size_t absent = complaints[STATE_MISSING].count + complaints[STATE_STALE].count;
    add_scenarios(report, parts, absent, split.count, options->max_findings);
    json_object_set_new(report, "units", json_integer((json_int_t)split.count));
    json_object_set_new(report, "units_missing", json_integer((json_int_t)absent));
    for (unsigned i = 0; i < STATES; i++) {
        note_complaints(report, &complaints[i]);
    }
    json_decref(parts);
    split_free(&split);
    return true;
}

/* ---- what was learnt --------------------------------------------------------------------------------- */

/* What one unit of that scenario came to share, malloc'ed; NULL: nothing, or it has no result. */
static char *shared_of(const char *directory, size_t number, const char *scenario)
{
    char *unit = unit_path(directory, number), *name = unit != NULL ? unit_result_path(unit) : NULL;
    struct unit_result result;
    char error[1024], *shared = NULL;
    if (name != NULL && access(name, F_OK) == 0 && unit_result_read(&result, name, error, sizeof(error))) {
        json_t *part = json_loads(result.part, 0, NULL);
        const char *of = json_string_value(json_object_get(json_object_get(part, "search"), "scenario"));
        if (of != NULL && strcmp(of, scenario) == 0) {
            shared = result.shared;
            result.shared = NULL;
        }
        unit_result_free(&result);
        json_decref(part);
    }
    free(unit);
    free(name);
    return shared;
}

/* The longest list is the one that knows most; the others add to it the next time. */
char *explore_merge_shared(const char *directory, const char *scenario)
{
    struct split_file split;
    char error[1024], *best = NULL;
    char *path = split_path(directory);
    bool good = path != NULL && access(path, F_OK) == 0 && split_read(&split, path, error, sizeof(error));
    free(path);
    for (size_t i = 0; good && i < split.count; i++) {
        char *shared = shared_of(directory, i + 1, scenario);
        if (shared != NULL && (best == NULL || strlen(shared) > strlen(best))) {
            free(best);
            best = shared;
        } else {
            free(shared);
        }
    }
    if (good) {
        split_free(&split);
    }
    return best;
}
