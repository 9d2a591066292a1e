/*
 * held.c - which spin locks each processor holds.
 */
#include "verifier/verifier.h"

#include <string.h>

static struct verifier_processor processors[KE_MAXIMUM_PROCESSORS];

struct verifier_processor *verifier_processor_at(unsigned number)
{
    return &processors[number % KE_MAXIMUM_PROCESSORS];
}

struct verifier_processor *verifier_processor(const struct event *event)
{
    if (event->processor == NULL || event->processor == &ke_outside) {
        return NULL;
    }
    struct verifier_processor *me = verifier_processor_at(event->processor->number);
    me->number = event->processor->number;
    return me;
}

void held_push(struct verifier_processor *me, const struct held_lock *held)
{
    KIRQL old = ke_guard_enter_quietly(&me->guard);
    if (me->depth == 0) {
        me->base = held->saved;
        me->order_broken = false; /* left over when somebody else took the last lock away */
        me->refused = false;
    }
    if (me->depth < HELD_MAXIMUM) {
        me->held[me->depth++] = *held;
    }
    ke_guard_leave(&me->guard, old);
}

/* Under the guard: copies entry i out and closes the gap. */
static void take_out(struct verifier_processor *of, unsigned i, struct held_lock *held)
{
    *held = of->held[i];
    memmove(&of->held[i], &of->held[i + 1], (of->depth - i - 1) * sizeof(of->held[0]));
    of->depth--;
}

bool held_remove(struct verifier_processor *of, const void *lock, struct held_lock *held)
{
    bool found = false;
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    for (unsigned i = of->depth; i-- > 0 && !found;) {
        if (of->held[i].lock == lock) {
            take_out(of, i, held);
            found = true;
        }
    }
    ke_guard_leave(&of->guard, old);
    return found;
}

bool held_remove_of_frame(struct verifier_processor *of, const struct callback_frame *frame,
                          struct held_lock *held)
{
    bool found = false;
    if (of->depth == 0) {
        return false;
    }
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    for (unsigned i = of->depth; i-- > 0 && !found;) {
        if (of->held[i].frame == frame) {
            take_out(of, i, held);
            found = true;
        }
    }
    ke_guard_leave(&of->guard, old);
    return found;
}

bool held_find(struct verifier_processor *of, const void *lock, struct held_lock *held)
{
    bool found = false;
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    for (unsigned i = of->depth; i-- > 0 && !found;) {
        if (of->held[i].lock == lock) {
            *held = of->held[i];
            found = true;
        }
    }
    ke_guard_leave(&of->guard, old);
    return found;
}

void held_mark_gone(struct verifier_processor *of, const void *lock)
{
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    for (unsigned i = 0; i < of->depth; i++) {
        if (of->held[i].lock == lock) {
            of->held[i].gone = true;
        }
    }
    ke_guard_leave(&of->guard, old);
}

bool held_drop_gone(struct verifier_processor *of)
{
    unsigned kept = 0;
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    unsigned before = of->depth;
    for (unsigned i = 0; i < before; i++) {
        if (!of->held[i].gone) {
            of->held[kept++] = of->held[i];
        }
    }
    of->depth = kept;
    ke_guard_leave(&of->guard, old);
    return kept != before;
}

unsigned held_count(struct verifier_processor *of)
{
    return of->depth;
}

const void *held_newest(struct verifier_processor *of)
{
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    const void *lock = of->depth > 0 ? of->held[of->depth - 1].lock : NULL;
    ke_guard_leave(&of->guard, old);
    return lock;
}

void held_evidence(struct finding *finding, struct verifier_processor *of)
{
    if (of == NULL) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    for (unsigned i = 0; i < of->depth; i++) {
        finding_add_lock(finding, of->held[i].lock);
    }
    ke_guard_leave(&of->guard, old);
}

const char *flavor_acquire_name(enum lock_flavor flavor)
{
    static const char *const names[] = {"NdisAcquireSpinLock", "NdisDprAcquireSpinLock", "KeAcquireSpinLock",
                                        "KeAcquireSpinLockAtDpcLevel"};
    return names[flavor];
}

const char *flavor_release_name(enum lock_flavor flavor)
{
    static const char *const names[] = {"NdisReleaseSpinLock", "NdisDprReleaseSpinLock", "KeReleaseSpinLock",
                                        "KeReleaseSpinLockFromDpcLevel"};
    return names[flavor];
}
