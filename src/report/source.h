/*
 * source.h - lines of a driver's source, for reports.
 */
#ifndef UNDIS_REPORT_SOURCE_H
#define UNDIS_REPORT_SOURCE_H

#include <stddef.h>

/* The line without blanks around it, cut to fit, on one line of printable text; "" when there is none or the
 * file cannot be read.  Main host thread. */
void source_line(const char *file, int line, char *text, size_t size);

/* Frees what source_line has read. */
void source_end(void);

#endif
