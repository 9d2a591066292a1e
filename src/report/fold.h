/*
 * fold.h - one finding for one place in the source, where the compiler has made copies of it or several
 * accesses.
 */
#ifndef UNDIS_REPORT_FOLD_H
#define UNDIS_REPORT_FOLD_H

#include <jansson.h>
#include <stdbool.h>

/* Are they of one place in copies of one function, or races of the same two lines? */
bool report_is_same_place(const json_t *a, const json_t *b);

/* Appends a finding; one that only another copy of the same function has made is counted with the first. */
void report_append(json_t *findings, json_t *finding);

#endif
