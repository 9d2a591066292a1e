/*
 * body.c - a scenario from inside of the machine: from the first DriverEntry to the last DriverUnload.
 *
 * What is not guaranteed: several drivers are loaded and unloaded in order, but only a miniport is given a
 * stack; images stay mapped until the process ends.
 */
#include "scenario/run.h"

#include "host/memory.h"
#include "io/driver.h"
#include "ke/pageable.h"
#include "ndis/adapter.h"
#include "scenario/plain.h"
#include "scenario/program.h"
#include "scenario/small.h"
#include "scenario/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PLAIN_SHARE 0.8 /* of --timeout: the rest is for DriverUnload */

static void fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    KIRQL irql = ke_mask();
    vsnprintf(run->outcome.error, sizeof(run->outcome.error), format, arguments);
    ke_unmask(irql);
    va_end(arguments);
    run->outcome.ran = false;
}

static const char *path_of(const struct run *run, unsigned driver)
{
    return run->images[driver].path;
}

/* ---- starting and unloading drivers -------------------------------------------------------------------- */

static void end_driver(struct run *run, unsigned driver)
{
    if (ke_engine->unexplored != NULL && run->images[driver].entry == NULL) {
        io_driver_end(run->objects[driver]); /* nobody else knows it, and its memory is put back */
    } else {
        io_driver_delete(run->objects[driver]);
    }
    run->objects[driver] = NULL;
}

/* Two instances of one driver are two services: the second one's name gets a number. */
static void name_service(const struct run *run, unsigned driver, char *name, size_t size)
{
    unsigned before = 0;
    for (unsigned other = 0; other < driver; other++) {
        before += strcmp(run->images[other].name, run->images[driver].name) == 0;
    }
    KIRQL irql = ke_mask();
    snprintf(name, size, "%s", run->images[driver].name);
    if (before != 0) {
        snprintf(name, size, "%s-%u", run->images[driver].name, before + 1);
    }
    ke_unmask(irql);
}

/*
 * Calls DriverEntry.  A driver whose DriverEntry fails must have undone everything: it ends at once.  A
 * program without one only gets a driver object.
 */
static bool start_driver(struct run *run, unsigned driver)
{
    const struct driver_image *image = &run->images[driver];
    char service[80];
    name_service(run, driver, service, sizeof(service));
    run->objects[driver] = io_driver_create(service, image->base, image->end);
    if (run->objects[driver] == NULL) {
        run->outcome.failed = true; /* no fault of the input */
        fail(run, "%s: no driver object could be made", image->path);
        return false;
    }
    ke_pageable_add(image->pageable, image->pageable_count);
    if (image->entry == NULL) {
        return true;
    }
    NTSTATUS status = io_driver_start(run->objects[driver], image->entry);
    if (!NT_SUCCESS(status)) {
        fail(run, "%s: DriverEntry failed with 0x%08X (%s)", image->path, (unsigned)status,
             status_name(status));
        end_driver(run, driver);
        return false;
    }
    return true;
}

static void unload_driver(struct run *run, unsigned driver)
{
    if (run->images[driver].entry != NULL) {
        io_driver_unload(run->objects[driver]);
    }
    end_driver(run, driver);
}

/* ---- the life in between ---------------------------------------------------------------------------------
 */

/* The first driver of which that is true; driver_count: none. */
static unsigned find(const struct run *run, bool (*is)(const struct run *run, unsigned driver))
{
    unsigned driver = 0;
    while (driver < run->options->driver_count && !is(run, driver)) {
        driver++;
    }
    return driver;
}

static bool is_miniport(const struct run *run, unsigned driver)
{
    return life_applies(run->objects[driver]);
}

static bool is_program(const struct run *run, unsigned driver)
{
    return run->images[driver].scenario != NULL;
}

static void run_life(struct run *run, unsigned miniport)
{
    run->outcome.scenario = !run->shut_down ? "life" : run->life.crash ? "crash" : "shutdown";
    run->life.driver = run->objects[miniport];
    run->life.driver_name = run->images[miniport].name;
    run->in_life = true;
    if (run->shut_down) {
        life_run_to_shutdown(&run->life);
    } else {
        life_run(&run->life);
    }
    run->outcome.inconclusive = run->life.inconclusive;
    if (!run->life.ran) {
        fail(run, "%s: %s", path_of(run, miniport), run->life.error);
        run->outcome.defect = run->life.defect;
    }
}

static void run_small(struct run *run, unsigned miniport, const char *name)
{
    char error[300];
    run->outcome.scenario = name;
    if (!small_run(name, run->objects[miniport], run->images[miniport].name, run->life.interrupts, error,
                   sizeof(error))) {
        fail(run, "%s: %s", path_of(run, miniport), error);
    }
}

static void run_plain(struct run *run)
{
    run->outcome.scenario = "plain";
    /* A driver that serves until it is unloaded does not settle: that is no fault. */
    (void)plain_run(run->options->timeout_seconds * PLAIN_SHARE);
}

/* A program has begun and not ended. */
static HOST_HOT bool unfinished = false;

const char *body_inconclusive(const struct run *run)
{
    return unfinished ? "undis_assume ended the run" : run->outcome.inconclusive;
}

/* Every program's undis_scenario, in the order in which they were given. */
static void run_programs(struct run *run)
{
    run->outcome.scenario = "program";
    for (unsigned i = 0; i < run->options->driver_count; i++) {
        if (is_program(run, i)) {
            unfinished = true;
            program_run(run->images[i].scenario);
            unfinished = false;
        }
    }
}

static void choose_and_run(struct run *run)
{
    unsigned none = run->options->driver_count;
    unsigned miniport = find(run, is_miniport), program = find(run, is_program);
    const char *wanted = run->options->name != NULL ? run->options->name
                         : program != none          ? "program"
                         : miniport != none         ? "life"
                                                    : "plain";
    if (strcmp(wanted, "plain") == 0) {
        run_plain(run);
    } else if (strcmp(wanted, "program") == 0) {
        if (program != none) {
            run_programs(run);
        } else {
            fail(run, "%s: scenario program wants a file that exports undis_scenario", path_of(run, 0));
        }
    } else if (miniport != none && small_knows(wanted)) {
        run_small(run, miniport, wanted);
    } else if (miniport != none) {
        run->life.crash = strcmp(wanted, "crash") == 0;
        run->shut_down = run->life.crash || strcmp(wanted, "shutdown") == 0;
        run_life(run, miniport);
    } else {
        fail(run, "%s: scenario %s wants a driver that registers a miniport", path_of(run, 0), wanted);
    }
}

void scenario_body(void *unused)
{
    struct run *run = &scenario_the_run;
    unsigned started = 0, count = run->options->driver_count;
    (void)unused;
    run->outcome.ran = true;
    run->objects = ke_allocate_hot(count * sizeof(*run->objects));
    if (run->objects == NULL) {
        run->outcome.failed = true;
        fail(run, "not enough memory");
        return;
    }
    if (run->options->name != NULL && small_knows(run->options->name) && ke_engine->unexplored != NULL) {
        ke_engine->unexplored(); /* to the end of small_set_up */
    }
    while (started < count && start_driver(run, started)) {
        started++;
    }
    if (started == count) {
        choose_and_run(run);
    }
    while (started > 0 && !run->shut_down) {
        unload_driver(run, --started);
    }
    ke_free(run->objects);
}
