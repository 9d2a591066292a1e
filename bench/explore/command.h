/*
 * command.h - runs a program and says what it cost.
 */
#ifndef UNDIS_BENCH_EXPLORE_COMMAND_H
#define UNDIS_BENCH_EXPLORE_COMMAND_H

#include <stdbool.h>

#define COMMAND_OUTPUT (1u << 20)

struct command_result {
    int status;                  /* exit status; -1: did not run or was killed */
    double cpu, seconds;         /* processor time of the program and its children; time on the wall */
    char output[COMMAND_OUTPUT]; /* its standard output */
};

/* Runs argv[0], found by PATH; standard error is dropped.  Killed after `limit` seconds of processor time. */
void command_run(char *const *argv, unsigned limit, struct command_result *result);

#endif
