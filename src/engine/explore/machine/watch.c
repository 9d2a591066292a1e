/*
 * watch.c - executions that do not end: code that takes no step any more, and steps without end.
 */
#include "engine/explore/machine/internal.h"

#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_NS 100000000u
#define WATCHDOG_DEFAULT_SECONDS 5.0

static volatile uint32_t stopping HOST_KEPT;

/* Makes the machine's host thread look up: what runs on it is stuck. */
static void bite(void)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        ke_processors[i].watched = true;
    }
    host_thread_interrupt(&machine_kept.host);
}

static void watch_body(void *argument)
{
    double seconds = machine_kept.options.watchdog_seconds;
    uint64_t limit = (uint64_t)((seconds > 0 ? seconds : WATCHDOG_DEFAULT_SECONDS) * 1e9);
    uint64_t beat = 0, since = 0;
    (void)argument;
    while (!stopping) {
        host_wait(&stopping, 0, LOOK_NS);
        uint64_t cpu = host_thread_cpu_ns(&machine_kept.host);
        if (!machine_kept.running || machine_kept.beat != beat) {
            beat = machine_kept.beat;
            since = cpu;
        } else if (cpu - since > limit) {
            bite();
            since = cpu;
        }
    }
}

bool watch_start(void)
{
    machine_kept.host.handle = host_thread_self();
    machine_kept.host.tid = (int)syscall(SYS_gettid);
    machine_kept.watch.name = "watch";
    machine_kept.watch.region = &ke_outside;
    return host_thread_start(&machine_kept.watch, watch_body, NULL) == 0;
}

void watch_stop(void)
{
    stopping = 1;
    host_wake(&stopping, 1);
    host_thread_join(&machine_kept.watch);
}

/* An actor that was hardly ever let go on may be all that the others wait for. */
void watch_judge_steps(void)
{
    unsigned free_to_go = 0;
    for (unsigned i = 0; i < machine.count; i++) {
        free_to_go += machine.view[i].enabled;
    }
    for (unsigned i = 0; i < machine.count; i++) {
        if (machine.view[i].enabled &&
            machine.actors[i].late_steps < machine_kept.options.steps / 16 / (free_to_go + 1)) {
            return;
        }
    }
    event_send(EVENT_WATCHDOG, NULL, WATCHDOG_STEPS, machine.step, ~(uintptr_t)0, 0);
}
