/*
 * acceptance.h - what is required of undis, as ratios within one run.
 */
#ifndef UNDIS_BENCH_ACCEPTANCE_H
#define UNDIS_BENCH_ACCEPTANCE_H

#include <stdbool.h>

struct acceptance {
    char text[96];
    bool at_most;              /* else at least */
    double required, measured; /* NAN when what it is made of was not measured */
    bool met;
};

/* Judges the results and prints a line for each requirement.  Returns how many were missed. */
unsigned acceptance_print(void);

unsigned acceptance_count(void);
const struct acceptance *acceptance_at(unsigned index);

#endif
