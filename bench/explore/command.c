/*
 * command.c - runs a program and says what it cost (contract in command.h).
 */
#include "command.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void become(char *const *argv, int output, unsigned limit)
{
    struct rlimit cpu = {.rlim_cur = limit, .rlim_max = limit + 1};
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    setrlimit(RLIMIT_CPU, &cpu);
    execvp(argv[0], argv);
    _exit(127);
}

static void read_all(int from, char *text)
{
    size_t used = 0;
    char rest[4096];
    for (;;) {
        size_t room = COMMAND_OUTPUT - 1 - used;
        ssize_t count = room > 0 ? read(from, text + used, room) : read(from, rest, sizeof(rest));
        if (count <= 0) {
            break;
        }
        used += room > 0 ? (size_t)count : 0;
    }
    text[used] = '\0';
}

void command_run(char *const *argv, unsigned limit, struct command_result *result)
{
    int ends[2], status = -1;
    struct rusage usage;
    memset(result, 0, sizeof(*result));
    result->status = -1;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return;
    }
    double begin = now();
    pid_t child = fork();
    if (child == 0) {
        become(argv, ends[1], limit);
    }
    close(ends[1]);
    read_all(ends[0], result->output);
    close(ends[0]);
    if (child > 0 && wait4(child, &status, 0, &usage) == child) {
        result->seconds = now() - begin;
        result->cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
        result->status = WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
    }
}
