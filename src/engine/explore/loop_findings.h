/*
 * loop_findings.h - between loop.c and loop_findings.c.
 */
#ifndef UNDIS_ENGINE_EXPLORE_LOOP_FINDINGS_H
#define UNDIS_ENGINE_EXPLORE_LOOP_FINDINGS_H

#include "engine/explore/loop.h"

/*
 * Looks at the findings that the execution just made by `search` left in the machine: counts those that are
 * known, copies and minimises new ones.  `number` is the execution's; `grew` says that it found new shared
 * memory.  Returns true when the machine found new shared memory while minimising, so that a systematic
 * search must begin anew.
 */
bool loop_collect(const struct loop_options *options, struct loop_result *result, const struct search *search,
                  uint64_t number, bool grew);

/* Adds what only shows when the search is over (finding_late); no schedule belongs to it.  Unless there is a
 * finding of a deadlock: it says the same, and more. */
void loop_collect_late(const struct loop_options *options, struct loop_result *result);

/* Frees what the finding holds of its schedule: there is none then. */
void loop_forget_schedule(struct loop_finding *kept);

/* An error has a schedule, or had its tries: one that was seen once while the machine grew ends no search. */
bool loop_has_error(const struct loop_result *result);

#endif
