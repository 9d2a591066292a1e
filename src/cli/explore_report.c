/*
 * explore_report.c - the parts of a report become one.
 */
#include "cli/explore.h"

#include "report/fold.h"
#include "report/report.h"

#include <undis/undis.h>

#include <string.h>

#define NOT_INSTRUMENTED                                                                                     \
    "explored at DDI calls only: no access to memory was seen, since the drivers were built without "        \
    "--instrument"

static uint64_t number_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void add_to(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)(number_of(object, key) + value)));
}

json_t *explore_report_begin(const struct explore_options *options)
{
    json_t *report = json_object();
    json_object_set_new(report, "verdict", json_null());
    json_object_set_new(report, "reason", json_null());
    json_object_set_new(report, "engine", json_string("explored"));
    json_object_set_new(report, "build", json_string(undis_is_checked() ? "checked" : "free"));
    json_object_set_new(report, "scenario", json_null());
    json_object_set_new(report, "processors", json_integer(options->scenario.processors));
    json_object_set_new(report, "seed", json_integer((json_int_t)options->scenario.seed));
    json_object_set_new(report, "memory", json_string(options->tso ? "tso" : "sc"));
    json_object_set_new(report, "executions", json_integer(0));
    json_object_set_new(report, "redundant", json_integer(0));
    json_object_set_new(report, "complete", json_false());
    json_object_set_new(report, "bounds", json_null());
    json_object_set_new(report, "stopped", json_false());
    json_object_set_new(report, "instrumented", json_false());
    json_object_set_new(report, "frames",
                        json_pack("{s:i, s:i, s:i}", "sent", 0, "received", 0, "dropped", 0));
    json_object_set_new(report, "seconds", json_real(0));
    json_object_set_new(report, "traffic_seconds", json_real(0));
    json_object_set_new(report, "notes", json_array());
    json_object_set_new(report, "scenarios", json_array());
    json_object_set_new(report, "findings", json_array());
    json_object_set_new(report, "findings_not_kept", json_integer(0));
    return report;
}

/* ---- adding ---------------------------------------------------------------------------------------- */

static bool is_same(const json_t *a, const json_t *b)
{
    bool same_rule = strcmp(text_of(a, "rule"), text_of(b, "rule")) == 0;
    return same_rule && (strcmp(text_of(a, "site"), text_of(b, "site")) == 0 || report_is_same_place(a, b));
}

/* How much a finding's schedule asks of the reader; one without comes last. */
static uint64_t weight(const json_t *finding)
{
    const json_t *minimal = json_object_get(finding, "minimal");
    return !json_is_object(minimal)
               ? UINT64_MAX
               : (number_of(minimal, "preemptions") + number_of(minimal, "interrupts")) << 32 |
                     number_of(minimal, "steps");
}

/* Copies of one place are seen in the same executions; what is at one address, in those of several searches.
 */
static uint64_t seen_together(const json_t *a, const json_t *b)
{
    uint64_t x = number_of(a, "executions"), y = number_of(b, "executions");
    bool copies = strcmp(text_of(a, "site"), text_of(b, "site")) != 0;
    return !copies ? x + y : x > y ? x : y;
}

/* The same defect may come from several scenarios or units: the one that is easiest to follow is shown. */
static void add_finding(json_t *report, json_t *finding, size_t max_findings)
{
    json_t *findings = json_object_get(report, "findings"), *known;
    size_t index;
    json_array_foreach(findings, index, known)
    {
        if (is_same(known, finding)) {
            uint64_t seen = seen_together(known, finding);
            if (weight(finding) < weight(known)) {
                json_array_set(findings, index, finding);
            }
            json_object_set_new(json_array_get(findings, index), "executions",
                                json_integer((json_int_t)seen));
            return;
        }
    }
    if (json_array_size(findings) < max_findings) {
        json_array_append(findings, finding);
    } else {
        add_to(report, "findings_not_kept", 1);
    }
}

void explore_report_add(json_t *report, json_t *part, size_t max_findings)
{
    json_t *search = json_object_get(part, "search"), *finding;
    size_t index;
    add_to(report, "executions", number_of(search, "executions"));
    add_to(report, "redundant", number_of(search, "redundant"));
    add_to(report, "findings_not_kept", number_of(part, "findings_not_kept"));
    json_object_set_new(report, "seconds",
                        json_real(json_number_value(json_object_get(report, "seconds")) +
                                  json_number_value(json_object_get(search, "seconds"))));
    if (json_is_true(json_object_get(part, "instrumented"))) {
        json_object_set_new(report, "instrumented", json_true());
    }
    json_array_append(json_object_get(report, "scenarios"), search);
    json_array_foreach(json_object_get(part, "findings"), index, finding)
    {
        add_finding(report, finding, max_findings);
    }
    json_decref(part);
}

/* ---- the end --------------------------------------------------------------------------------------- */

/* Complete when every scenario is; the bounds and the reason are those of the first that has any. */
static void sum_up(json_t *report)
{
    json_t *searches = json_object_get(report, "scenarios"), *search;
    bool complete = json_array_size(searches) > 0;
    size_t index;
    json_array_foreach(searches, index, search)
    {
        complete = complete && json_is_true(json_object_get(search, "complete"));
        for (unsigned i = 0; i < 2; i++) {
            const char *key = i == 0 ? "bounds" : "reason";
            if (json_is_null(json_object_get(report, key))) {
                json_object_set(report, key, json_object_get(search, key));
            }
        }
    }
    json_object_set_new(report, "complete", json_boolean(complete));
    if (json_array_size(searches) == 1) {
        json_object_set(report, "scenario", json_object_get(json_array_get(searches, 0), "scenario"));
    }
}

static enum verdict judge(const json_t *report)
{
    size_t index;
    json_t *finding;
    json_array_foreach(json_object_get(report, "findings"), index, finding)
    {
        if (strcmp(text_of(finding, "severity"), "error") == 0) {
            return VERDICT_FINDINGS;
        }
    }
    return json_is_true(json_object_get(report, "complete")) ? VERDICT_CLEAN : VERDICT_INCONCLUSIVE;
}

static bool print_json(FILE *out, const void *report)
{
    return report_print_json(out, report);
}

static bool print_text(FILE *out, const void *report)
{
    return report_print_text(out, report, NULL);
}

int explore_report_end(json_t *report, const struct explore_options *options)
{
    sum_up(report);
    if (json_array_size(json_object_get(report, "scenarios")) > 0 &&
        !json_is_true(json_object_get(report, "instrumented"))) {
        json_array_append_new(json_object_get(report, "notes"), json_string(NOT_INSTRUMENTED));
    }
    enum verdict verdict = judge(report);
    json_object_set_new(report, "verdict", json_string(verdict_name(verdict)));
    if (!cli_output(options->verb, &options->report, print_text, print_json, report)) {
        return CLI_USAGE;
    }
    bool wants_more = options->require_complete && verdict == VERDICT_INCONCLUSIVE;
    return verdict == VERDICT_FINDINGS || wants_more ? CLI_FINDINGS : CLI_CLEAN;
}
