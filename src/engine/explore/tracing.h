/*
 * tracing.h - writes down the steps of a traced execution.
 */
#ifndef UNDIS_ENGINE_EXPLORE_TRACING_H
#define UNDIS_ENGINE_EXPLORE_TRACING_H

#include "engine/explore/trail.h"
#include "report/table.h"

struct tracing {
    const struct trail *trail; /* that is followed: which switches it forces is noted; may be NULL */
    struct table_step *steps;  /* the caller frees them */
    size_t count, room;
    bool failed; /* no memory: some steps are missing */
    uint32_t taken[SEARCH_ACTORS];
};

/* A machine_trace whose argument is a struct tracing. */
void tracing_note(const struct machine_step *step, void *argument);

#endif
