/*
 * text.c - a run as text: findings with their evidence, a summary, and the verdict in the last line.
 */
#include "report/text.h"

#include "report/number.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/symbolise.h"

#include <string.h>

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static double real_get(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void print_frames(FILE *out, const json_t *run)
{
    char sent[32], received[32], dropped[32], rate[32];
    const json_t *frames = json_object_get(run, "frames");
    uint64_t s = number_get(frames, "sent"), r = number_get(frames, "received"),
             d = number_get(frames, "dropped");
    double seconds = real_get(run, "traffic_seconds");
    if (s == 0 && r == 0 && d == 0) {
        return;
    }
    fprintf(out, "frames: %s sent, %s received, %s dropped", number_grouped(s, sent),
            number_grouped(r, received), number_grouped(d, dropped));
    if (seconds > 0) {
        fprintf(out, " in %.2f s (%s frames a second)", seconds,
                number_grouped((uint64_t)((double)(s + r) / seconds), rate));
    }
    fputc('\n', out);
}

/* ---- the explored engine --------------------------------------------------------------------------- */

/* How one scenario was searched. */
static void print_search(FILE *out, const json_t *search)
{
    char count[32];
    fprintf(out, "scenario %s: %s execution%s, %s", text_get(search, "scenario"),
            number_grouped(number_get(search, "executions"), count),
            number_get(search, "executions") == 1 ? "" : "s", text_get(search, "strategy"));
    if (number_get(search, "redundant") > 0) {
        fprintf(out, ", %s redundant", number_grouped(number_get(search, "redundant"), count));
    }
    if (number_get(search, "sampled") > 0) {
        fprintf(out, ", %s at random before", number_grouped(number_get(search, "sampled"), count));
    }
    fprintf(out, ", up to %s steps: ", number_grouped(number_get(search, "depth"), count));
    if (is_true(search, "complete")) {
        const char *bounds = text_get(search, "bounds");
        fprintf(out, "complete%s%s", bounds[0] != '\0' ? " with " : "", bounds);
    } else {
        double progress = real_get(search, "progress");
        fprintf(out, "%s", text_get(search, "reason"));
        if (progress > 0) {
            fprintf(out, ", about %.3g %% done", 100 * progress);
        }
    }
    fprintf(out, " (%.2f s)\n", real_get(search, "seconds"));
}

static void print_searches(FILE *out, const json_t *run)
{
    char count[32];
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(run, "scenarios"), index, item)
    {
        print_search(out, item);
    }
    json_array_foreach(json_object_get(run, "notes"), index, item)
    {
        fprintf(out, "note: %s\n", json_string_value(item));
    }
    fprintf(out, "executions: %s%s\n", number_grouped(number_get(run, "executions"), count),
            is_true(run, "complete") ? ", complete" : "");
}

/* ---- all of it ------------------------------------------------------------------------------------- */

static void print_run(FILE *out, const json_t *run)
{
    uint64_t processors = number_get(run, "processors");
    fprintf(out, "%s engine, %s build, %llu processor%s, seed %llu", text_get(run, "engine"),
            text_get(run, "build"), (unsigned long long)processors, processors == 1 ? "" : "s",
            (unsigned long long)number_get(run, "seed"));
    if (text_get(run, "scenario")[0] != '\0') {
        fprintf(out, ", scenario %s", text_get(run, "scenario"));
    }
    fprintf(out, ": %.2f s\n", real_get(run, "seconds"));
    if (json_object_get(run, "scenarios") != NULL) {
        print_searches(out, run);
    }
    print_frames(out, run);
}

static size_t count_errors(const json_t *findings)
{
    size_t errors = 0, index;
    json_t *finding;
    json_array_foreach(findings, index, finding)
    {
        errors += strcmp(text_get(finding, "severity"), "error") == 0;
    }
    return errors;
}

static void print_verdict(FILE *out, const json_t *run)
{
    const json_t *findings = json_object_get(run, "findings");
    size_t errors = count_errors(findings), warnings = json_array_size(findings) - errors;
    const char *reason = text_get(run, "reason");
    fprintf(out, "verdict: %s %zu error%s, %zu warning%s", text_get(run, "verdict"), errors,
            errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    if (number_get(run, "findings_not_kept") > 0) {
        fprintf(out, ", more not kept");
    }
    if (is_true(run, "stopped")) {
        fprintf(out, "; a bug check stopped the run");
    }
    if (reason[0] != '\0') {
        fprintf(out, "; %s", reason);
    }
    if (strcmp(text_get(run, "build"), "free") == 0) {
        fprintf(out, "; the free build checks no rules");
    }
    fputc('\n', out);
}

bool report_print_text(FILE *out, const json_t *run, const struct run_summary *summary)
{
    size_t index;
    json_t *finding;
    json_array_foreach(json_object_get(run, "findings"), index, finding)
    {
        text_finding(out, finding);
    }
    print_run(out, run);
    if (summary != NULL) {
        summary_print(out, summary);
    }
    fputc('\n', out);
    print_verdict(out, run);
    return fflush(out) == 0 && !ferror(out);
}

bool report_text(FILE *out, const struct run_report *run)
{
    static struct run_summary summary; /* too large for a stack frame */
    json_t *object = report_object(run);
    bool good = report_print_text(out, object, summary_take(&summary) ? &summary : NULL);
    json_decref(object);
    symbolise_end();
    return good;
}
