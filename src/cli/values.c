/*
 * values.c - checks the values of options that several verbs have.
 */
#include "cli/cli.h"

#include "report/finding.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_option_number(const char *verb, const char *option, const char *text, uint64_t low, uint64_t high,
                       uint64_t *value)
{
    if (cli_parse_number(text, low, high, value)) {
        return true;
    }
    if (high == UINT64_MAX) {
        cli_error("%s: --%s wants a whole number, not '%s'", verb, option, text);
    } else {
        cli_error("%s: --%s wants a whole number from %llu to %llu, not '%s'", verb, option,
                  (unsigned long long)low, (unsigned long long)high, text);
    }
    return false;
}

bool cli_option_seconds(const char *verb, const char *option, const char *text, double *value)
{
    if (cli_parse_seconds(text, value)) {
        return true;
    }
    cli_error("%s: --%s wants a number of seconds above 0, not '%s'", verb, option, text);
    return false;
}

bool cli_option_rule(const char *verb, const char *text)
{
    const char *equals = strchr(text, '=');
    char name[64];
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof(name)) {
        cli_error("%s: --rule wants NAME=error, NAME=warning or NAME=off, not '%s'", verb, text);
        return false;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
    if (rule_find(name) == NULL) {
        cli_error("%s: there is no rule '%s' (see undis rules)", verb, name);
        return false;
    }
    if (!rule_set(name, equals + 1)) {
        cli_error("%s: --rule %s= wants error, warning or off, not '%s'", verb, name, equals + 1);
        return false;
    }
    return true;
}

bool cli_writable(const char *path)
{
    bool new = access(path, F_OK) != 0;
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) {
        return false;
    }
    close(file);
    if (new) {
        unlink(path);
    }
    return true;
}

bool cli_same_file(const char *a, const char *b)
{
    struct stat one, two;
    if (a == NULL || b == NULL) {
        return false;
    }
    if (strcmp(a, b) == 0) {
        return true;
    }
    return stat(a, &one) == 0 && stat(b, &two) == 0 && S_ISREG(one.st_mode) && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

void cli_quote(FILE *out, const char *word)
{
    bool plain = word[0] != '\0' && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                 "0123456789_-+./=,:@%") == strlen(word);
    fputs(plain ? " " : " '", out);
    for (const char *c = word; *c != '\0'; c++) {
        *c == '\'' ? fputs("'\\''", out) : fputc(*c, out);
    }
    fputs(plain ? "" : "'", out);
}
