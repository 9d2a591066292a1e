/*
 * trail.h - one execution as what has to be forced to get it again: switches and choices.
 */
#ifndef UNDIS_ENGINE_EXPLORE_TRAIL_H
#define UNDIS_ENGINE_EXPLORE_TRAIL_H

#include "engine/explore/machine/machine.h"
#include "engine/explore/search/search.h"

struct trail {
    struct search_switch *switches;
    size_t switch_count;
    uint16_t *choices;
    size_t choice_count;
};

/* Of the execution that `search` has just taken: every change of actor, every choice.  False: no memory. */
bool trail_take(struct trail *trail, const struct search *search);
bool trail_copy(struct trail *to, const struct trail *from);
void trail_free(struct trail *trail);
/* The length of the choices up to the last one that is not 0. */
size_t trail_choices(const struct trail *trail);

/* The defect that is looked for: a rule broken at a call site (0: anywhere). */
struct target {
    const struct rule *rule;
    uintptr_t site;
};

struct target target_of(const struct finding *finding);
/* Its finding in the machine as it stands, or NULL. */
const struct finding *target_seen(const struct target *target);

/* What one guided execution showed. */
struct replay {
    enum search_end end;
    bool seen;   /* the target was */
    bool grew;   /* machine_grew: the count of steps means something else from now on */
    bool failed; /* no memory */
    size_t events;
    uint64_t class_hash;
    uint64_t event_hash; /* of the events, one by one, without addresses */
    unsigned preemptions, interrupts;
};

/* Executes along the trail.  `step_limit` as in search_options; `target` and `trace` may be NULL. */
struct replay trail_replay(const struct trail *trail, uint32_t step_limit, const struct target *target,
                           machine_trace *trace, void *argument);

#endif
