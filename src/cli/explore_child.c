/*
 * explore_child.c - work in a process of its own, whose crash is not ours.
 */
#include "cli/explore.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

volatile sig_atomic_t explore_stop;

static void stop(int number)
{
    (void)number;
    explore_stop = 1;
}

void explore_catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop}; /* waits are to end */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

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

bool explore_child_start(struct explore_child *child, int (*body)(void *argument, FILE *out), void *argument)
{
    fflush(stdout);
    fflush(stderr);
    child->channel = memfd_create("part", MFD_CLOEXEC);
    child->process = child->channel >= 0 ? fork() : -1;
    if (child->process == 0) {
        _exit(run_body(child->channel, body, argument));
    }
    if (child->process < 0) {
        cli_error("explore: cannot start a process: %s", strerror(errno));
        if (child->channel >= 0) {
            close(child->channel);
        }
        return false;
    }
    return true;
}

int explore_child_wait(struct explore_child *child, json_t **part)
{
    int status = 0;
    while (waitpid((pid_t)child->process, &status, 0) < 0 && errno == EINTR) {
        if (explore_stop != 0) {
            kill((pid_t)child->process, SIGTERM); /* it finishes its report */
        }
    }
    FILE *in = fdopen(child->channel, "r");
    *part = NULL;
    if (in != NULL) {
        rewind(in);
        *part = json_loadf(in, 0, NULL);
        fclose(in);
    }
    if (WIFSIGNALED(status)) {
        cli_error("explore: undis itself failed: a search ended by signal %d (%s)", WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
        json_decref(*part);
        *part = NULL;
        return CLI_INTERNAL;
    }
    return WEXITSTATUS(status);
}
