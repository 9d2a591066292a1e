/*
 * run.h - starting and stopping the simulated machine.
 */
#ifndef UNDIS_KE_RUN_H
#define UNDIS_KE_RUN_H

#include "ke/processor.h"

struct ke_run_options {
    unsigned processors; /* 1 .. 64 */
    uint64_t seed;
    uint64_t watchdog_ns;  /* longest stay at DISPATCH_LEVEL or above; 0: the default */
    uint64_t operation_ns; /* longest time without the body ending; 0: no limit */
};

enum ke_run_result {
    KE_RUN_ENDED,     /* the body returned */
    KE_RUN_BUGCHECK,  /* ke_bugcheck stopped the machine: what the processors held is lost */
    KE_RUN_NO_MEMORY, /* the machine could not be built */
};

/*
 * Starts the processors, runs body(argument) at PASSIVE_LEVEL in a system thread, and returns when it has
 * returned and the processors have stopped.  Called on a host thread that is no processor.  One run a
 * process.
 */
enum ke_run_result ke_run(const struct ke_run_options *options, void (*body)(void *argument), void *argument);

/*
 * Stops the machine: reports EVENT_BUGCHECK, freezes every processor, and lets ke_run return.  Never
 * returns when called on a processor.
 */
void ke_bugcheck(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4)
    __attribute__((noreturn));

/* What runs now is of no interest any more: the explored engine ends this execution.  A free-running one
 * stops the machine. */
void ke_abandon(void) __attribute__((noreturn));

/*
 * PASSIVE_LEVEL.  Waits until nothing that drivers started can still do something by itself: every other
 * thread has ended or waits without limit, no DPC or work item is queued, no one-shot timer is set.
 * Gives up after limit_ns and returns false.
 */
bool ke_settle(uint64_t limit_ns);

/*
 * Layers above have activity that ke cannot see (a queued work item, say): `busy` is called by ke_settle,
 * on any processor, under no guard, and must not wait.  Called before the run starts, from a constructor.
 */
void ke_settle_add(bool (*busy)(void));

/*
 * `start` is called at PASSIVE_LEVEL in the body's thread before the body, so that a layer can start its
 * own system threads.  Called before the run starts, from a constructor.
 */
void ke_start_add(void (*start)(void));

/* KeSetTimerEx; `keep_dpc`: a DPC of an earlier expiry that is still queued stays so.  And whether it is set.
 */
bool ke_timer_set(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc, bool keep_dpc);
bool ke_timer_is_set(PKTIMER timer);

/*
 * Disarms every timer that lies in [low, high), or whose DPC or DPC routine does, and shows it to visit
 * under the dispatcher guard: what a driver that is unloaded has left behind.
 */
void ke_timers_disarm(uintptr_t low, uintptr_t high, void (*visit)(const KTIMER *timer, void *argument),
                      void *argument);

/* The checked build: takes a DPC that lies in [low, high) off its queue; NULL: there is none. */
PRKDPC ke_dpc_withdraw(uintptr_t low, uintptr_t high);

#endif
