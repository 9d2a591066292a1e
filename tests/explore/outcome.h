/*
 * outcome.h - what a search over a model program came to, for comparison.
 */
#ifndef UNDIS_TESTS_EXPLORE_OUTCOME_H
#define UNDIS_TESTS_EXPLORE_OUTCOME_H

#include "model.h"

/* A set of hashes. */
struct set {
    uint64_t *slot;
    size_t capacity, count;
};
bool set_add(struct set *set, uint64_t value); /* false: it was there */
bool set_has(const struct set *set, uint64_t value);
bool set_includes(const struct set *set, const struct set *other);
bool set_equals(const struct set *a, const struct set *b);
void set_free(struct set *set);

struct outcome {
    bool finished;
    struct set classes;   /* of executions that no finding stopped */
    struct set conflicts; /* their classes as far as conflicts tell, whoever had which processor */
    struct set states;    /* what they left */
    struct set stops;
    uint64_t duplicates; /* executions of a class that had been seen */
    uint64_t within;     /* executions with at most `bound` preemptions */
    struct search_counts counts;
};

/* Searches to the end, or up to `limit` executions; adds to *outcome, which may hold other searches' already.
 */
void outcome_add(struct outcome *outcome, const struct model_program *program,
                 const struct search_options *options, uint64_t limit, unsigned bound);
void outcome_free(struct outcome *outcome);

#endif
