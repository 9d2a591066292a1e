/*
 * results.c - samples and their medians.
 */
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct result *results;
static size_t result_total;
static bool any_broken;

struct result *result_find(const char *measure, const char *contender, unsigned processors)
{
    for (size_t i = 0; i < result_total; i++) {
        struct result *result = &results[i];
        if (result->processors == processors && strcmp(result->measure, measure) == 0 &&
            strcmp(result->contender, contender) == 0) {
            return result;
        }
    }
    return NULL;
}

static void *grown(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes);
    if (memory == NULL) {
        fputs("bench: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static struct result *result_make(const char *measure, const char *contender, unsigned processors,
                                  const char *unit)
{
    results = grown(results, (result_total + 1) * sizeof(*results));
    results[result_total] = (struct result){measure, contender, processors, unit, 0, 0, NULL};
    return &results[result_total++];
}

void result_add(const char *measure, const char *contender, unsigned processors, const char *unit,
                double value)
{
    struct result *result = result_find(measure, contender, processors);
    if (result == NULL) {
        result = result_make(measure, contender, processors, unit);
    }
    if (result->count == result->room) {
        result->room = 2 * result->room + 4;
        result->samples = grown(result->samples, result->room * sizeof(double));
    }
    if (!isfinite(value)) {
        result_broken(measure, contender);
    }
    result->samples[result->count++] = value;
}

size_t result_count(void)
{
    return result_total;
}

struct result *result_at(size_t index)
{
    return &results[index];
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(struct result *result, double part)
{
    qsort(result->samples, result->count, sizeof(double), compare);
    return result->samples[(size_t)((double)(result->count - 1) * part + 0.5)];
}

double result_median(struct result *result)
{
    return quantile(result, 0.5);
}

double result_low(struct result *result)
{
    return quantile(result, 0.25);
}

double result_high(struct result *result)
{
    return quantile(result, 0.75);
}

double result_most(struct result *result)
{
    return quantile(result, 1);
}

double result_of(const char *measure, const char *contender, unsigned processors)
{
    struct result *result = result_find(measure, contender, processors);
    return result != NULL ? result_median(result) : NAN;
}

void result_broken(const char *what, const char *who)
{
    any_broken = true;
    fprintf(stderr, "bench: %s: %s: this measurement makes no sense\n", what, who);
}

bool result_any_broken(void)
{
    return any_broken;
}
