/*
 * command.c - runs other programs.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(char *const arguments[], int output)
{
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    personality(ADDR_NO_RANDOMIZE); /* ThreadSanitizer does not bear every layout */
    execvp(arguments[0], arguments);
    _exit(127);
}

/* All of it, and keeps what there is room for. */
static void read_output(int from, char *output, size_t size)
{
    char rest[4096];
    size_t length = 0;
    for (;;) {
        bool room = length + 1 < size;
        ssize_t got = read(from, room ? output + length : rest, room ? size - 1 - length : sizeof(rest));
        if (got <= 0) {
            break;
        }
        length += room ? (size_t)got : 0;
    }
    output[length] = '\0';
}

bool command_run(char *const arguments[], struct command_result *result)
{
    int ends[2], status;
    struct rusage usage;
    if (pipe(ends) != 0) {
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become(arguments, ends[1]);
    }
    close(ends[1]);
    if (child > 0) {
        read_output(ends[0], result->output, sizeof(result->output));
    }
    close(ends[0]);
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        return false;
    }
    result->seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool command_exists(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s", getenv("PATH") != NULL ? getenv("PATH") : "/usr/bin");
    for (char *next, *directory = strtok_r(path, ":", &next); directory != NULL;
         directory = strtok_r(NULL, ":", &next)) {
        char file[4352];
        snprintf(file, sizeof(file), "%s/%s", directory, name);
        if (access(file, X_OK) == 0) {
            return true;
        }
    }
    return false;
}
