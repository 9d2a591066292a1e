/*
 * values.c - the options that several verbs have: their values, and what is said of them.
 */
#include "cli/cli.h"

#include "dev/device.h"
#include "ndis/parameters.h"
#include "report/finding.h"
#include "scenario/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

error_t cli_option_once(const char *verb, const struct argp_option *table, int key, uint32_t *seen)
{
    for (unsigned i = 0; table[i].name != NULL; i++) {
        if (table[i].key == key) {
            uint32_t bit = 1u << i;
            if ((*seen & bit) != 0) {
                cli_error("%s: --%s is given twice", verb, table[i].name);
                return EINVAL;
            }
            *seen |= bit;
        }
    }
    return 0;
}

error_t cli_option_number(const char *verb, const char *option, const char *text, uint64_t low, uint64_t high,
                          uint64_t *value)
{
    if (cli_parse_number(text, low, high, value)) {
        return 0;
    }
    if (high == UINT64_MAX) {
        cli_error("%s: --%s wants a whole number, not '%s'", verb, option, text);
    } else {
        cli_error("%s: --%s wants a whole number from %llu to %llu, not '%s'", verb, option,
                  (unsigned long long)low, (unsigned long long)high, text);
    }
    return EINVAL;
}

error_t cli_option_seconds(const char *verb, const char *option, const char *text, double *value)
{
    if (cli_parse_seconds(text, value)) {
        return 0;
    }
    cli_error("%s: --%s wants a number of seconds above 0, not '%s'", verb, option, text);
    return EINVAL;
}

error_t cli_option_interrupts(const char *verb, const char *text, unsigned *interrupts)
{
    static const char *const names[] = {
        [DEVICE_BY_LINE] = "line", [DEVICE_BY_MSI] = "msi", [DEVICE_BY_MSIX] = "msix"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *interrupts = i;
            return 0;
        }
    }
    cli_error("%s: --interrupts is line, msi or msix, not '%s'", verb, text);
    return EINVAL;
}

error_t cli_option_either(const char *verb, const char *option, const char *text, const char *first,
                          const char *second, bool *is_second)
{
    *is_second = strcmp(text, second) == 0;
    if (!*is_second && strcmp(text, first) != 0) {
        cli_error("%s: --%s is %s or %s, not '%s'", verb, option, first, second, text);
        return EINVAL;
    }
    return 0;
}

/* ---- rules ----------------------------------------------------------------------------------------- */

error_t cli_option_rule(const char *verb, const char *text)
{
    const char *equals = strchr(text, '=');
    char name[64];
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof(name)) {
        cli_error("%s: --rule wants NAME=error, NAME=warning or NAME=off, not '%s'", verb, text);
        return EINVAL;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
    if (rule_find(name) == NULL) {
        cli_error("%s: there is no rule '%s' (see undis rules)", verb, name);
        return EINVAL;
    }
    if (!rule_set(name, equals + 1)) {
        cli_error("%s: --rule %s= wants error, warning or off, not '%s'", verb, name, equals + 1);
        return EINVAL;
    }
    return 0;
}

error_t cli_option_rule_kept(const char *verb, const char *text, struct cli_rule_list *list)
{
    const unsigned most = sizeof(list->given) / sizeof(list->given[0]);
    if (list->count == most) {
        cli_error("%s: --rule is given more than %u times", verb, most);
        return EINVAL;
    }
    list->given[list->count++] = text;
    return cli_option_rule(verb, text);
}

/* ---- registry -------------------------------------------------------------------------------------- */

error_t cli_option_registry(const char *verb, const char *text, struct cli_registry *registry)
{
    const unsigned most = sizeof(registry->given) / sizeof(registry->given[0]);
    const char *equals = strchr(text, '=');
    size_t name = equals != NULL ? (size_t)(equals - text) : 0;
    if (name == 0 || name > ADAPTER_PARAMETER_NAME) {
        cli_error("%s: --registry wants KEY=VALUE with a KEY of 1 to %u characters, not '%s'", verb,
                  ADAPTER_PARAMETER_NAME, text);
        return EINVAL;
    }
    if (strlen(equals + 1) > ADAPTER_PARAMETER_TEXT) {
        cli_error("%s: --registry %.*s= wants a value of at most %u characters", verb, (int)name, text,
                  ADAPTER_PARAMETER_TEXT);
        return EINVAL;
    }
    if (registry->count == most) {
        cli_error("%s: --registry is given more than %u times", verb, most);
        return EINVAL;
    }
    registry->given[registry->count++] = text;
    return 0;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static error_t refuse_file(const char *verb, const char *option, const char *path)
{
    cli_error("%s: --%s %s: %s", verb, option, path, strerror(errno));
    return EINVAL;
}

error_t cli_option_readable(const char *verb, const char *option, const char *path, const char **value)
{
    *value = path;
    return access(path, R_OK) == 0 ? 0 : refuse_file(verb, option, path);
}

error_t cli_option_written(const char *verb, const char *option, const char *path, const char **value)
{
    bool new = access(path, F_OK) != 0;
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    *value = path;
    if (file < 0) {
        return refuse_file(verb, option, path);
    }
    close(file);
    if (new) {
        unlink(path);
    }
    return 0;
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

bool cli_spares_file(const char *verb, const char *option, const char *written, const char *kind,
                     const char *read)
{
    if (cli_same_file(written, read)) {
        cli_error("%s: --%s would overwrite the %s %s", verb, option, kind, read);
        return false;
    }
    return true;
}

bool cli_spares_inputs(const char *verb, const char *option, const char *written,
                       const struct scenario_options *read)
{
    bool spares = cli_spares_file(verb, option, written, "capture", read->pcap);
    for (unsigned i = 0; spares && i < read->driver_count; i++) {
        spares = cli_spares_file(verb, option, written, "driver", read->drivers[i]);
    }
    return spares;
}

error_t cli_option_report(const char *verb, int key, const char *value, struct cli_report *report)
{
    switch (key) {
    case CLI_KEY_FORMAT:
        return cli_option_either(verb, "format", value, "text", "json", &report->json);
    case CLI_KEY_OUTPUT:
        return cli_option_written(verb, "output", value, &report->output);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- texts ----------------------------------------------------------------------------------------- */

char *cli_describe_scenarios(const char *text, bool explored_only)
{
    char *all = NULL;
    size_t size;
    FILE *out = open_memstream(&all, &size);
    if (out == NULL) {
        return (char *)(uintptr_t)text;
    }
    fputs("Scenarios:\n", out);
    for (size_t i = 0; i < scenario_count; i++) {
        if (scenarios[i].explored || !explored_only) {
            fprintf(out, "  %-16s %s\n", scenarios[i].name, scenarios[i].summary);
        }
    }
    fclose(out);
    return all;
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
