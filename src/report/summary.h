/*
 * summary.h - what a run did: time at each IRQL, interrupts, locks.
 *
 * The numbers are gathered in the checked build by a listener of events, which offers them here.
 */
#ifndef UNDIS_REPORT_SUMMARY_H
#define UNDIS_REPORT_SUMMARY_H

#include "ke/processor.h"

#include <stdio.h>

enum summary_level { SUMMARY_PASSIVE, SUMMARY_APC, SUMMARY_DISPATCH, SUMMARY_DEVICE, SUMMARY_LEVELS };

struct processor_summary {
    uint64_t ns[SUMMARY_LEVELS];
    uint64_t interrupts, dpcs;
};

/* All spin locks that were made at one place in the driver. */
struct lock_summary {
    uintptr_t made_at; /* return address; 0: unknown */
    uint64_t locks;
    uint64_t acquired, contended;
    uint64_t longest_hold_ns;
    uintptr_t longest_at; /* where the longest hold began */
};

#define SUMMARY_LOCKS 64

struct run_summary {
    unsigned processors;
    struct processor_summary processor[KE_MAXIMUM_PROCESSORS];
    unsigned lock_count; /* the most acquired first */
    unsigned locks_left_out;
    struct lock_summary lock[SUMMARY_LOCKS];
};

/* Fills in a summary; NULL when nobody counts (the free build). */
extern void (*summary_source)(struct run_summary *summary);

/* Returns false when there is nothing to summarise. */
bool summary_take(struct run_summary *summary);

void summary_print(FILE *out, const struct run_summary *summary);

#endif
