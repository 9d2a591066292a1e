/*
 * measure.h - the kinds of measure, one file each.
 *
 * A measure runs in rounds; in each round it takes one sample of every contender in turn, so that all see
 * the same machine.
 */
#ifndef UNDIS_BENCH_MEASURE_H
#define UNDIS_BENCH_MEASURE_H

#include <stdbool.h>

struct contender;

struct plan {
    bool quick;                 /* one short round of everything: does it work? */
    unsigned processors;        /* the most */
    const char *locks;          /* names of contenders, with commas between them; NULL: all */
    const char *build, *source; /* directories, NULL when what needs them is to be left out */
};

/* Is it to be measured? */
bool plan_has(const struct plan *plan, const struct contender *contender);

/* "pair", "read pair", "pop and push", "call": nanoseconds of one alone, on a lock that nobody else has used;
 * "pair shared": on one that two have just fought for. */
void measure_pairs(const struct plan *plan);

/* "contended", "contended long": million pairs a second of all together, by number of processors; with
 * " Jain" and " wait" behind the name Jain's index and the longest wait in microseconds. */
void measure_contended(const struct plan *plan);

/* "contended for 1.5 s", and " Jain for 1.5 s": the same over a time in which every member has many turns. */
void measure_fairness(const struct plan *plan);

/* "lists": million pops and pushes a second of all together. */
void measure_lists(const struct plan *plan);

/* "reads 100/0" and so on: million pairs a second of all together, so many of a hundred being reads. */
void measure_reads(const struct plan *plan);

/* "interrupt": nanoseconds from a line being raised, or a signal sent, to the first line of the service
 * routine or handler, on the processor itself; "interrupt from a device": from another host thread. */
void measure_interrupts(const struct plan *plan);

/* "frame": nanoseconds of processor time a frame through the miniport; "pair in a program", "Dpr pair in a
 * program": of a pair in a driver.  By build of undis, and of the equivalent pthread program by tool. */
void measure_price(const struct plan *plan);

#endif
