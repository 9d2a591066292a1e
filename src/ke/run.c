/*
 * run.c - starting the processors, waiting for the end, and watching that there is one.
 */
#include "ke/run.h"

#include "ke/bugcheck.h"
#include "ke/clock.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/spinlock.h"

#include <string.h>

#define WATCH_PERIOD_NS 100000000u
#define WATCHDOG_DEFAULT_NS 5000000000u
#define BLOCKED_LIMIT_NS 2000000000u
#define STOP_LIMIT_NS 100000000u
#define START_ROUTINES 8

static void (*start_routines[START_ROUTINES])(void);
static unsigned start_routine_count;

struct run_body {
    void (*body)(void *);
    void *argument;
};

void ke_start_add(void (*start)(void))
{
    if (start_routine_count < START_ROUTINES) {
        start_routines[start_routine_count++] = start;
    }
}

static void body_thread(void *argument)
{
    const struct run_body *run = argument;
    for (unsigned i = 0; i < start_routine_count; i++) {
        start_routines[i]();
    }
    if (ke_engine->settle != NULL) {
        ke_engine->settle(); /* the library's own threads have begun to wait */
    }
    run->body(run->argument);
    ke_stop_word_set(KE_STOP_ENDED);
}

struct _KTHREAD *ke_body_start(void (*body)(void *argument), void *argument)
{
    static struct run_body run;
    run = (struct run_body){body, argument};
    return ke_thread_create(body_thread, &run, "scenario", true);
}

static void processor_main(void *argument)
{
    struct ke_processor *processor = argument;
    host_context_of_thread(&processor->idle_context);
    ke_irql_store(PASSIVE_LEVEL);
    ke_deliver();
    ke_idle_loop(processor);
    ke_mask();
    __atomic_store_n(&processor->stopped, true, __ATOMIC_RELEASE);
}

static void prepare_processor(unsigned number, uint64_t seed)
{
    struct ke_processor *processor = &ke_processors[number];
    processor->self = processor;
    processor->irql = KE_MASKED;
    processor->number = number;
    ke_spin_lock_prepare(processor);
    processor->random = (seed + 1) * 0x9E3779B97F4A7C15u + number;
    processor->host.region = processor;
    processor->host.name = "processor";
    ke_dpc_initialize_processor(processor);
}

void ke_processors_prepare(unsigned count, uint64_t seed)
{
    for (unsigned i = 0; i < count; i++) {
        prepare_processor(i, seed);
    }
    ke_processor_count = count;
}

static bool start_processors(const struct ke_run_options *options)
{
    ke_processors_prepare(options->processors, options->seed);
    for (unsigned i = 0; i < options->processors; i++) {
        if (host_thread_start(&ke_processors[i].host, processor_main, &ke_processors[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- watching ---------------------------------------------------------------------------------- */

struct watch {
    uint64_t progress, since, cpu;
    unsigned asked; /* how often the processor was asked to show itself */
};

/* Real time as far as it was watched: when the host stops all of us for seconds, nobody is late. */
struct watched_time {
    uint64_t looked, passed;
};

static uint64_t pass_time(struct watched_time *time)
{
    uint64_t now = host_now_ns(), elapsed = now - time->looked;
    time->looked = now;
    time->passed += elapsed < 2 * WATCH_PERIOD_NS ? elapsed : 2 * WATCH_PERIOD_NS;
    return time->passed;
}

/*
 * A processor is stuck when it has used its limit of host processor time, or sleeps after four times that of
 * real time, at DISPATCH_LEVEL or above without once falling below it.  The DISPATCH_LEVEL post makes every
 * fall visible as progress.
 */
static bool is_stuck(struct ke_processor *processor, struct watch *watch, uint64_t limit, uint64_t now)
{
    uint64_t cpu = host_thread_cpu_ns(&processor->host);
    KIRQL irql = processor->irql;
    if (irql < DISPATCH_LEVEL || processor->progress != watch->progress || watch->since == 0) {
        *watch = (struct watch){processor->progress, now, cpu, 0};
        return false;
    }
    ke_post(processor, DISPATCH_LEVEL);
    return cpu - watch->cpu > limit ||
           (now - watch->since > 4 * limit && host_thread_sleeps(&processor->host));
}

/*
 * Makes a stuck processor report itself, with what it runs.  One that waits inside the library with
 * interrupts masked cannot: false when it has been asked ten times.
 */
static bool show_itself(struct ke_processor *processor, struct watch *watch)
{
    processor->watched = true;
    ke_post(processor, KE_NMI_LEVEL);
    return watch->asked++ < 10;
}

/* The run takes too long: makes a processor that runs driver code report it, with what it runs.  False: there
 * is none. */
static bool show_operation(uint64_t took, unsigned asked)
{
    if (asked >= 10) {
        return false;
    }
    ke_operation_took = took;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (!ke_processors[i].idle && ke_processors[i].callback != NULL) {
            ke_processors[i].watched = true;
            ke_post(&ke_processors[i], KE_NMI_LEVEL);
            return true;
        }
    }
    return false;
}

static void report_watchdog(enum watchdog_kind kind, uint64_t nanoseconds, uintptr_t processor)
{
    event_send(EVENT_WATCHDOG, NULL, kind, (uintptr_t)nanoseconds, processor, 0);
}

/* From outside the machine: marks it stopped without a processor of its own to stop on. */
static enum ke_run_result stop_from_outside(ULONG code)
{
    ke_bugcheck_data.code = code;
    ke_bugcheck_data.processor = -1;
    ke_freeze_all();
    return KE_RUN_BUGCHECK;
}

static enum ke_run_result watch_until_end(const struct ke_run_options *options)
{
    static struct watch watches[KE_MAXIMUM_PROCESSORS];
    struct watched_time time = {host_now_ns(), 1};
    uint64_t limit = options->watchdog_ns != 0 ? options->watchdog_ns : WATCHDOG_DEFAULT_NS;
    uint64_t start = time.passed, blocked_since = 0;
    unsigned asked = 0;
    for (;;) {
        host_wait(ke_stop_word(), KE_STOP_RUNNING, WATCH_PERIOD_NS);
        uint32_t stop = __atomic_load_n(ke_stop_word(), __ATOMIC_ACQUIRE);
        if (stop != KE_STOP_RUNNING) {
            return stop == KE_STOP_ENDED ? KE_RUN_ENDED : KE_RUN_BUGCHECK;
        }
        uint64_t now = pass_time(&time);
        for (unsigned i = 0; i < ke_processor_count; i++) {
            if (is_stuck(&ke_processors[i], &watches[i], limit, now) &&
                !show_itself(&ke_processors[i], &watches[i])) {
                report_watchdog(WATCHDOG_DISPATCH, limit, i);
                return stop_from_outside(0x133);
            }
        }
        KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
        bool blocked = ke_nothing_runs() && !ke_timers_any_armed();
        ke_guard_leave(&ke_dispatcher, old);
        blocked_since = !blocked ? 0 : blocked_since == 0 ? now : blocked_since;
        if (blocked && now - blocked_since > BLOCKED_LIMIT_NS) {
            report_watchdog(WATCHDOG_BLOCKED, now - blocked_since, ~(uintptr_t)0);
            return stop_from_outside(0x133);
        }
        if (options->operation_ns != 0 && now - start > options->operation_ns &&
            !show_operation(now - start, asked++)) {
            report_watchdog(WATCHDOG_OPERATION, now - start, ~(uintptr_t)0);
            return stop_from_outside(0x133);
        }
    }
}

/*
 * Ends the idle loops.  A processor that still runs a thread after a while is frozen where it is: the
 * thread may never end.
 */
static void stop_processors(void)
{
    uint64_t start = host_now_ns();
    bool all = false;
    ke_idle_stop();
    while (!all && host_now_ns() - start < STOP_LIMIT_NS) {
        all = true;
        for (unsigned i = 0; i < ke_processor_count; i++) {
            all = all && __atomic_load_n(&ke_processors[i].stopped, __ATOMIC_ACQUIRE);
        }
        host_wait(ke_stop_word(), KE_STOP_ENDED, all ? 1 : 1000000);
    }
    if (!all) {
        ke_freeze_all();
    }
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (__atomic_load_n(&ke_processors[i].stopped, __ATOMIC_ACQUIRE)) {
            host_thread_join(&ke_processors[i].host);
        }
    }
}

enum ke_run_result ke_run(const struct ke_run_options *options, void (*body)(void *), void *argument)
{
    host_region_set(&ke_outside);
    ke_engine->start(options->seed);
    ke_clock_start(host_system_time());
    host_traps_install(ke_interrupt_arrived, ke_fault_arrived);
    if (!start_processors(options)) {
        return KE_RUN_NO_MEMORY;
    }
    if (ke_body_start(body, argument) == NULL) {
        return KE_RUN_NO_MEMORY;
    }
    enum ke_run_result result = watch_until_end(options);
    if (result == KE_RUN_ENDED) {
        stop_processors();
    }
    ke_engine->stop();
    return result;
}
