/*
 * summary.c - the tables at the end of a run's text report.
 */
#include "report/summary.h"

#include "report/number.h"
#include "report/symbolise.h"

#include <string.h>

#define LOCKS_SHOWN 12

void (*summary_source)(struct run_summary *summary);

bool summary_take(struct run_summary *summary)
{
    memset(summary, 0, sizeof(*summary));
    if (summary_source == NULL) {
        return false;
    }
    summary_source(summary);
    return summary->processors != 0;
}

static void print_processors(FILE *out, const struct run_summary *summary)
{
    fprintf(out, "\n%-10s %12s %9s %9s %12s %12s\n", "processor", "idle+PASSIVE", "DISPATCH", "DIRQL",
            "interrupts", "DPCs");
    for (unsigned i = 0; i < summary->processors; i++) {
        const struct processor_summary *processor = &summary->processor[i];
        double total = 0;
        for (unsigned level = 0; level < SUMMARY_LEVELS; level++) {
            total += (double)processor->ns[level];
        }
        double scale = total > 0 ? 100 / total : 0;
        char interrupts[32], dpcs[32];
        fprintf(out, "%-10u %10.2f %% %7.2f %% %7.2f %% %12s %12s\n", i,
                (double)(processor->ns[SUMMARY_PASSIVE] + processor->ns[SUMMARY_APC]) * scale,
                (double)processor->ns[SUMMARY_DISPATCH] * scale,
                (double)processor->ns[SUMMARY_DEVICE] * scale,
                number_grouped(processor->interrupts, interrupts), number_grouped(processor->dpcs, dpcs));
    }
}

static void print_locks(FILE *out, const struct run_summary *summary)
{
    if (summary->lock_count == 0) {
        return;
    }
    fprintf(out, "\n%-42s %12s %19s %13s  %s\n", "spin lock made in", "acquired", "contended", "longest hold",
            "acquired in");
    for (unsigned i = 0; i < summary->lock_count && i < LOCKS_SHOWN; i++) {
        const struct lock_summary *lock = &summary->lock[i];
        char made[128] = "?", held[128] = "?", name[160], acquired[32], contended[32], hold[32];
        if (lock->made_at != 0) {
            symbolise_short(lock->made_at, made, sizeof(made));
        }
        if (lock->longest_at != 0) {
            symbolise_short(lock->longest_at, held, sizeof(held));
        }
        if (lock->locks > 1) {
            snprintf(name, sizeof(name), "%s x %llu", made, (unsigned long long)lock->locks);
        } else {
            snprintf(name, sizeof(name), "%s", made);
        }
        double share = lock->acquired > 0 ? 100.0 * (double)lock->contended / (double)lock->acquired : 0;
        fprintf(out, "%-42s %12s %8s (%6.2f %%) %13s  %s\n", name, number_grouped(lock->acquired, acquired),
                number_grouped(lock->contended, contended), share,
                number_duration(lock->longest_hold_ns, hold), held);
    }
    unsigned more = summary->lock_count > LOCKS_SHOWN ? summary->lock_count - LOCKS_SHOWN : 0;
    if (more + summary->locks_left_out > 0) {
        fprintf(out, "... and %u more\n", more + summary->locks_left_out);
    }
}

void summary_print(FILE *out, const struct run_summary *summary)
{
    print_processors(out, summary);
    print_locks(out, summary);
}
