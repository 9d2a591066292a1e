/*
 * clock.h - between run.c and time.c: the wall-clock time at which the run started.
 */
#ifndef UNDIS_KE_CLOCK_H
#define UNDIS_KE_CLOCK_H

#include <stdint.h>

/* `system_time`: 100 ns units since 1601. */
void ke_clock_start(uint64_t system_time);

#endif
