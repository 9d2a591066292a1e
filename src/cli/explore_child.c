/*
 * explore_child.c - waiting for a process that searches, and being told to stop.
 */
#include "cli/explore.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

volatile sig_atomic_t explore_stop;

static void stop(int number)
{
    (void)number;
    explore_stop = 1;
}

/* On the alternate stack: the stack that the signal finds may be write-protected by the machine's snapshot.
 */
void explore_catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_ONSTACK};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/*
 * Waits for the process and hands on to it what asks us to stop; it then finishes its report.  The signals
 * are blocked and waited for, so that none comes between the look at explore_stop and the wait.
 */
static int wait_for(pid_t process)
{
    int status = 0;
    sigset_t told, before;
    sigemptyset(&told);
    sigaddset(&told, SIGCHLD);
    sigaddset(&told, SIGINT);
    sigaddset(&told, SIGTERM);
    sigprocmask(SIG_BLOCK, &told, &before);
    while (waitpid(process, &status, WNOHANG) == 0) {
        if (explore_stop != 0) {
            kill(process, SIGTERM);
        }
        int number = sigwaitinfo(&told, NULL);
        if (number == SIGINT || number == SIGTERM) {
            explore_stop = 1;
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

int explore_child_wait(struct cli_child *child, json_t **part)
{
    int status = wait_for((pid_t)child->process);
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
