/*
 * replay.c - `undis replay`: schedules come from the explored engine, which this version lacks.
 */
#include "cli/cli.h"

int cli_replay(int argc, char **argv)
{
    (void)argc, (void)argv;
    return cli_error("replay: this version has no explored engine, so there are no schedules to replay");
}
