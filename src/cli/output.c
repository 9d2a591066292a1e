/*
 * output.c - where reports go.
 */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

static bool write_to(const char *path, cli_print *print, const void *argument)
{
    FILE *out = path == NULL ? stdout : fopen(path, "w");
    if (out == NULL) {
        return false;
    }
    bool good = print(out, argument);
    good = fflush(out) == 0 && good;
    if (out != stdout) {
        good = fclose(out) == 0 && good;
    }
    return good;
}

bool cli_output(const char *verb, const struct cli_report *report, cli_print *text, cli_print *json,
                const void *argument)
{
    const char *path = report->output;
    if (write_to(path, report->json ? json : text, argument)) {
        return true;
    }
    cli_error("%s: cannot write the report%s%s: %s", verb, path != NULL ? " to " : "",
              path != NULL ? path : "", strerror(errno));
    return false;
}
