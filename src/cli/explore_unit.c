/*
 * explore_unit.c - `undis explore --unit`: executes one unit and writes its result beside it.
 */
#include "cli/explore.h"

#include "engine/explore/machine/machine.h"

#include <stdlib.h>

static bool write_result(const struct unit_file *unit, const char *path, const json_t *part)
{
    char error[1024] = "not enough memory";
    char *name = unit_result_path(path);
    char *text = json_dumps(part, JSON_COMPACT | JSON_ENSURE_ASCII), *shared = loop_shared_text();
    const struct unit_result result = {.unit = unit->checksum, .shared = shared, .part = text};
    bool good = name != NULL && text != NULL && shared != NULL &&
                unit_result_write(&result, name, error, sizeof(error));
    if (!good) {
        cli_error("explore: cannot write a result: %s", error);
    }
    free(name);
    free(text);
    free(shared);
    return good;
}

json_t *explore_unit_run(struct explore_machine *machine, const struct unit_file *unit, const char *path,
                         const struct loop_options *limits)
{
    struct loop_options how = *limits;
    struct loop_result result;
    json_t *part = NULL;
    how.unit = unit->prefix;
    how.preemptions = unit->preemptions;
    if (!explore_strategy_find(unit->strategy, &how.strategy)) {
        cli_error("explore: %s: there is no strategy '%s'", path, unit->strategy);
        return NULL;
    }
    loop_run(&how, &result);
    cli_progress_end();
    if (result.failed) {
        cli_error("explore: not enough memory");
    } else if (how.stop == &explore_stop && explore_stop != 0 && !result.complete && !result.grew) {
        cli_error("explore: %s was interrupted, so there is no result", path);
    } else {
        part = explore_part(machine, &result, NULL, path);
        if (!write_result(unit, path, part)) {
            json_decref(part);
            part = NULL;
        }
    }
    loop_result_free(&result);
    return part;
}

/* The options with which the unit was made, and those that were given for this run of it. */
static struct explore_options options_of(const struct explore_options *given, const struct unit_file *unit)
{
    struct explore_options options = *given;
    explore_options_take(&options, &unit->setup);
    options.keep_going = true;
    return options;
}

static int run_unit(struct explore_options *options, const struct unit_file *unit)
{
    static struct explore_machine machine; /* large */
    int status = explore_machine_open(&machine, options, unit->setup.scenario, unit->shared);
    if (status != CLI_CLEAN) {
        return status;
    }
    const struct loop_options limits = explore_loop_options(&machine);
    json_t *part = explore_unit_run(&machine, unit, options->unit, &limits);
    machine_close();
    if (part == NULL) {
        return CLI_INTERNAL;
    }
    json_t *report = explore_report_begin(options);
    explore_report_add(report, part, options->max_findings);
    status = explore_report_end(report, options);
    json_decref(report);
    return status;
}

int explore_unit(const struct explore_options *given)
{
    struct unit_file unit;
    char error[1024];
    if (!unit_read(&unit, given->unit, error, sizeof(error)) ||
        !setup_check(&unit.setup, given->unit, given->scenario.driver_count,
                     (char *const *)(uintptr_t)given->drivers, error, sizeof(error))) {
        unit_free(&unit);
        return cli_error("explore: %s", error);
    }
    struct explore_options options = options_of(given, &unit);
    int status = run_unit(&options, &unit);
    unit_free(&unit);
    return status;
}
