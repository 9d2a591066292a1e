/*
 * number.h - numbers as a person reads them.
 */
#ifndef UNDIS_REPORT_NUMBER_H
#define UNDIS_REPORT_NUMBER_H

#include <stdint.h>

/* "1,234,567"; returns text. */
const char *number_grouped(uint64_t value, char text[32]);

/* "850 ns", "4.2 us", "13 ms", "2.1 s"; returns text. */
const char *number_duration(uint64_t ns, char text[32]);

/* "PASSIVE_LEVEL", "DISPATCH_LEVEL", "DIRQL 5", "HIGH_LEVEL"; returns text or a constant. */
const char *number_irql(unsigned irql, char text[32]);

#endif
