/*
 * bugcheck.h - the names that Windows gives to bug check codes.
 */
#ifndef UNDIS_REPORT_BUGCHECK_H
#define UNDIS_REPORT_BUGCHECK_H

#include <stdint.h>

/* The name, or "" for a code that is not in the table (a driver may invent its own). */
const char *bugcheck_name(uint32_t code);

#endif
