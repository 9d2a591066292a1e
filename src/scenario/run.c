/*
 * run.c - a scenario from loading the drivers to unloading them.
 *
 * What is not guaranteed: several drivers are loaded and unloaded in order, but only a miniport is given a
 * stack; images stay mapped until the process ends.
 */
#include "scenario/scenario.h"

#include "dev/capture.h"
#include "io/driver.h"
#include "ke/run.h"
#include "scenario/life.h"
#include "scenario/plain.h"
#include "scenario/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_SECONDS 120.0
#define SECONDS_PER_FRAME 0.001
#define PLAIN_SHARE 0.8 /* of --timeout: the rest is for DriverUnload */

const struct scenario scenarios[] = {
    {"life", "a miniport's adapter through every legal state, with traffic"},
    {"shutdown", "traffic until the system shuts down; nothing is unloaded"},
    {"plain", "DriverEntry, what it started runs to its end, DriverUnload"},
};
const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

struct loaded_driver {
    struct driver_image image;
    PDRIVER_OBJECT object; /* NULL: not started, or unloaded again */
};

struct run {
    const struct scenario_options *options;
    struct scenario_result *result;
    struct loaded_driver *drivers;
    struct capture capture;
    struct life life;
    bool in_life;
    bool shut_down; /* nothing of the drivers may be called any more */
};

static void fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run->result->error, sizeof(run->result->error), format, arguments);
    va_end(arguments);
    run->result->ran = false;
}

/* ---- on a processor, at PASSIVE_LEVEL ------------------------------------------------------------ */

/* A failure that is no fault of the input. */
static void fail_internally(struct run *run, const char *path, const char *what)
{
    KIRQL irql = ke_mask();
    run->result->failed = true;
    fail(run, "%s: %s", path, what);
    ke_unmask(irql);
}

static void end_driver(struct loaded_driver *driver)
{
    io_driver_delete(driver->object);
    driver->object = NULL;
}

/* Two instances of one driver are two services: the second one's name gets a number. */
static void name_service(const struct run *run, const struct loaded_driver *driver, char *name, size_t size)
{
    unsigned before = 0;
    for (const struct loaded_driver *other = run->drivers; other != driver; other++) {
        before += strcmp(other->image.name, driver->image.name) == 0;
    }
    KIRQL irql = ke_mask();
    snprintf(name, size, "%s", driver->image.name);
    if (before != 0) {
        snprintf(name, size, "%s-%u", driver->image.name, before + 1);
    }
    ke_unmask(irql);
}

/* Calls DriverEntry.  A driver whose DriverEntry fails must have undone everything: it ends at once. */
static bool start_driver(struct run *run, struct loaded_driver *driver)
{
    char service[80];
    name_service(run, driver, service, sizeof(service));
    driver->object = io_driver_create(service, driver->image.base, driver->image.end);
    if (driver->object == NULL) {
        fail_internally(run, driver->image.path, "no driver object could be made");
        return false;
    }
    NTSTATUS status = io_driver_start(driver->object, driver->image.entry);
    if (!NT_SUCCESS(status)) {
        KIRQL irql = ke_mask();
        fail(run, "%s: DriverEntry failed with 0x%08X (%s)", driver->image.path, (unsigned)status,
             status_name(status));
        ke_unmask(irql);
        end_driver(driver);
        return false;
    }
    return true;
}

static void unload_driver(struct loaded_driver *driver)
{
    io_driver_unload(driver->object);
    end_driver(driver);
}

static struct loaded_driver *find_miniport(struct run *run)
{
    for (unsigned i = 0; i < run->options->driver_count; i++) {
        if (life_applies(run->drivers[i].object)) {
            return &run->drivers[i];
        }
    }
    return NULL;
}

static void run_life(struct run *run, struct loaded_driver *miniport)
{
    run->result->scenario = run->shut_down ? "shutdown" : "life";
    run->life.driver = miniport->object;
    run->life.driver_name = miniport->image.name;
    run->in_life = true;
    if (run->shut_down) {
        life_run_to_shutdown(&run->life);
    } else {
        life_run(&run->life);
    }
    if (!run->life.ran) {
        KIRQL irql = ke_mask();
        fail(run, "%s: %s", miniport->image.path, run->life.error);
        run->result->defect = run->life.defect;
        ke_unmask(irql);
    }
}

static void run_plain(struct run *run)
{
    run->result->scenario = "plain";
    /* A driver that serves until it is unloaded does not settle: that is no fault. */
    (void)plain_run(run->options->timeout_seconds * PLAIN_SHARE);
}

static void choose_and_run(struct run *run)
{
    struct loaded_driver *miniport = find_miniport(run);
    const char *wanted = run->options->name != NULL ? run->options->name
                         : miniport != NULL         ? "life"
                                                    : "plain";
    if (strcmp(wanted, "plain") == 0) {
        run_plain(run);
    } else if (miniport != NULL) {
        run->shut_down = strcmp(wanted, "shutdown") == 0;
        run_life(run, miniport);
    } else {
        KIRQL irql = ke_mask();
        fail(run, "%s: scenario %s wants a driver that registers a miniport", run->drivers[0].image.path,
             wanted);
        ke_unmask(irql);
    }
}

static void body(void *argument)
{
    struct run *run = argument;
    run->result->ran = true;
    unsigned started = 0;
    while (started < run->options->driver_count && start_driver(run, &run->drivers[started])) {
        started++;
    }
    if (started == run->options->driver_count) {
        choose_and_run(run);
    }
    while (started > 0 && !run->shut_down) {
        unload_driver(&run->drivers[--started]);
    }
}

/* ---- on the main host thread --------------------------------------------------------------------- */

static bool prepare(struct run *run)
{
    const struct scenario_options *options = run->options;
    char error[256];
    if (options->pcap != NULL) {
        if (!capture_load(&run->capture, options->pcap, error, sizeof(error))) {
            fail(run, "%s", error);
            return false;
        }
        run->life.traffic = &run->capture;
    }
    run->drivers = calloc(options->driver_count, sizeof(*run->drivers));
    if (run->drivers == NULL) {
        run->result->failed = true;
        fail(run, "not enough memory");
        return false;
    }
    for (unsigned i = 0; i < options->driver_count; i++) {
        if (!driver_image_load(&run->drivers[i].image, options->drivers[i], run->result->error,
                               sizeof(run->result->error))) {
            return false;
        }
    }
    run->life.frames = options->frames;
    run->life.pcap_out = options->pcap_out;
    run->life.timeout_seconds = options->timeout_seconds;
    run->life.progress = options->progress;
    return true;
}

static void run_machine(struct run *run)
{
    const struct scenario_options *options = run->options;
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
    switch (ke_run(&machine, body, run)) {
    case KE_RUN_ENDED:
        break;
    case KE_RUN_BUGCHECK:
        run->result->ran = true;
        run->result->stopped = true;
        break;
    case KE_RUN_NO_MEMORY:
        run->result->failed = true;
        fail(run, "not enough memory for %u processors", options->processors);
        break;
    }
    run->result->seconds = (double)(host_now_ns() - begin) / 1e9;
}

static void collect(struct run *run)
{
    struct scenario_result *result = run->result;
    if (run->in_life) {
        result->frames_sent = run->life.frames_sent;
        result->frames_received = run->life.frames_received;
        result->frames_dropped = run->life.frames_dropped;
        result->traffic_seconds = run->life.traffic_seconds;
    }
}

void scenario_run(const struct scenario_options *options, struct scenario_result *result)
{
    /* Not on the stack: what the processors held when the machine stopped may still be looked at. */
    static struct run run;
    run = (struct run){.options = options, .result = result};
    *result = (struct scenario_result){0};
    if (!prepare(&run)) {
        return;
    }
    run_machine(&run);
    collect(&run);
}
