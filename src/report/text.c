/*
 * text.c - a run as text: findings with their evidence, a summary, and the verdict in the last line.
 */
#include "report/bugcheck.h"
#include "report/finding.h"
#include "report/number.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/symbolise.h"

#include <string.h>

static void print_frame(FILE *out, const struct symbol *symbol)
{
    const char *function = symbol->function[0] != '\0' ? symbol->function : "?";
    if (symbol->file[0] != '\0') {
        fprintf(out, "      %-32s %s:%d%s\n", function, symbol->file, symbol->line,
                symbol->inlined ? " (inlined)" : "");
    } else if (symbol->image[0] != '\0') {
        fprintf(out, "      %-32s %s+0x%llx\n", function, symbol->image, (unsigned long long)symbol->offset);
    } else {
        fprintf(out, "      %-32s 0x%llx\n", function, (unsigned long long)symbol->offset);
    }
}

static void print_stack(FILE *out, const struct finding_stack *stack)
{
    if (stack->processor >= 0) {
        fprintf(out, "    %s, processor %d:\n", stack->role, stack->processor);
    } else {
        fprintf(out, "    %s:\n", stack->role);
    }
    for (unsigned i = 0; i < stack->trace.depth; i++) {
        struct symbol symbols[SYMBOLS_MAXIMUM];
        unsigned count = symbolise(stack->trace.pc[i], symbols);
        for (unsigned k = 0; k < count; k++) {
            print_frame(out, &symbols[k]);
        }
    }
    if (stack->trace.depth == 0) {
        fprintf(out, "      (no driver code on the stack)\n");
    }
}

/* Blanks in the table separate the names; commas in the text. */
static void print_compliance(FILE *out, const char *names)
{
    fprintf(out, "    WDK rules: ");
    for (const char *c = names; *c != '\0'; c++) {
        fputs(*c == ' ' ? ", " : (char[]){*c, '\0'}, out);
    }
    fputc('\n', out);
}

static void print_finding(FILE *out, const struct finding *finding, const struct run_report *run)
{
    const struct undis_finding *public = &finding->public;
    char irql[32], count[32];
    fprintf(out, "finding: %s %s: %s\n", public->rule, public->severity == UNDIS_ERROR ? "error" : "warning",
            public->message);
    if (public->processor >= 0) {
        fprintf(out, "    at %s on processor %d, %s\n", number_irql(public->irql, irql), public->processor,
                finding->context);
    }
    if (public->bugcheck_code != 0) {
        const char *name = bugcheck_name(public->bugcheck_code);
        const uint64_t *p = public->bugcheck_parameters;
        fprintf(out, "    on Windows: bug check 0x%X %s%s(0x%llx, 0x%llx, 0x%llx, 0x%llx)\n",
                public->bugcheck_code, name, name[0] != '\0' ? " " : "", (unsigned long long)p[0],
                (unsigned long long)p[1], (unsigned long long)p[2], (unsigned long long)p[3]);
    }
    if (finding->rule->ddi_compliance[0] != '\0') {
        print_compliance(out, finding->rule->ddi_compliance);
    }
    for (unsigned i = 0; i < finding->stack_count; i++) {
        print_stack(out, &finding->stacks[i]);
    }
    if (finding->lock_count > 0) {
        fprintf(out, "    spin locks held:");
        for (unsigned i = 0; i < finding->lock_count; i++) {
            fprintf(out, " %p", finding->locks_held[i]);
        }
        fputc('\n', out);
    }
    if (public->repeats > 0) {
        fprintf(out, "    seen %s more time%s\n", number_grouped(public->repeats, count),
                public->repeats == 1 ? "" : "s");
    }
    if (run->replay != NULL) {
        fprintf(out, "    again with: %s\n", run->replay);
    }
    fputc('\n', out);
}

static void print_frames(FILE *out, const struct run_report *run)
{
    char sent[32], received[32], dropped[32], rate[32];
    if (run->frames_sent == 0 && run->frames_received == 0 && run->frames_dropped == 0) {
        return;
    }
    fprintf(out, "frames: %s sent, %s received, %s dropped", number_grouped(run->frames_sent, sent),
            number_grouped(run->frames_received, received), number_grouped(run->frames_dropped, dropped));
    if (run->traffic_seconds > 0) {
        double each = (double)(run->frames_sent + run->frames_received) / run->traffic_seconds;
        fprintf(out, " in %.2f s (%s frames a second)", run->traffic_seconds,
                number_grouped((uint64_t)each, rate));
    }
    fputc('\n', out);
}

static void print_run(FILE *out, const struct run_report *run)
{
    fprintf(out, "%s engine, %s build, %u processor%s, seed %llu", run->engine,
            run->checked ? "checked" : "free", run->processors, run->processors == 1 ? "" : "s",
            (unsigned long long)run->seed);
    if (run->scenario != NULL) {
        fprintf(out, ", scenario %s", run->scenario);
    }
    fprintf(out, ": %.2f s\n", run->seconds);
    if (run->executions != 1) {
        char executions[32];
        fprintf(out, "executions: %s%s\n", number_grouped(run->executions, executions),
                run->complete ? ", complete" : "");
    }
    print_frames(out, run);
    static struct run_summary summary; /* too large for a stack frame */
    if (summary_take(&summary)) {
        summary_print(out, &summary);
    }
    fputc('\n', out);
}

static void print_verdict(FILE *out, const struct run_report *run)
{
    size_t errors = finding_errors(), warnings = finding_count() - errors;
    fprintf(out, "verdict: %s %zu error%s, %zu warning%s", verdict_name(report_verdict(run)), errors,
            errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    if (finding_dropped() > 0) {
        fprintf(out, ", more not kept");
    }
    if (run->stopped) {
        fprintf(out, "; a bug check stopped the run");
    }
    if (run->inconclusive != NULL) {
        fprintf(out, "; %s", run->inconclusive);
    }
    if (!run->checked) {
        fprintf(out, "; the free build checks no rules");
    }
    fputc('\n', out);
}

bool report_text(FILE *out, const struct run_report *run)
{
    for (size_t i = 0; i < finding_count(); i++) {
        print_finding(out, finding_at(i), run);
    }
    print_run(out, run);
    print_verdict(out, run);
    symbolise_end();
    return fflush(out) == 0 && !ferror(out);
}
