/*
 * run.c - a scenario from outside of the machine: the drivers' files before it, what came of it afterwards.
 */
#include "scenario/run.h"

#include "ke/run.h"
#include "ndis/parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_SECONDS 120.0
#define SECONDS_PER_FRAME 0.001

const struct scenario scenarios[] = {
    {"life", "a miniport's adapter through every legal state, with traffic", false, 0},
    {"shutdown", "traffic until the system shuts down; nothing is unloaded", false, 0},
    {"crash", "traffic until a bug check, at HIGH_LEVEL; nothing is unloaded", false, 0},
    {"send-send", "two senders on two processors, and the interrupts of what they send", true, 0},
    {"send-pause", "a send against a pause", true, 0},
    {"receive-halt", "a frame that arrives against a pause and the halt", true, 0},
    {"timer-halt", "timers and a hang check against a pause and the halt", true, 2},
    {"oid-reset", "an OID request against a reset", true, 0},
    {"cancel-complete", "cancelling a send against its completion", true, 0},
    {"plain", "DriverEntry, what it started runs to its end, DriverUnload", true, 2},
    {"program", "undis_scenario of a program (undis/explore.h), after DriverEntry", true, 2},
};
const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < scenario_count; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

/* Not on a stack: what the processors held when the machine stopped may still be looked at. */
struct run scenario_the_run;

static bool no_memory(struct scenario_result *result)
{
    result->failed = true;
    snprintf(result->error, sizeof(result->error), "not enough memory");
    return false;
}

static bool load_images(struct run *run, struct scenario_result *result)
{
    const struct scenario_options *options = run->options;
    run->images = calloc(options->driver_count, sizeof(*run->images));
    if (run->images == NULL) {
        return no_memory(result);
    }
    for (unsigned i = 0; i < options->driver_count; i++) {
        if (!driver_image_load(&run->images[i], options->drivers[i], result->error, sizeof(result->error))) {
            return false;
        }
    }
    return true;
}

bool scenario_prepare(const struct scenario_options *options, struct scenario_result *result)
{
    struct run *run = &scenario_the_run;
    *run = (struct run){.options = options};
    *result = (struct scenario_result){0};
    adapter_parameters_preset(options->registry, options->registry_count);
    if (options->pcap != NULL) {
        if (!capture_load(&run->capture, options->pcap, result->error, sizeof(result->error))) {
            return false;
        }
        run->life.traffic = &run->capture;
    }
    run->life.frames = options->frames;
    run->life.interrupts = options->interrupts;
    run->life.pcap_out = options->pcap_out;
    run->life.timeout_seconds = options->timeout_seconds;
    run->life.progress = options->progress;
    return load_images(run, result);
}

unsigned scenario_images(const void **addresses, unsigned room)
{
    const struct run *run = &scenario_the_run;
    unsigned count = 0;
    for (; count < run->options->driver_count && count < room; count++) {
        addresses[count] = run->images[count].base;
    }
    return count;
}

void scenario_collect(struct scenario_result *result)
{
    const struct run *run = &scenario_the_run;
    *result = run->outcome;
    result->inconclusive = body_inconclusive(run);
    if (run->in_life) {
        result->frames_sent = run->life.frames_sent;
        result->frames_received = run->life.frames_received;
        result->frames_dropped = run->life.frames_dropped;
        result->traffic_seconds = run->life.traffic_seconds;
    }
}

/* Runs the machine on the free-running engine and collects what it left. */
static void run_machine(const struct scenario_options *options, struct scenario_result *result)
{
    double timeout = options->timeout_seconds > 0
                         ? options->timeout_seconds
                         : DEFAULT_TIMEOUT_SECONDS + (double)options->frames * SECONDS_PER_FRAME;
    const struct ke_run_options machine = {
        .processors = options->processors,
        .seed = options->seed,
        .watchdog_ns = (uint64_t)(options->watchdog_seconds * 1e9),
        .operation_ns = (uint64_t)(timeout * 1e9),
    };
    uint64_t begin = host_now_ns();
    enum ke_run_result end = ke_run(&machine, scenario_body, NULL);
    scenario_collect(result);
    if (end == KE_RUN_BUGCHECK) {
        result->ran = true;
        result->stopped = true;
    } else if (end == KE_RUN_NO_MEMORY) {
        result->failed = true;
        snprintf(result->error, sizeof(result->error), "not enough memory for %u processors",
                 options->processors);
        result->ran = false;
    }
    result->seconds = (double)(host_now_ns() - begin) / 1e9;
}

void scenario_run(const struct scenario_options *options, struct scenario_result *result)
{
    if (scenario_prepare(options, result)) {
        run_machine(options, result);
    }
}
