/*
 * machine.h - the simulated machine under the explored engine: one host thread, every choice asked for.
 *
 * machine_open builds the processors and runs `body` in a system thread on processor 0 up to the first step
 * at which more than one actor could go on; there it takes a snapshot.  Each machine_execute puts the machine
 * back to that moment and runs it to its end, asking `search` at every step.  Until the next machine_execute
 * the machine can be looked at: its findings (report/finding.h), its actors, what the scenario left behind.
 *
 * All of these are called on the main host thread, outside the machine.
 */
#ifndef UNDIS_ENGINE_EXPLORE_MACHINE_H
#define UNDIS_ENGINE_EXPLORE_MACHINE_H

#include "engine/explore/search/search.h"
#include "report/finding.h"

struct machine_options {
    unsigned processors;
    uint64_t seed;       /* of NDIS's choices that are not explored (none at present) */
    bool tso;            /* --memory tso: store buffers */
    unsigned ticks;      /* how often virtual time may go on while something else could run; then only when
                            nothing can */
    unsigned failures;   /* most allocations that fail in one execution, each by a CHOICE */
    unsigned migrations; /* most times that threads change processor without being told to */
    uint32_t steps;      /* an execution ends when it has taken so many (END_STEPS); 0: 20000 */
    double watchdog_seconds;   /* longest time without a step; 0: 5 */
    const void *const *images; /* an address in each driver image: their data is the machine's */
    unsigned image_count;
    bool anywhere; /* an interrupt may come to any processor that its line allows, not only to the first */
    bool all_accesses; /* no filter: accesses that only one actor makes are steps too */
};

bool machine_open(const struct machine_options *options, void (*body)(void *argument), void *argument,
                  char *error, size_t error_size);
void machine_close(void);

/* What a traced execution reports before each step is taken. */
struct machine_step {
    size_t index;
    unsigned actor;
    unsigned value; /* of a CHOICE */
    const struct op *op;
    struct stack_trace stack; /* driver frames, innermost first; depth 0 for DPC, ISR and clock entries */
    unsigned lock_count;      /* spin locks held by the processor before the step */
    const void *locks[FINDING_LOCKS];
};
typedef void machine_trace(const struct machine_step *step, void *argument);

/*
 * Runs one execution and tells how it ended.  search_begin and search_end are called in it.  `trace` may be
 * NULL.
 */
enum search_end machine_execute(struct search *search, machine_trace *trace, void *argument);

/*
 * True when the last execution found memory that two actors touch and that no step had been made of so far.
 * From now on it is a step; a search that is to be complete must begin anew.
 */
bool machine_grew(void);
/*
 * What was learnt, as lines of text, so that another process counts the same actors and steps: who the actors
 * are, and which memory is shared.  Read it after machine_open; false when a line is none, or when it is of
 * another machine.
 */
void machine_shared_write(FILE *out);
bool machine_shared_read(FILE *in);

unsigned machine_actors(void);
/* "thread 3", "DPC of processor 0", "ISR of unic on processor 1", "clock" */
const char *machine_actor_name(unsigned actor);
int machine_actor_processor(unsigned actor); /* -1: none */

/* Instrumented accesses were seen: else the driver was built without --instrument. */
bool machine_sees_accesses(void);
/* What left something out apart from the search's own bounds, as text for `complete`, or NULL. */
const char *machine_bounds(void);

uint64_t machine_peek(uintptr_t address, unsigned size); /* for search_options.peek */

#endif
