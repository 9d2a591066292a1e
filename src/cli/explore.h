/*
 * explore.h - the parts of `undis explore`, `undis replay` and `undis merge`.
 *
 * A process can host one machine and one scenario.  So the verb itself never opens a machine: each scenario,
 * and each worker of --jobs, is a child process, which hands back its part of the report as JSON.
 */
#ifndef UNDIS_CLI_EXPLORE_H
#define UNDIS_CLI_EXPLORE_H

#include "cli/cli.h"

#include "engine/explore/loop.h"
#include "engine/explore/files/units.h"
#include "scenario/scenario.h"

#include <jansson.h>

#define EXPLORE_FINDINGS 1000000 /* that can be asked for */

struct explore_options {
    const char *verb; /* for messages */
    struct scenario_options scenario;
    const char **drivers;
    struct cli_report report;
    const char *save_schedule;
    struct cli_rule_list rules;
    struct cli_registry registry;
    uint64_t max_findings;
    bool require_complete, keep_going, progress, tso, all_accesses, anywhere;
    enum loop_strategy strategy;
    uint64_t executions; /* 0: no limit */
    double seconds;      /* 0: the default limit, or none when there is one of executions */
    int preemptions;     /* -1: no bound */
    int ticks;           /* -1: the scenario's */
    unsigned failures, migrations;
    bool prints;
    uint32_t steps;        /* 0: the machine's default */
    unsigned jobs;         /* 1: none */
    unsigned split;        /* 0: no */
    const char *directory; /* of --split */
    const char *unit;      /* file */
    uint32_t seen;         /* options (cli_option_once) */
};

/* As run_options_parse. */
bool explore_options_parse(struct explore_options *options, int argc, char **argv);
/* Those that decide what an execution is become what the setup says; it must outlive them. */
void explore_options_take(struct explore_options *options, const struct setup *setup);
void explore_options_free(struct explore_options *options);
bool explore_is_directory(const char *path); /* NULL is none */
const char *explore_strategy_name(enum loop_strategy strategy);
bool explore_strategy_find(const char *name, enum loop_strategy *strategy);

/* The scenarios that are meant: the one named, or all that fit the drivers.  Their names in an array that the
 * caller frees, *count of them; NULL with *status set after one line on stderr. */
const char **explore_scenarios(const struct explore_options *options, size_t *count, int *status);

/* ---- in a child (explore_machine.c, explore_part.c) ------------------------------------------------- */

struct explore_machine {
    const struct explore_options *options;
    struct scenario_options scenario; /* must stay where it is */
    const void *images[SETUP_DRIVERS];
    struct setup setup;
    uint64_t executions, ran; /* executions looked at; those in which the scenario could be run */
    char error[8192];         /* what the scenario said last */
};

/*
 * Loads the drivers and opens the machine for that scenario; `shared`, when not NULL, is what other processes
 * have learnt.  Returns CLI_CLEAN, or a status after one line on stderr.  Once a process.
 */
int explore_machine_open(struct explore_machine *machine, const struct explore_options *options,
                         const char *scenario, const char *shared);
/* The options of a loop on it. */
struct loop_options explore_loop_options(struct explore_machine *machine);

/*
 * What came of it, as data: how it was searched, and the findings.  Schedules are saved: the first one's file
 * is `first` if not NULL, the others' names begin with `prefix`.
 */
json_t *explore_part(struct explore_machine *machine, struct loop_result *result, const char *first,
                     const char *prefix);
/* The directory that schedules go to by default is there from the first one on. */
void explore_make_parent(const char *path);
/* The command line that replays a schedule; malloc'ed. */
char *explore_replay_command(const struct explore_options *options, const char *path);
/* CLI_CLEAN, or the status with which the child ends after one line on stderr. */
int explore_machine_verdict(struct explore_machine *machine, const struct loop_result *result);

/* Set to 1 by SIGINT and SIGTERM: finish and report. */
extern volatile sig_atomic_t explore_stop;
void explore_catch_signals(void);

/* ---- children (explore_child.c) --------------------------------------------------------------------- */

/* Waits; its exit status (CLI_INTERNAL after a crash, with one line on stderr), and what it wrote as JSON or
 * NULL. */
int explore_child_wait(struct cli_child *child, json_t **part);

/* ---- reports (explore_report.c) ---------------------------------------------------------------------- */

/* A report without scenarios; explore_report_add adds a part and takes it over. */
json_t *explore_report_begin(const struct explore_options *options);
void explore_report_add(json_t *report, json_t *part, size_t max_findings);
/* Verdict and totals; prints; the exit status. */
int explore_report_end(json_t *report, const struct explore_options *options);

/* ---- a search in parts (explore_split.c, explore_unit.c, explore_merge.c, explore_jobs.c) ------------ */

/* undis explore --split, and --unit. */
int explore_split(const struct explore_options *options);
int explore_unit(const struct explore_options *options);

/* Writes units for what the open machine's search is to do, numbered from `first` on; adds their checksums
 * (as text) to `units`.  False after one line on stderr. */
bool explore_units_make(struct explore_machine *machine, const char *directory, size_t first, size_t wanted,
                        json_t *units);
/* Writes the list of all units. */
bool explore_units_list(const char *directory, const json_t *units);

/* Executes a unit on the machine that was opened for it, within `limits`, and writes its result, complete or
 * not.  The part, or NULL after one line on stderr: then there is no result, as after a signal. */
json_t *explore_unit_run(struct explore_machine *machine, const struct unit_file *unit, const char *path,
                         const struct loop_options *limits);

/* Adds up the results in a directory: a part for each scenario into the report, and what is missing into its
 * notes. *options gets processors and seed.  False after one line on stderr. */
bool explore_merge(const char *directory, json_t *report, struct explore_options *options);
/* What the units of a directory found to be shared beyond what they were made with; malloc'ed, NULL: nothing.
 */
char *explore_merge_shared(const char *directory, const char *scenario);

/* One scenario by --jobs processes; its part, or NULL with *status set. */
json_t *explore_jobs(const struct explore_options *options, const char *scenario, const char *first,
                     const char *prefix, int *status);

#endif
