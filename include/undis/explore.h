/*
 * explore.h - what a closed program for the explored engine includes.
 *
 * A shared object that exports undis_scenario, built with `undis cc --instrument`, is a program of its own or
 * the life that drivers are put through: `undis explore [DRIVER.so ...] PROGRAM.so`.  undis_scenario runs at
 * PASSIVE_LEVEL on processor 0 after every DriverEntry; it starts threads and returns.  Each execution ends
 * when every one of those threads has; then come what undis_at_end was given, and the drivers' unload
 * routines.  The program is run again for every interleaving: it must depend on nothing outside.
 */
#ifndef UNDIS_EXPLORE_H
#define UNDIS_EXPLORE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The program's own: called once an execution. */
void undis_scenario(void);

/* Starts a thread that runs body(argument) at PASSIVE_LEVEL and stays on that processor (below the number
 * given by --processors).  From undis_scenario or from a thread; <= APC_LEVEL. */
void undis_thread(unsigned processor, void (*body)(void *argument), void *argument);

/* Waits until every thread that the caller started has ended; PASSIVE_LEVEL. */
void undis_join(void);

/* For undis_interrupt: the first processor, or with `undis explore --any-processor` whichever takes it first;
 * under `undis run` any. */
#define UNDIS_ANY_PROCESSOR (~0u)

/*
 * An interrupt, as a device would cause it: service(interrupt, argument) runs on that processor at `irql` (3
 * to 11) under the interrupt spin lock, once for each undis_interrupt_raise - but of those that come while
 * one is on its way only one.  It returns TRUE.  What is returned here is a PKINTERRUPT, for
 * KeSynchronizeExecution and KeAcquireInterruptSpinLock.  From undis_scenario; at most 8.  After the last
 * thread's end none comes any more.
 */
struct _KINTERRUPT *undis_interrupt(unsigned processor, unsigned char irql,
                                    unsigned char (*service)(struct _KINTERRUPT *interrupt, void *argument),
                                    void *argument);
/* Any IRQL. */
void undis_interrupt_raise(struct _KINTERRUPT *interrupt);

/* Something that must hold: a failure is the finding AssertionFailed, and ends the execution.  Any IRQL. */
#define undis_assert(condition)                                                                              \
    ((condition) ? (void)0 : undis_assertion_failed(#condition, __FILE__, __LINE__))
void undis_assertion_failed(const char *condition, const char *file, int line);

/* A condition that must hold at every step; `holds` reads memory and has no effect.  At most 8. */
void undis_invariant(const char *name, bool (*holds)(void *argument), void *argument);

/* Called when every thread has ended, on processor 0 at PASSIVE_LEVEL.  At most 8. */
void undis_at_end(void (*check)(void *argument), void *argument);

/* An execution in which the condition is false is of no interest: it ends here and counts as neither. */
void undis_assume(bool condition);

/* One of 0 .. count-1; the explored engine tries each. */
unsigned undis_choose(unsigned count);

#ifdef __cplusplus
}
#endif
#endif
