/*
 * minimise.h - from the execution that found a defect to the shortest schedule that shows it (explore.md C7).
 */
#ifndef UNDIS_ENGINE_EXPLORE_MINIMISE_H
#define UNDIS_ENGINE_EXPLORE_MINIMISE_H

#include "engine/explore/trail.h"

struct minimise_options {
    uint32_t step_limit;
    bool tso;
    uint64_t replays; /* the most to be made; 0: as many as it takes */
    double seconds;   /* the most processor time that it may take; 0: no limit */
};

struct minimal {
    struct trail trail;
    struct replay last; /* of that trail */
    uint64_t replays;   /* guided executions that it took, and those of the searches for fewer preemptions */
    bool reproduced;    /* false: the trail, as it was given, did not show the target */
    bool grew;          /* ended early: the machine counts steps in another way now, so the trail is void */
    bool least;         /* a search found that there is none with fewer preemptions of threads */
};

/*
 * Minimises `trail`, which showed `target`.  First fewest forced switches, by delta debugging; then choices
 * to 0; then searches whether fewer preemptions will do.  False: no memory.
 */
bool minimise(const struct minimise_options *options, const struct trail *trail, const struct target *target,
              struct minimal *minimal);
void minimal_free(struct minimal *minimal);

#endif
