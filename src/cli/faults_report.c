/*
 * faults_report.c - what came of `undis run --faults`, as text and as JSON.
 */
#include "cli/faults.h"

#include "report/report.h"
#include "report/text.h"

#include <string.h>

#define FAULTS_SHOWN 4 /* of those that lead to one finding */

static void print_finding(FILE *out, const json_t *finding)
{
    const json_t *faults = json_object_get(finding, "faults");
    size_t index, count = json_array_size(faults);
    json_t *fault;
    if (json_is_true(json_object_get(finding, "without_fault"))) {
        fprintf(out, "without any fault:\n");
    } else {
        fprintf(out, "when this fails:");
        json_array_foreach(faults, index, fault)
        {
            if (index < FAULTS_SHOWN) {
                fprintf(out, " %s", json_string_value(fault));
            }
        }
        if (count > FAULTS_SHOWN) {
            fprintf(out, " or one of %zu others", count - FAULTS_SHOWN);
        }
        fputc('\n', out);
    }
    text_finding(out, finding);
}

static void print_fault(FILE *out, const json_t *fault)
{
    size_t index;
    json_t *frame;
    fprintf(out, "fault: %s: %s", text_get(fault, "name"), text_get(fault, "ended"));
    if (number_get(fault, "findings") > 0) {
        fprintf(out, "; findings: %llu", (unsigned long long)number_get(fault, "findings"));
    }
    fputc('\n', out);
    json_array_foreach(json_object_get(fault, "stack"), index, frame)
    {
        fprintf(out, "      %s\n", json_string_value(frame));
    }
}

bool faults_print_text(FILE *out, const void *report)
{
    const json_t *run = report;
    const json_t *faults = json_object_get(run, "faults"), *findings = json_object_get(run, "findings");
    size_t index, errors = 0;
    json_t *item;
    json_array_foreach(findings, index, item)
    {
        errors += strcmp(text_get(item, "severity"), "error") == 0;
        print_finding(out, item);
    }
    json_array_foreach(faults, index, item)
    {
        print_fault(out, item);
    }
    fprintf(out, "\nfaults: %llu place%s at which a call may fail, %zu tried, scenario %s, seed %llu\n",
            (unsigned long long)number_get(run, "places"), number_get(run, "places") == 1 ? "" : "s",
            json_array_size(faults), text_get(run, "scenario"), (unsigned long long)number_get(run, "seed"));
    size_t warnings = json_array_size(findings) - errors;
    fprintf(out, "verdict: %s %zu error%s, %zu warning%s%s%s\n", text_get(run, "verdict"), errors,
            errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s",
            text_get(run, "reason")[0] != '\0' ? "; " : "", text_get(run, "reason"));
    return fflush(out) == 0 && !ferror(out);
}

bool faults_print_json(FILE *out, const void *report)
{
    return report_print_json(out, report);
}
