/*
 * explore_machine.c - the drivers loaded, the machine open, and who is told what meanwhile.
 */
#include "cli/explore.h"

#include "engine/explore/machine/machine.h"
#include "rtl/debug.h"

#include <string.h>
#include <unistd.h>

#define USELESS_EXECUTIONS 200 /* without one in which the scenario could be run */
#define LINE_INTERVAL 10       /* progress reports between two lines that are no terminal's */

static bool fill_setup(struct explore_machine *machine, char *error, size_t error_size)
{
    const struct explore_options *options = machine->options;
    struct setup *setup = &machine->setup;
    const struct scenario *scenario = scenario_find(machine->scenario.name);
    setup_set_undis(setup);
    snprintf(setup->scenario, sizeof(setup->scenario), "%s", machine->scenario.name);
    setup->processors = machine->scenario.processors;
    setup->seed = machine->scenario.seed;
    setup->frames = machine->scenario.frames;
    setup->interrupts = machine->scenario.interrupts;
    setup->tso = options->tso;
    setup->all_accesses = options->all_accesses;
    setup->anywhere = options->anywhere;
    setup->ticks = options->ticks >= 0 ? (unsigned)options->ticks : scenario != NULL ? scenario->ticks : 0;
    setup->failures = options->failures;
    setup->migrations = options->migrations;
    setup->steps = options->steps;
    for (unsigned i = 0; i < machine->scenario.registry_count; i++) {
        if (!setup_add_registry(setup, machine->scenario.registry[i])) {
            snprintf(error, error_size, "not enough memory");
            return false;
        }
    }
    for (unsigned i = 0; i < machine->scenario.driver_count; i++) {
        if (!setup_add_driver(setup, machine->scenario.drivers[i], error, error_size)) {
            return false;
        }
    }
    return machine->scenario.pcap == NULL || setup_set_pcap(setup, machine->scenario.pcap, error, error_size);
}

static bool learn(const char *shared)
{
    if (shared == NULL || shared[0] == '\0') {
        return true;
    }
    FILE *in = fmemopen((void *)(uintptr_t)shared, strlen(shared), "r");
    bool good = in != NULL && machine_shared_read(in);
    if (in != NULL) {
        fclose(in);
    }
    return good;
}

int explore_machine_open(struct explore_machine *machine, const struct explore_options *options,
                         const char *scenario, const char *shared)
{
    static struct scenario_result result; /* large */
    char error[1024];
    *machine = (struct explore_machine){.options = options, .scenario = options->scenario};
    machine->scenario.name = scenario;
    if (!scenario_explorable(&machine->scenario, error, sizeof(error))) {
        return cli_error("%s", error);
    }
    if (!scenario_prepare(&machine->scenario, &result)) {
        cli_error("%s", result.error);
        return result.failed ? CLI_INTERNAL : CLI_USAGE;
    }
    if (!fill_setup(machine, error, sizeof(error))) {
        return cli_error("%s: %s", options->verb, error);
    }
    const struct machine_options how = {
        .processors = machine->setup.processors,
        .seed = machine->setup.seed,
        .tso = machine->setup.tso,
        .ticks = machine->setup.ticks,
        .failures = machine->setup.failures,
        .migrations = machine->setup.migrations,
        .steps = machine->setup.steps,
        .watchdog_seconds = machine->scenario.watchdog_seconds,
        .images = machine->images,
        .image_count = scenario_images(machine->images, SETUP_DRIVERS),
        .all_accesses = machine->setup.all_accesses,
        .anywhere = machine->setup.anywhere,
    };
    rtl_debug_mute(!options->prints);
    if (!machine_open(&how, scenario_body, NULL, error, sizeof(error))) {
        cli_error("%s: %s", options->verb, error);
        return CLI_INTERNAL;
    }
    if (!learn(shared)) {
        return cli_error("%s: what is said to be shared is not of these drivers", options->verb);
    }
    return CLI_CLEAN;
}

/* ---- while it runs --------------------------------------------------------------------------------- */

/* A DriverEntry that fails in some executions is part of the scenario; one that always does is not. */
static bool after(void *argument)
{
    static struct scenario_result result; /* large */
    struct explore_machine *machine = argument;
    machine->executions++;
    if (machine->ran > 0) {
        return true; /* it can: nothing more to be learnt, and this is called very often */
    }
    scenario_collect(&result);
    if (result.ran || result.defect) {
        machine->ran++;
    } else {
        memcpy(machine->error, result.error, sizeof(machine->error));
        machine->error[sizeof(machine->error) - 1] = '\0';
    }
    return machine->ran > 0 || machine->executions < USELESS_EXECUTIONS;
}

static void show(const struct loop_progress *progress, void *argument)
{
    const struct explore_machine *machine = argument;
    static unsigned calls;
    char line[160], done[32] = "";
    if (progress->fraction >= 0) {
        snprintf(done, sizeof(done), ", about %.3g %% done", 100 * progress->fraction);
    }
    snprintf(line, sizeof(line), "%s, %s: %llu executions, %.0f a second, up to %u steps%s",
             machine->scenario.name, progress->phase, (unsigned long long)progress->executions,
             progress->rate, progress->depth, done);
    if (isatty(STDERR_FILENO)) {
        cli_progress(line, 0, 0);
    } else if (machine->options->progress && calls++ % LINE_INTERVAL == 0) {
        fprintf(stderr, "%s\n", line);
    }
}

struct loop_options explore_loop_options(struct explore_machine *machine)
{
    const struct explore_options *options = machine->options;
    return (struct loop_options){
        .strategy = options->strategy,
        .seed = options->scenario.seed,
        .executions = options->executions,
        .seconds = options->seconds,
        .preemptions = options->preemptions,
        .step_limit = 0, /* the machine has it */
        .machine_steps = machine->setup.steps,
        .tso = options->tso,
        .keep_going = options->keep_going,
        .max_findings = options->max_findings,
        .after = after,
        .progress = show,
        .argument = machine,
        .stop = &explore_stop,
    };
}

int explore_machine_verdict(struct explore_machine *machine, const struct loop_result *result)
{
    cli_progress_end();
    if (result->failed) {
        cli_error("%s: not enough memory", machine->options->verb);
        return CLI_INTERNAL;
    }
    if (machine->executions > 0 && machine->ran == 0 && result->finding_count == 0) {
        return cli_error("%s", machine->error);
    }
    return CLI_CLEAN;
}
