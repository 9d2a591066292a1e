/*
 * verdict.c - the one word in which a run ends.
 */
#include "report/finding.h"
#include "report/report.h"

enum verdict report_verdict(const struct run_report *run)
{
    if (finding_errors() > 0) {
        return VERDICT_FINDINGS;
    }
    return run->inconclusive != NULL ? VERDICT_INCONCLUSIVE : VERDICT_CLEAN;
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"clean", "findings", "inconclusive"};
    return names[verdict];
}
