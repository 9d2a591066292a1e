/*
 * faults.h - makes one call of a driver fail that could have failed on Windows (`undis run --faults`).
 *
 * A place is a function of the DDI together with the driver's call stack that leads to it, from the callback
 * that NDIS or the kernel made: two calls through the same stack are one place.  Its hash is of the return
 * addresses relative to their images, so that it names the same place in the next process.
 */
#ifndef UNDIS_SCENARIO_FAULTS_H
#define UNDIS_SCENARIO_FAULTS_H

#include "report/finding.h"

struct fault_place {
    const char *function;
    uint32_t hash;
    uint32_t calls; /* that came through it */
    struct stack_trace trace;
};

/* Notes the places that the run comes through.  Before the machine starts.  False: this build fails no calls.
 */
bool faults_watch(void);

/* And makes the nth call (from 1) through the place fail that has that function and hash.  `function` must
 * outlive the run. */
bool faults_choose(const char *function, uint32_t hash, uint32_t nth);

/* Has the chosen call failed?  In the machine and afterwards. */
bool faults_happened(void);

/* The places, after the run. */
size_t faults_count(void);
const struct fault_place *faults_at(size_t index);
/* Calls whose place found no room any more. */
uint64_t faults_lost(void);

#endif
