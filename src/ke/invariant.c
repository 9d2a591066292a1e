/*
 * invariant.c - the list of invariants (contract in invariant.h).
 */
#include "ke/invariant.h"

#include "ke/event.h"

#include <stdio.h>

static struct ke_guard guard;
unsigned ke_invariant_count;
static struct invariant {
    bool (*holds)(void *argument);
    void *argument;
    const char *name;
    bool broken; /* and reported */
} invariants[KE_INVARIANTS];

bool ke_invariant_add(bool (*holds)(void *), void *argument, const char *name)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool room = ke_invariant_count < KE_INVARIANTS;
    if (room) {
        invariants[ke_invariant_count++] = (struct invariant){holds, argument, name, false};
    }
    ke_guard_leave(&guard, old);
    return room;
}

bool ke_invariants_asking;

static bool ask(const struct invariant *invariant)
{
    ke_invariants_asking = true;
    bool holds = invariant->holds(invariant->argument);
    ke_invariants_asking = false;
    return holds;
}

static void report(struct invariant *invariant)
{
    char text[160];
    snprintf(text, sizeof(text), "invariant: %s", invariant->name);
    invariant->broken = true;
    event_send(EVENT_ASSERTION, text, 0, 0, 0, 0);
}

bool ke_invariants_ask(void)
{
    bool all = true;
    for (unsigned i = 0; i < ke_invariant_count; i++) {
        if (!invariants[i].broken) {
            KIRQL old = ke_mask();
            bool holds = ask(&invariants[i]);
            if (!holds) {
                report(&invariants[i]);
            }
            ke_unmask(old);
            all = all && holds;
        }
    }
    return all;
}
