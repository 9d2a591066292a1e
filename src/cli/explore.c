/*
 * explore.c - `undis explore`: this version has no explored engine, and says so.
 */
#include "cli/cli.h"

int cli_explore(int argc, char **argv)
{
    (void)argc, (void)argv;
    return cli_error("explore: this version has no explored engine; `undis run` samples schedules on the "
                     "free-running one");
}
