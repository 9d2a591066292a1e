/*
 * progress.c - one line on the terminal that says how far the run has come.
 *
 * Nothing is written when stderr is no terminal.  The caller may be any host thread; a call that comes
 * too early after the last one only looks at the clock.
 */
#include "cli/cli.h"

#include "host/host.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define INTERVAL_NS 200000000ull

static _Atomic uint64_t last;
static atomic_bool shown;

void cli_progress(const char *step, uint64_t done, uint64_t total)
{
    static atomic_int terminal = -1;
    if (terminal < 0) {
        terminal = isatty(STDERR_FILENO);
    }
    uint64_t now = host_now_ns();
    uint64_t seen = last;
    if (terminal == 0 || now - seen < INTERVAL_NS || !atomic_compare_exchange_strong(&last, &seen, now)) {
        return;
    }
    char line[160];
    int length = total != 0 ? snprintf(line, sizeof(line), "\r%s: %llu of %llu (%u%%)\033[K", step,
                                       (unsigned long long)done, (unsigned long long)total,
                                       (unsigned)(100.0 * (double)done / (double)total))
                            : snprintf(line, sizeof(line), "\r%s\033[K", step);
    if (length > 0 &&
        write(STDERR_FILENO, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1) > 0) {
        shown = true;
    }
}

void cli_progress_end(void)
{
    if (atomic_exchange(&shown, false)) {
        fputs("\r\033[K", stderr);
    }
}
