/*
 * report.h - a run and its findings as text or JSON.
 *
 * Everything here runs on the main host thread when the run has ended and the driver images are still
 * mapped (frames are named from their debug information).  Not guaranteed: a name for every frame; code
 * without debug information shows as image+offset.
 */
#ifndef UNDIS_REPORT_REPORT_H
#define UNDIS_REPORT_REPORT_H

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct finding;
struct run_summary;

/* What the reader must know about the run, beside the findings (which are in the store, finding.h). */
struct run_report {
    const char *engine;   /* "free-running" */
    const char *scenario; /* NULL: none */
    unsigned processors;
    uint64_t seed;
    uint64_t executions;      /* 1 for `run` */
    bool complete;            /* every schedule within the bounds was executed; never for `run` */
    bool checked;             /* false: the free build, which checks nothing */
    bool stopped;             /* a bug check stopped the machine */
    const char *inconclusive; /* why the run says nothing though nothing was found; NULL: it does */
    uint64_t frames_sent, frames_received, frames_dropped;
    double seconds;         /* of the whole run */
    double traffic_seconds; /* of the part in which frames flowed; 0: none did */
    const char *replay;     /* the command line that does the same again */
};

enum verdict { VERDICT_CLEAN, VERDICT_FINDINGS, VERDICT_INCONCLUSIVE };

/* "findings" when there is one of severity error; warnings alone leave a run clean. */
enum verdict report_verdict(const struct run_report *run);
const char *verdict_name(enum verdict verdict);

/*
 * One line per finding that starts with "finding: RULE", its evidence indented below; a summary of the
 * run; last the line "verdict: ...".  Returns false when writing failed.
 */
bool report_text(FILE *out, const struct run_report *run);

/* One JSON object (see docs/findings.md).  Returns false when writing failed or memory is short. */
bool report_json(FILE *out, const struct run_report *run);

/* ---- the same in parts ----------------------------------------------------------------------------
 *
 * A report is data (docs/findings.md), and both formats are printed from it: so that what several processes
 * found can be one report.
 */

/* All of a run; the caller owns it. */
json_t *report_object(const struct run_report *run);
/* One finding; `replay`: the command line that shows it again, or NULL. */
json_t *report_finding(const struct finding *finding, const char *replay);
/* Text that may hold bytes that are no UTF-8. */
json_t *report_string(const char *value);

bool report_print_json(FILE *out, const json_t *run);
/* `summary` may be NULL. */
bool report_print_text(FILE *out, const json_t *run, const struct run_summary *summary);

#endif
