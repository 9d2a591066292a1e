/*
 * json.c - a run as one JSON object (docs/findings.md), written by jansson.
 */
#include "report/bugcheck.h"
#include "report/fold.h"
#include "report/finding.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/symbolise.h"

#include <jansson.h>

#include <string.h>

/* Text from drivers and file names may hold bytes that are no UTF-8: those become '?'. */
json_t *report_string(const char *value)
{
    json_t *string = json_string(value);
    if (string != NULL || value == NULL) {
        return string;
    }
    char clean[4096]; /* longer than any name or message */
    snprintf(clean, sizeof(clean), "%s", value);
    for (char *c = clean; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) {
            *c = '?';
        }
    }
    return json_string(clean);
}

static json_t *hexadecimal(uint64_t value)
{
    return json_sprintf("0x%llx", (unsigned long long)value);
}

/* Blank-separated names. */
static json_t *names(const char *list)
{
    json_t *array = json_array();
    while (*list != '\0') {
        size_t length = strcspn(list, " ");
        json_array_append_new(array, json_stringn(list, length));
        list += length + strspn(list + length, " ");
    }
    return array;
}

static json_t *bugcheck(const struct undis_finding *finding)
{
    if (finding->bugcheck_code == 0) {
        return json_null();
    }
    json_t *parameters = json_array();
    for (unsigned i = 0; i < 4; i++) {
        json_array_append_new(parameters, json_integer((json_int_t)finding->bugcheck_parameters[i]));
    }
    return json_pack("{s:I, s:s, s:o}", "code", (json_int_t)finding->bugcheck_code, "name",
                     bugcheck_name(finding->bugcheck_code), "parameters", parameters);
}

static void append_frames(json_t *frames, uintptr_t pc)
{
    struct symbol symbols[SYMBOLS_MAXIMUM];
    unsigned count = symbolise(pc, symbols);
    for (unsigned i = 0; i < count; i++) {
        const struct symbol *symbol = &symbols[i];
        json_t *frame =
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "function",
                      symbol->function[0] != '\0' ? report_string(symbol->function) : json_null(), "file",
                      symbol->file[0] != '\0' ? report_string(symbol->file) : json_null(), "line",
                      symbol->file[0] != '\0' ? json_integer(symbol->line) : json_null(), "image",
                      symbol->image[0] != '\0' ? report_string(symbol->image) : json_null(), "offset",
                      hexadecimal(symbol->offset), "inlined", symbol->inlined);
        json_array_append_new(frames, frame);
    }
}

static json_t *stack(const struct finding_stack *stack)
{
    json_t *frames = json_array();
    for (unsigned i = 0; i < stack->trace.depth; i++) {
        append_frames(frames, stack->trace.pc[i]);
    }
    return json_pack("{s:s, s:i, s:o}", "role", stack->role, "processor", stack->processor, "frames", frames);
}

json_t *report_finding(const struct finding *finding, const char *replay)
{
    const struct undis_finding *public = &finding->public;
    json_t *stacks = json_array(), *locks = json_array();
    for (unsigned i = 0; i < finding->stack_count; i++) {
        json_array_append_new(stacks, stack(&finding->stacks[i]));
    }
    for (unsigned i = 0; i < finding->lock_count; i++) {
        json_array_append_new(locks, hexadecimal((uintptr_t)finding->locks_held[i]));
    }
    json_t *object = json_object();
    json_object_set_new(object, "rule", report_string(public->rule));
    json_object_set_new(object, "severity",
                        report_string(public->severity == UNDIS_ERROR ? "error" : "warning"));
    json_object_set_new(
        object, "ddi_compliance",
        names(finding->ddi_compliance != NULL ? finding->ddi_compliance : finding->rule->ddi_compliance));
    json_object_set_new(object, "bugcheck", bugcheck(public));
    json_object_set_new(object, "message", report_string(public->message));
    json_object_set_new(object, "irql", json_integer(public->irql));
    json_object_set_new(object, "processor", json_integer(public->processor));
    json_object_set_new(object, "context", report_string(finding->context));
    json_object_set_new(object, "repeats", json_integer(public->repeats));
    json_object_set_new(object, "stacks", stacks);
    json_object_set_new(object, "locks_held", locks);
    json_object_set_new(object, "replay", replay != NULL ? report_string(replay) : json_null());
    return object;
}

static json_t *site(uintptr_t pc)
{
    char name[256];
    if (pc == 0) {
        return json_null();
    }
    symbolise_short(pc, name, sizeof(name));
    return report_string(name);
}

static json_t *summary_object(const struct run_summary *summary)
{
    json_t *processors = json_array(), *locks = json_array();
    for (unsigned i = 0; i < summary->processors; i++) {
        const struct processor_summary *processor = &summary->processor[i];
        json_array_append_new(processors, json_pack("{s:{s:f, s:f, s:f, s:f}, s:I, s:I}", "seconds",
                                                    "passive", (double)processor->ns[SUMMARY_PASSIVE] / 1e9,
                                                    "apc", (double)processor->ns[SUMMARY_APC] / 1e9,
                                                    "dispatch", (double)processor->ns[SUMMARY_DISPATCH] / 1e9,
                                                    "device", (double)processor->ns[SUMMARY_DEVICE] / 1e9,
                                                    "interrupts", (json_int_t)processor->interrupts, "dpcs",
                                                    (json_int_t)processor->dpcs));
    }
    for (unsigned i = 0; i < summary->lock_count; i++) {
        const struct lock_summary *lock = &summary->lock[i];
        json_array_append_new(locks,
                              json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "made", site(lock->made_at),
                                        "locks", (json_int_t)lock->locks, "acquired",
                                        (json_int_t)lock->acquired, "contended", (json_int_t)lock->contended,
                                        "longest_hold_ns", (json_int_t)lock->longest_hold_ns,
                                        "longest_hold_acquired", site(lock->longest_at)));
    }
    return json_pack("{s:o, s:o}", "processors", processors, "locks", locks);
}

static json_t *run_object(const struct run_report *run)
{
    json_t *object = json_object();
    json_object_set_new(object, "verdict", report_string(verdict_name(report_verdict(run))));
    json_object_set_new(object, "reason",
                        run->inconclusive != NULL ? report_string(run->inconclusive) : json_null());
    json_object_set_new(object, "engine", report_string(run->engine));
    json_object_set_new(object, "build", report_string(run->checked ? "checked" : "free"));
    json_object_set_new(object, "scenario",
                        run->scenario != NULL ? report_string(run->scenario) : json_null());
    json_object_set_new(object, "processors", json_integer(run->processors));
    json_object_set_new(object, "seed", json_integer((json_int_t)run->seed));
    json_object_set_new(object, "executions", json_integer((json_int_t)run->executions));
    json_object_set_new(object, "complete", json_boolean(run->complete));
    json_object_set_new(object, "stopped", json_boolean(run->stopped));
    json_object_set_new(object, "frames",
                        json_pack("{s:I, s:I, s:I}", "sent", (json_int_t)run->frames_sent, "received",
                                  (json_int_t)run->frames_received, "dropped",
                                  (json_int_t)run->frames_dropped));
    json_object_set_new(object, "seconds", json_real(run->seconds));
    json_object_set_new(object, "traffic_seconds", json_real(run->traffic_seconds));
    return object;
}

json_t *report_object(const struct run_report *run)
{
    json_t *object = run_object(run), *findings = json_array();
    for (size_t i = 0; i < finding_count(); i++) {
        report_append(findings, report_finding(finding_at(i), run->replay));
    }
    json_object_set_new(object, "findings", findings);
    json_object_set_new(object, "findings_not_kept", json_integer((json_int_t)finding_dropped()));
    static struct run_summary summary; /* too large for a stack frame */
    if (summary_take(&summary)) {
        json_object_set_new(object, "summary", summary_object(&summary));
    }
    return object;
}

bool report_print_json(FILE *out, const json_t *run)
{
    bool good = run != NULL && json_dumpf(run, out, JSON_INDENT(2)) == 0;
    return fputc('\n', out) != EOF && good && fflush(out) == 0 && !ferror(out);
}

bool report_json(FILE *out, const struct run_report *run)
{
    json_t *object = report_object(run);
    symbolise_end();
    bool good = report_print_json(out, object);
    json_decref(object);
    return good;
}
