/*
 * command.h - runs other programs: what they print and how much processor time they take.
 */
#ifndef UNDIS_BENCH_COMMAND_H
#define UNDIS_BENCH_COMMAND_H

#include <stdbool.h>

struct command_result {
    char output[8192]; /* the beginning of standard output and error */
    double seconds;    /* of processor time, the user's and the system's */
};

/* False when it cannot be run or does not end well. */
bool command_run(char *const arguments[], struct command_result *result);

/* Is there a program of that name in the PATH? */
bool command_exists(const char *name);

#endif
