/*
 * results.h - what was measured: samples by measure, contender and number of processors, in the order in
 * which they came up.
 */
#ifndef UNDIS_BENCH_RESULTS_H
#define UNDIS_BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

struct result {
    const char *measure;   /* "pair", "contended" ...: measures/ */
    const char *contender; /* contender.h, or what the measure has itself */
    unsigned processors;
    const char *unit;
    size_t count, room;
    double *samples;
};

/* Notes one sample.  The strings are kept, not copied. */
void result_add(const char *measure, const char *contender, unsigned processors, const char *unit,
                double value);

size_t result_count(void);
struct result *result_at(size_t index);
/* NULL when it was not measured. */
struct result *result_find(const char *measure, const char *contender, unsigned processors);

double result_median(struct result *result);
/* The quartiles: half of the samples lie between them. */
double result_low(struct result *result);
double result_high(struct result *result);
/* The largest sample. */
double result_most(struct result *result);

/* The median of such a result, NAN when there is none. */
double result_of(const char *measure, const char *contender, unsigned processors);

/* Says that a measurement makes no sense, and why; the run then ends with an error. */
void result_broken(const char *what, const char *who);
bool result_any_broken(void);

#endif
