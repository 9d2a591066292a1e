/*
 * crew.h - those who run a measure: host threads, or system threads of the simulated machine, one on each of
 * its processors.  Both crews exist all the time and sleep when they have nothing to do.
 *
 * The machine is started once; everything but the crews' own work runs on a host thread beside it.
 */
#ifndef UNDIS_BENCH_CREW_H
#define UNDIS_BENCH_CREW_H

#include <stdbool.h>
#include <stdint.h>

#define CREW_MAXIMUM 64u

enum place {
    ON_HOST,      /* a host thread */
    ON_PROCESSOR, /* a simulated processor at PASSIVE_LEVEL */
    ON_RAISED     /* a simulated processor at DISPATCH_LEVEL */
};

struct member {
    unsigned number;
    volatile uint64_t pairs; /* while nothing was timed; others look at it meanwhile */
    uint64_t timed_pairs;    /* while the waits were timed */
    uint64_t written;        /* pairs of a reader/writer lock that wrote */
    uint64_t longest_wait;   /* nanoseconds */
} __attribute__((aligned(128)));

/*
 * Starts both crews, of `size` members each, calls `conduct` on a host thread and returns when it has
 * returned and both crews are gone.  False when they could not be started.
 */
bool crew_with(unsigned size, void (*conduct)(void));

/*
 * From `conduct`: `count` members of the crew there call prepare (member 0 alone; may be NULL), wait for each
 * other, and call work.  crew_start returns when all of them stand ready and have been let go, crew_wait when
 * all have come back.
 */
void crew_start(enum place place, unsigned count, void (*prepare)(void), void (*work)(struct member *));
void crew_wait(void);

/* A member of the crew that is at work: its counts stay until the next crew_start. */
struct member *crew_member(unsigned number);
static inline struct member *crew_first(void)
{
    return crew_member(0);
}

#endif
