/*
 * atomicity.h - why an assertion failed: a value was written that rested on what had changed meanwhile.
 */
#ifndef UNDIS_REPORT_ATOMICITY_H
#define UNDIS_REPORT_ATOMICITY_H

#include "report/table.h"

/*
 * The same actor reads and writes one place of memory under one lock that it has given up in between, does
 * not look at the place again, and another one has written it under that lock meanwhile.
 */
struct atomicity {
    size_t read, changed, written; /* indices of the steps, in this order */
    const void *lock;
};

/* The last one among the steps; false: there is none. */
bool atomicity_find(const struct table_step *steps, size_t count, struct atomicity *found);

/*
 * The same as docs/findings.md describes it: {data, read, changed, written}, each of the last three with the
 * actor and the number of the step.  NULL: there is none.  The images are still mapped.
 */
json_t *atomicity_object(const struct table_step *steps, size_t count, const char *(*name)(unsigned actor));

#endif
