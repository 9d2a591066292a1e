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

/* ---- values.c: what several verbs want of an option's value; all complain in one line ---------------- */

bool cli_option_number(const char *verb, const char *option, const char *text, uint64_t low, uint64_t high,
                       uint64_t *value);
bool cli_option_seconds(const char *verb, const char *option, const char *text, double *value);
/* --rule NAME=LEVEL: carries it out. */
bool cli_option_rule(const char *verb, const char *text);
/* Whether the file can be written at the end; it is not touched before. */
bool cli_writable(const char *path);
bool cli_same_file(const char *a, const char *b); /* either may be NULL */
/* A blank and the word, quoted for a shell where it must be. */
void cli_quote(FILE *out, const char *word);

/* The path of a file that belongs to this installation: beside the command, or in ../relative.  False when
 * there is none. */
bool cli_find_beside(const char *name, const char *relative, char *path, size_t size);

/* ---- the progress line --------------------------------------------------------------------------- */

/* A line on stderr that rewrites itself, only when stderr is a terminal.  Any host thread. */
void cli_progress(const char *step, uint64_t done, uint64_t total);
void cli_progress_end(void);

#endif
