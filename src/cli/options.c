/*
 * options.c - what the verbs' option parsers share: strict values, and errors in one line.
 *
 * argp's own messages take two lines and another exit status than ours, so it is told to be silent and
 * its complaints are worded here.
 */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool error_was_told;

int cli_error(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    /* One line, whatever bytes came in. */
    for (char *c = text; *c != '\0'; c++) {
        if (iscntrl((unsigned char)*c)) {
            *c = '?';
        }
    }
    fprintf(stderr, "undis: %s\n", text);
    error_was_told = true;
    return CLI_USAGE;
}

/* Says what argp did not like about `word` (it stopped right behind it). */
static void complain(const struct argp *argp, const char *verb, const char *word)
{
    size_t length = strncmp(word, "--", 2) == 0 ? strcspn(word + 2, "=") : 0;
    for (const struct argp_option *option = argp->options; length != 0 && option->name != NULL; option++) {
        if (strlen(option->name) == length && strncmp(option->name, word + 2, length) == 0) {
            cli_error(option->arg != NULL ? "%s: --%s wants a value" : "%s: --%s takes no value", verb,
                      option->name);
            return;
        }
    }
    cli_error("%s: there is no option '%.*s' (see undis %s --help)", verb,
              (int)(length != 0 ? length + 2 : strlen(word)), word, verb);
}

/* `--help` anywhere before `--`, whatever else is wrong with the command line. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-?") == 0) {
            return true;
        }
    }
    return false;
}

bool cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    if (wants_help(argc, argv)) {
        char name[32];
        snprintf(name, sizeof(name), "undis %s", argv[0]);
        argp_help(argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name);
        exit(CLI_CLEAN);
    }
    int index = 0;
    error_was_told = false;
    if (argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, &index, input) != 0) {
        if (!error_was_told) {
            /* argp may have moved on to the argument behind the option that it does not know. */
            int wrong = index > 0 && index <= argc ? index - 1 : argc - 1;
            while (wrong > 1 && argv[wrong][0] != '-') {
                wrong--;
            }
            complain(argp, argv[0], argv[wrong]);
        }
        return false;
    }
    return true;
}

bool cli_parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, hexadecimal ? 16 : 10);
    if (errno != 0 || *end != '\0' || number < low || number > high) {
        return false;
    }
    *value = number;
    return true;
}

bool cli_parse_seconds(const char *text, double *value)
{
    if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXpP") != NULL) {
        return false;
    }
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (errno != 0 || *end != '\0' || !isfinite(number) || number < 0.001 || number > 31536000) {
        return false;
    }
    *value = number;
    return true;
}
