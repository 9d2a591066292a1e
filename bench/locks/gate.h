/*
 * gate.h - a round of a contended measure: when it begins and ends, what the critical section does, and
 * whether the lock excluded.
 */
#ifndef UNDIS_BENCH_GATE_H
#define UNDIS_BENCH_GATE_H

#include "crew.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum gate_phase {
    GATE_CLOSED,
    GATE_COUNTING, /* pairs are counted and nothing else is done */
    GATE_TIMING,   /* each wait is timed as well, which costs two looks at the clock a pair */
    GATE_OVER
};

struct gate {
    volatile enum gate_phase phase;
    unsigned length; /* of the critical section: so many additions beyond the four counters */
    unsigned writes; /* of a hundred pairs of a reader/writer lock */
    /* What the lock guards, away from the phase, which is read all the time. */
    volatile uint64_t counters[4] __attribute__((aligned(128)));
    volatile uint64_t touched __attribute__((aligned(128)));
};
extern struct gate gate;

/* The section of a pair alone: one plain increment. */
static inline void gate_touch(void)
{
    gate.touched = gate.touched + 1;
}

/* The section under contention: four counters, and more work on the last one if it is to be long. */
static inline void gate_count(void)
{
    for (unsigned i = 0; i < 4; i++) {
        gate.counters[i] = gate.counters[i] + 1;
    }
    for (unsigned i = 0; i < gate.length; i++) {
        gate.counters[3] = gate.counters[3] ^ i;
    }
}

/* The section of a reader. */
static inline void gate_look(void)
{
    (void)gate.counters[0], (void)gate.counters[1], (void)gate.counters[2];
}

static inline uint64_t gate_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void gate_waited(struct member *self, uint64_t since)
{
    uint64_t waited = gate_now() - since;
    if (waited > self->longest_wait) {
        self->longest_wait = waited;
    }
}

/* Makes everything ready for a round. */
void gate_close(unsigned length, unsigned writes);

/* While a crew of contenders waits: lets it go on for so many seconds before gate_open is called. */
void gate_warm(double seconds);

/*
 * While a crew of contenders waits, or has warmed up: lets it count for so many seconds, then time its waits
 * for so many, and shuts. Returns the seconds for which it really counted.
 */
double gate_open(double counting, double timing);

/* After the round: whether so many sections were entered, and none lost. */
bool gate_excluded(uint64_t sections);

#endif
