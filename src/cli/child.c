/*
 * child.c - work in a process of its own, whose crash is not ours.
 */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int run_body(int channel, int (*body)(void *argument, FILE *out), void *argument)
{
    FILE *out = fdopen(channel, "w");
    int status = out != NULL ? body(argument, out) : CLI_INTERNAL;
    if (out != NULL && fclose(out) != 0) {
        status = CLI_INTERNAL;
    }
    fflush(stdout);
    fflush(stderr);
    return status;
}

bool cli_child_start(struct cli_child *child, const char *verb, int (*body)(void *argument, FILE *out),
                     void *argument)
{
    fflush(stdout);
    fflush(stderr);
    child->channel = memfd_create("child", MFD_CLOEXEC);
    child->process = child->channel >= 0 ? fork() : -1;
    if (child->process == 0) {
        _exit(run_body(child->channel, body, argument));
    }
    if (child->process < 0) {
        cli_error("%s: cannot start a process: %s", verb, strerror(errno));
        if (child->channel >= 0) {
            close(child->channel);
        }
        return false;
    }
    return true;
}
