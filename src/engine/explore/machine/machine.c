/*
 * machine.c - the explored engine: opening the machine, running it again and again (contract in machine.h).
 *
 * What is not guaranteed: threads stay on the processor that they were placed on, but for a change of their
 * affinity; busy waiting takes no time; a wait for more than two objects announces them one by one.
 */
#include "engine/explore/machine/internal.h"

#include "ke/line.h"

#include "ke/clock.h"
#include "ke/run.h"

#include <stdio.h>
#include <string.h>

struct machine machine;
struct machine_kept machine_kept HOST_KEPT;

#define STEPS_DEFAULT 20000u

static bool prepare(const struct machine_options *options, char *error, size_t error_size)
{
    machine_kept.options = *options;
    if (options->steps == 0) {
        machine_kept.options.steps = STEPS_DEFAULT;
    }
    machine_kept.phase = PHASE_STARTING;
    machine.next_due = UINT64_MAX;
    bool good = host_arena_open() && actor_stacks_map() && host_snapshot_add(&machine);
    for (unsigned i = 0; i < options->image_count && good; i++) {
        good = host_snapshot_add(options->images[i]);
    }
    if (!good) {
        snprintf(error, error_size, "the machine's memory cannot be set up");
        return false;
    }
    host_region_set(&ke_outside);
    ke_engine = &explored_engine;
    ke_stepping = true;
    ke_clock_start(132539328000000000u); /* 2021-01-01: system time is the same in every execution */
    host_traps_install(ke_interrupt_arrived, ke_fault_arrived);
    ke_observe_begin();
    ke_processors_prepare(options->processors, options->seed);
    ke_lines_anywhere = options->anywhere;
    host_snapshot_extent(ke_processors, options->processors * sizeof(ke_processors[0]));
    for (unsigned i = 0; i < options->processors; i++) {
        ke_processors[i].irql = PASSIVE_LEVEL;
    }
    return true;
}

bool machine_open(const struct machine_options *options, void (*body)(void *argument), void *argument,
                  char *error, size_t error_size)
{
    if (!prepare(options, error, error_size)) {
        return false;
    }
    struct _KTHREAD *thread = ke_body_start(body, argument);
    if (thread == NULL) {
        snprintf(error, error_size, "not enough memory");
        return false;
    }
    machine.main = thread->actor - 1;
    if (!watch_start()) {
        snprintf(error, error_size, "no host thread can be started");
        return false;
    }
    machine_kept.running = true;
    host_context_of_thread(&machine_kept.engine);
    machine_enter();
    if (machine_kept.failure != NULL) {
        snprintf(error, error_size, "%s", machine_kept.failure);
        return false;
    }
    machine.step = 0;
    for (unsigned i = 0; i < machine.count; i++) {
        const struct op *op = &machine.view[i].op;
        machine.actors[i].steps = 0;
        if (op->kind != OP_NONE) {
            shared_is_step(i, op); /* it is one, whatever others do */
        }
    }
    if (!host_snapshot_take()) {
        snprintf(error, error_size, "the machine's memory cannot be remembered");
        return false;
    }
    return true;
}

enum search_end machine_execute(struct search *search, machine_trace *trace, void *argument)
{
    machine_kept.search = search;
    machine_kept.trace = trace;
    machine_kept.trace_argument = argument;
    machine_kept.grew = false;
    search_begin(search);
    if (machine_kept.phase != PHASE_AT_CHOICE && machine_kept.phase != PHASE_RUNNING) {
        /* It ended without a choice: there is one execution, and it is over. */
        search_end(search, machine_kept.end, machine.view, machine.count);
        return machine_kept.end;
    }
    ke_observer_stacks = trace != NULL;
    if (checkpoints_begin(search)) {
        ke_observe_begin();
    }
    machine_kept.running = true;
    do {
        machine_kept.phase = PHASE_RUNNING;
        machine_enter();
        if (machine_kept.phase == PHASE_AT_CHECKPOINT) {
            checkpoints_take();
        }
    } while (machine_kept.phase == PHASE_AT_CHECKPOINT);
    /* What nobody explored does not take part: there, everybody had come to rest. */
    search_end(search, machine_kept.end, machine.view, machine.unexplored ? 0 : machine.count);
    return machine_kept.end;
}

void machine_close(void)
{
    watch_stop();
    ke_stepping = false;
}

bool machine_sees_accesses(void)
{
    return machine_kept.saw_access;
}

const char *machine_bounds(void)
{
    static char text[256] HOST_KEPT;
    const struct machine_kept *kept = &machine_kept;
    if (kept->failure != NULL) {
        return kept->failure;
    }
    text[0] = '\0';
    size_t length = 0;
    if (kept->forced_tick_cap || kept->time_stood_still) {
        length = (size_t)snprintf(text, sizeof(text), "at most %u early tick%s of the clock",
                                  kept->options.ticks, kept->options.ticks == 1 ? "" : "s");
    }
    if (kept->threads_stayed) {
        snprintf(text + length, sizeof(text) - length, "%sat most %u migration%s of threads",
                 length != 0 ? ", " : "", kept->options.migrations, kept->options.migrations == 1 ? "" : "s");
    }
    return text[0] != '\0' ? text : NULL;
}

uint64_t machine_peek(uintptr_t address, unsigned size)
{
    return machine_value(address, size);
}
