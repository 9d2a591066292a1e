/*
 * cli.h - the `undis` command: one file per verb, and what the verbs share.
 *
 * Every verb parses its own options with argp and returns the exit status of the process.
 */
#ifndef UNDIS_CLI_CLI_H
#define UNDIS_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct scenario_options;

enum cli_status {
    CLI_CLEAN = 0,    /* no finding of severity error */
    CLI_FINDINGS = 1, /* findings of severity error */
    CLI_USAGE = 2,    /* bad usage or bad input */
    CLI_INTERNAL = 3, /* undis itself failed */
};

struct cli_verb {
    const char *name;
    const char *arguments; /* for the list of verbs */
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the verb */
};
extern const struct cli_verb cli_verbs[]; /* ends with a NULL name */

int cli_run(int argc, char **argv);
int cli_explore(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_merge(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_cc(int argc, char **argv);

/* Prints "undis: " and the message as one line on stderr.  Returns CLI_USAGE. */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Parses a verb's options.  Handles --help (prints and exits with 0).  Returns false after one line on
 * stderr when something is wrong with them, be it that argp does not know an option or that the
 * verb's parser said so with cli_error and returned EINVAL.
 */
bool cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Put into the option table of each verb: cli_parse looks for this key. */
#define CLI_KEY_HELP '?'
#define CLI_OPTION_HELP                                                                                      \
    {                                                                                                        \
        "help", CLI_KEY_HELP, NULL, 0, "Show this help", -1                                                  \
    }

/* Strict numbers: the whole text, nothing around it, within [low, high]. */
bool cli_parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *value);
bool cli_parse_seconds(const char *text, double *value);

/* ---- values.c: what several verbs want of an option; 0, or EINVAL after one line on stderr ------------- */

/* An option of the table (of 32 at most) is met for the first time, which *seen then remembers; one without
 * a key in it always is. */
error_t cli_option_once(const char *verb, const struct argp_option *table, int key, uint32_t *seen);
error_t cli_option_number(const char *verb, const char *option, const char *text, uint64_t low, uint64_t high,
                          uint64_t *value);
error_t cli_option_seconds(const char *verb, const char *option, const char *text, double *value);
/* One of two words; *is_second says which. */
error_t cli_option_either(const char *verb, const char *option, const char *text, const char *first,
                          const char *second, bool *is_second);
/* line, msi or msix, as scenario_options.interrupts has it. */
error_t cli_option_interrupts(const char *verb, const char *text, unsigned *interrupts);
#define CLI_HELP_INTERRUPTS "How the network interface interrupts: line, msi, msix (line)"
/* A file that is read, and one that is written at the end and not touched before. */
error_t cli_option_readable(const char *verb, const char *option, const char *path, const char **value);
error_t cli_option_written(const char *verb, const char *option, const char *path, const char **value);

/* What the report is to be, of every verb that writes one: the rows for its option table, and their parser.
 */
struct cli_report {
    bool json;
    const char *output; /* file; NULL: standard output */
};
#define CLI_KEY_FORMAT 0x1000
#define CLI_KEY_OUTPUT 0x1001
#define CLI_OPTIONS_REPORT                                                                                   \
    {"format", CLI_KEY_FORMAT, "text|json", 0, "Format of the report (text)", 0},                            \
    {                                                                                                        \
        "output", CLI_KEY_OUTPUT, "FILE", 0, "Where the report goes (standard output)", 0                    \
    }
/* ARGP_ERR_UNKNOWN for any other key. */
error_t cli_option_report(const char *verb, int key, const char *value, struct cli_report *report);

/* The --rule options as they were given; the words stay the caller's. */
struct cli_rule_list {
    const char *given[64]; /* NAME=LEVEL */
    unsigned count;
};
/* --rule NAME=LEVEL: carries it out. */
error_t cli_option_rule(const char *verb, const char *text);
/* And keeps it, for a command line that does the same again. */
error_t cli_option_rule_kept(const char *verb, const char *text, struct cli_rule_list *list);

/* The --registry options as they were given, for scenario_options.registry; the words stay the caller's. */
struct cli_registry {
    const char *given[64]; /* KEY=VALUE */
    unsigned count;
};
error_t cli_option_registry(const char *verb, const char *text, struct cli_registry *registry);
#define CLI_HELP_REGISTRY "A value in the registry key of every adapter; may be repeated"

/* ---- files and texts that several verbs have ----------------------------------------------------------- */

bool cli_same_file(const char *a, const char *b); /* either may be NULL */
/* What is written must not destroy what is read, be it a `kind` or what the scenario reads.  Either path may
 * be NULL.  False after one line on stderr. */
bool cli_spares_file(const char *verb, const char *option, const char *written, const char *kind,
                     const char *read);
bool cli_spares_inputs(const char *verb, const char *option, const char *written,
                       const struct scenario_options *read);

/* For argp's help filter: the end of --help, which lists the scenarios (malloc'ed); `text` when there is no
 * memory. */
char *cli_describe_scenarios(const char *text, bool explored_only);

/* A blank and the word, quoted for a shell where it must be. */
void cli_quote(FILE *out, const char *word);

/* Writes a report where it is to go, by that one of the two that is meant; they say whether they could. False
 * after one line on stderr. */
typedef bool cli_print(FILE *out, const void *argument);
bool cli_output(const char *verb, const struct cli_report *report, cli_print *text, cli_print *json,
                const void *argument);

/* ---- temporary.c --------------------------------------------------------------------------------------- */

/* $TMPDIR or what the system says. */
const char *cli_temporary_parent(void);
/* Makes a directory of its own for this process, named after `name`, and writes its path.  False after one
 * line on stderr. */
bool cli_temporary_make(const char *verb, const char *name, char *path, size_t size);
/* With all that is in it. */
void cli_temporary_remove(const char *path);

/* The path of a file that belongs to this installation: beside the command, or in ../relative.  False when
 * there is none. */
bool cli_find_beside(const char *name, const char *relative, char *path, size_t size);

/* ---- child.c ------------------------------------------------------------------------------------------- */

struct cli_child {
    long process;
    int channel; /* a file in memory */
};
/* Runs body(argument, out) in a child process, which ends with the status that it returns; what it wrote to
 * `out` is then in the channel.  False after one line on stderr. */
bool cli_child_start(struct cli_child *child, const char *verb, int (*body)(void *argument, FILE *out),
                     void *argument);

/* ---- the progress line --------------------------------------------------------------------------- */

/* A line on stderr that rewrites itself, only when stderr is a terminal.  Any host thread. */
void cli_progress(const char *step, uint64_t done, uint64_t total);
void cli_progress_end(void);

#endif
