/*
 * invariant.h - conditions that must hold between any two steps of the machine.
 *
 * The explored engine asks after every step, the free-running one has no steps: there only whoever calls
 * ke_invariants_hold does.  Part of the machine's state: a restored machine has the invariants that it had.
 */
#ifndef UNDIS_KE_INVARIANT_H
#define UNDIS_KE_INVARIANT_H

#include "ke/processor.h"

#define KE_INVARIANTS 8

/*
 * `holds` reads memory and has no effect; it must call nothing of the DDI.  `name` is for people.  <=
 * DISPATCH_LEVEL.  False: there are KE_INVARIANTS already.
 */
bool ke_invariant_add(bool (*holds)(void *argument), void *argument, const char *name);

/* For ke_invariants_hold, which is called at every step. */
extern unsigned ke_invariant_count;
bool ke_invariants_ask(void);

/*
 * Asks them all, with every interrupt masked and without making a step; one that does not hold is reported
 * as an EVENT_ASSERTION that names it, and is not asked again.  True: all held.  On a processor, or outside
 * the machine while nothing runs.
 */
static inline bool ke_invariants_hold(void)
{
    return ke_invariant_count == 0 || ke_invariants_ask();
}

/* True in the meantime: accesses by instrumented code are the author's look, no step and no race of anybody.
 */
extern bool ke_invariants_asking;

#endif
