/*
 * faults.h - between the files of `undis run --faults`.
 *
 * A first run, in a process of its own, notes the places at which a call may fail (scenario/faults.h); then
 * each place has a run in which its call fails, in a process of its own too.
 */
#ifndef UNDIS_CLI_FAULTS_H
#define UNDIS_CLI_FAULTS_H

#include "cli/run_options.h"

#include <jansson.h>

/* Runs in a child process.  A run that could be made leaves an object with
 *   "ran", "happened", "failed" (booleans), "ended" (how the driver ended), "scenario", "inconclusive",
 *   "findings" (report.h) and, without a fault, "places": [{function, hash, calls, stack}]. */
struct faults_child {
    struct cli_child child;
    size_t number;
};
/* NULL `fault`: without one.  False after one line on stderr. */
bool faults_child_start(struct faults_child *child, const struct run_options *options,
                        const struct run_fault *fault);
/* What it left, after its end; NULL, and *signal, when it crashed. */
json_t *faults_child_take(struct faults_child *child, int status, int *signal);

/* All runs; returns the exit status of the process.  `words` is the command line as it was given. */
int faults_run(const struct run_options *options, int argc, char **words);

/* The runs' results, as one report. */
bool faults_print_text(FILE *out, const void *report);
bool faults_print_json(FILE *out, const void *report);

/* "FUNCTION@HASH" into text, as --fault takes it. */
#define FAULT_NAME 96
void faults_name(const char *function, uint32_t hash, char text[FAULT_NAME]);

#endif
