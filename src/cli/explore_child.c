/*
 * explore_child.c - waiting for a process that searches, and being told to stop.
 */
#include "cli/explore.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

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

int explore_child_wait(struct cli_child *child, json_t **part)
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
