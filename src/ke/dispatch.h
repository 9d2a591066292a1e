/*
 * dispatch.h - between the files of src/ke: what delivery, the scheduler and the clock want of each
 * other.  No other layer includes it.
 */
#ifndef UNDIS_KE_DISPATCH_H
#define UNDIS_KE_DISPATCH_H

#include "ke/event.h"
#include "ke/processor.h"
#include "ke/thread.h"

/* Reports an IRQL change that is not skippable; interrupts are masked or about to be. */
static inline void ke_irql_report(KIRQL old, KIRQL irql, enum irql_cause cause)
{
    event_send(EVENT_IRQL, NULL, old, irql, (uintptr_t)cause, 0);
}

/* processor.c */
void ke_interrupt_arrived(const struct host_registers *registers);

/* bugcheck.c */
bool ke_is_frozen(void);
void ke_freeze_here(void) __attribute__((noreturn));
void ke_freeze_all(void);
/* Not 0: the run is over its limit by taking that many nanoseconds; then a processor is asked for that
 * reason. */
extern volatile uint64_t ke_operation_took;
void ke_watchdog_bite(struct ke_processor *processor, const struct host_registers *registers);
void ke_fault_arrived(enum host_fault fault, uintptr_t address, bool write,
                      const struct host_registers *registers);

/* line.c: runs the service routines of the lines of that level that wait for this processor; at `level`. */
void ke_lines_serve(struct ke_processor *processor, KIRQL level);
/* The same for one line, by its number; and what it is. */
void ke_line_serve_on(struct ke_processor *processor, unsigned line);
struct ke_line *ke_line_numbered(unsigned line);
const char *ke_line_name(const struct ke_line *line);

/* dpc.c: runs this processor's DPCs; at DISPATCH_LEVEL. */
void ke_dpc_drain(void);
bool ke_dpc_run_next(struct ke_processor *processor); /* false: there was none */
/* What is taken off a DPC queue unrun, as an object of steps: the end of a DPC looks at it. */
extern const char ke_dpc_removal;
PRKDPC ke_dpc_first(struct ke_processor *processor); /* the next to run, NULL for none */
void ke_dpc_initialize_processor(struct ke_processor *processor);
bool ke_dpc_any_queued(void);

/* timer.c.  The dispatcher guard is held for those marked (g). */
void ke_timers_expire(void);
bool ke_timer_insert(PKTIMER timer, uint64_t due);    /* (g) */
bool ke_timer_remove(PKTIMER timer);                  /* (g) */
uint64_t ke_timer_deadline(const LARGE_INTEGER *due); /* KeSetTimer's due time in the engine's clock */
bool ke_timers_one_shot_armed(void);                  /* (g) one that is not some thread's time-out */
bool ke_timers_are_periodic(void);                    /* all that are armed */
bool ke_timers_any_armed(void);                       /* (g) */

/* sched.c: the dispatcher guard and the ready list. */
extern struct ke_guard ke_dispatcher;
void ke_thread_ready(struct _KTHREAD *thread); /* (g) */
void ke_thread_block(void);                    /* (g) the caller has set its state; returns when readied */
void ke_thread_preempt(void);                  /* at DISPATCH_LEVEL */
bool ke_thread_is_waiting_for(const struct ke_processor *processor);
void ke_thread_follow_affinity(void);
unsigned ke_ready_threads(void);
bool ke_nothing_runs(void); /* every processor idles, nothing is ready or pending */
void ke_idle_loop(struct ke_processor *processor);
void ke_idle_stop(void);

/* run.c */
void ke_processors_prepare(unsigned count, uint64_t seed);
struct _KTHREAD *ke_body_start(void (*body)(void *argument), void *argument);

/* wait.c */
void ke_wait_test(DISPATCHER_HEADER *object); /* (g) object became signalled */
void ke_wait_timed_out(PKTIMER timer);        /* (g) */
bool ke_timer_is_timeout(const KTIMER *timer);

#endif
