/*
 * measure.h - the kinds of measure, one file each.
 *
 * A measure runs in rounds; in each round it takes one sample of every contender in turn, so that all see
 * the same machine.
 */
#ifndef UNDIS_BENCH_MEASURE_H
#define UNDIS_BENCH_MEASURE_H

#include <stdbool.h>

struct plan {
    bool quick;          /* one short round of everything: does it work? */
    unsigned processors; /* the most */
};

/* "pair": nanoseconds of a pair alone, on a lock that nobody else has used; "pair shared": on one that
 * two have just fought for. */
void measure_pairs(const struct plan *plan);

/* "contended", "contended long": million pairs a second of all together, by number of processors; with
 * " Jain" and " wait" behind the name Jain's index and the longest wait in microseconds. */
void measure_contended(const struct plan *plan);

#endif
