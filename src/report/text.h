/*
 * text.h - between the files that print a report as text.
 */
#ifndef UNDIS_REPORT_TEXT_H
#define UNDIS_REPORT_TEXT_H

#include <jansson.h>

#include <stdint.h>
#include <stdio.h>

void text_finding(FILE *out, const json_t *finding);

/* A member's value; "" or 0 when there is none. */
const char *text_get(const json_t *object, const char *key);
uint64_t number_get(const json_t *object, const char *key);

#endif
