/*
 * program.c - the threads of a closed program and its end (contract in program.h).
 */
#include "scenario/program.h"

#include "ke/engine.h"
#include "ke/event.h"
#include "ke/invariant.h"
#include "ke/run.h"
#include "ke/thread.h"
#include "ndis/adapter.h"
#include "host/memory.h"
#include "scenario/program_interrupt.h"

#define CHECKS 8
#define JOINED_AT_ONCE 32u

struct program_thread {
    struct _KTHREAD *thread, *starter;
    void (*body)(void *argument);
    void *argument;
    struct program_thread *next;
};

static HOST_HOT struct ke_guard guard = {0};
static HOST_HOT struct program_thread *threads = NULL; /* that nobody has waited for yet; the latest first */
static struct check {
    void (*check)(void *argument);
    void *argument;
} checks[CHECKS];
static HOST_HOT unsigned check_count = 0;

void program_fail(const char *expected)
{
    event_send(EVENT_ASSERTION, expected, 0, 0, 0, 0);
    ke_abandon();
}

/* ---- threads --------------------------------------------------------------------------------------- */

static void call(const char *name, void (*body)(void *), void *argument)
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_THREAD, name, (const void *)(uintptr_t)body);
    body(argument);
    callback_leave(&frame);
}

static void run_thread(void *context)
{
    const struct program_thread *self = context;
    call("thread", self->body, self->argument);
}

void program_thread(unsigned processor, void (*body)(void *), void *argument)
{
    if (processor >= ke_processor_count) {
        program_fail("undis_thread wants the number of a processor that --processors provides");
    }
    struct program_thread *made = ke_allocate(sizeof *made);
    if (made == NULL) {
        program_fail("undis_thread: there is memory for a thread");
    }
    made->body = body;
    made->argument = argument;
    made->starter = (struct _KTHREAD *)KeGetCurrentThread();
    made->thread = ke_thread_create_on(run_thread, made, "thread", false, (KAFFINITY)1 << processor);
    if (made->thread == NULL) {
        program_fail("undis_thread: there is memory for a thread");
    }
    made->thread->only_joined = TRUE;
    KIRQL old = ke_guard_enter_quietly(&guard);
    made->next = threads;
    threads = made;
    ke_guard_leave(&guard, old);
}

/* Takes threads of that starter's, or (NULL) of anybody's; returns how many. */
static unsigned take(const struct _KTHREAD *starter, struct program_thread *taken[JOINED_AT_ONCE])
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct program_thread **link = &threads, *thread;
    unsigned count = 0;
    while ((thread = *link) != NULL && count < JOINED_AT_ONCE) {
        if (starter != NULL && thread->starter != starter) {
            link = &thread->next;
        } else {
            *link = thread->next;
            taken[count++] = thread;
        }
    }
    ke_guard_leave(&guard, old);
    return count;
}

/* They may start others meanwhile. */
static void join_all_of(const struct _KTHREAD *starter)
{
    struct program_thread *taken[JOINED_AT_ONCE];
    struct _KTHREAD *joined[JOINED_AT_ONCE];
    for (unsigned count; (count = take(starter, taken)) != 0;) {
        for (unsigned i = 0; i < count; i++) {
            joined[i] = taken[i]->thread;
        }
        ke_threads_join(joined, count);
        for (unsigned i = 0; i < count; i++) {
            ke_free(taken[i]);
        }
    }
}

void program_join(void)
{
    join_all_of((struct _KTHREAD *)KeGetCurrentThread());
}

/* ---- the end --------------------------------------------------------------------------------------- */

void program_at_end(void (*check)(void *), void *argument)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool room = check_count < CHECKS;
    if (room) {
        checks[check_count++] = (struct check){check, argument};
    }
    ke_guard_leave(&guard, old);
    if (!room) {
        program_fail("undis_at_end is called at most 8 times");
    }
}

void program_run(void (*scenario)(void))
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_THREAD, "undis_scenario", (const void *)(uintptr_t)scenario);
    scenario();
    callback_leave(&frame);
    join_all_of(NULL);
    program_interrupts_disconnect();
    ke_invariants_hold();
    for (unsigned i = 0; i < check_count; i++) {
        call("undis_at_end", checks[i].check, checks[i].argument);
    }
    check_count = 0;
}
