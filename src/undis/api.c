/*
 * api.c - include/undis/undis.h, for test authors.
 */
#include <undis/undis.h>

#include "ke/run.h"
#include "report/finding.h"

#define NANOSECONDS 1e9

enum undis_end undis_run(const struct undis_options *options, void (*body)(void *), void *argument)
{
    struct undis_options none = {0};
    const struct undis_options *given = options != NULL ? options : &none;
    struct ke_run_options run = {
        .processors = given->processors != 0 ? given->processors : 4,
        .seed = given->seed != 0 ? given->seed : 1,
        .watchdog_ns = (uint64_t)(given->watchdog_seconds * NANOSECONDS),
        .operation_ns = (uint64_t)(given->timeout_seconds * NANOSECONDS),
    };
    if (run.processors > KE_MAXIMUM_PROCESSORS) {
        run.processors = KE_MAXIMUM_PROCESSORS;
    }
    switch (ke_run(&run, body, argument)) {
    case KE_RUN_ENDED:
        return UNDIS_ENDED;
    case KE_RUN_BUGCHECK:
        finding_wait(EVIDENCE_LIMIT_NS);
        return UNDIS_STOPPED;
    default:
        return UNDIS_NO_MEMORY;
    }
}

size_t undis_finding_count(void)
{
    return finding_count();
}

const struct undis_finding *undis_finding(size_t index)
{
    const struct finding *finding = finding_at(index);
    return finding != NULL ? &finding->public : NULL;
}

bool undis_is_checked(void)
{
    return UNDIS_CHECKED;
}
