/*
 * program.h - a closed program's life (include/undis/explore.h): undis_scenario, its threads, their end.
 *
 * Everything here runs in the machine, its state is part of the machine's memory.
 */
#ifndef UNDIS_SCENARIO_PROGRAM_H
#define UNDIS_SCENARIO_PROGRAM_H

#include <stdbool.h>

/*
 * Calls a program's undis_scenario, waits until every thread that it and they started has ended, and makes
 * the checks at the end.  PASSIVE_LEVEL.
 */
void program_run(void (*scenario)(void));

/* The functions of undis/explore.h, at the IRQLs that it gives. */
void program_thread(unsigned processor, void (*body)(void *argument), void *argument);
void program_join(void);
void program_at_end(void (*check)(void *argument), void *argument);
/* Reports what was expected and ends the execution. */
void program_fail(const char *expected) __attribute__((noreturn));

#endif
