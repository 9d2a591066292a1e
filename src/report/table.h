/*
 * table.h - a schedule as a table that a person can follow: a column for each processor, a row for each step.
 *
 * The rows are data (JSON); the text is printed from them, in this process or another one.
 */
#ifndef UNDIS_REPORT_TABLE_H
#define UNDIS_REPORT_TABLE_H

#include "ke/step.h"
#include "report/finding.h"

#include <jansson.h>
#include <stdio.h>

#define TABLE_FRAMES 4

struct table_step {
    unsigned actor;
    int processor;  /* -1: none */
    unsigned value; /* of a CHOICE */
    bool forced;    /* the schedule forced the switch to this actor */
    struct op op;
    unsigned depth; /* of pc: driver frames, innermost first */
    uintptr_t pc[TABLE_FRAMES];
    unsigned lock_count;
    const void *locks[FINDING_LOCKS];
};

/*
 * Rows as docs/findings.md describes them.  Steps that one actor takes one after another on one line of the
 * source are one row.  `name` tells who an actor is.  The images are still mapped.
 */
json_t *table_rows(const struct table_step *steps, size_t count, const char *(*name)(unsigned actor));

/* The rows as text, each line indented.  A long stay on one actor is cut in the middle. */
void table_print(FILE *out, const json_t *rows);

#endif
