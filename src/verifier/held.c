/*
 * held.c - which spin locks each processor holds.
 */
#include "verifier/verifier.h"

#include <string.h>

static struct verifier_processor processors[KE_MAXIMUM_PROCESSORS];

/* At once, so that an execution in which a processor holds no lock writes nothing here (host/memory.h). */
static __attribute__((constructor)) void number(void)
{
    for (unsigned i = 0; i < KE_MAXIMUM_PROCESSORS; i++) {
        processors[i].number = i;
    }
}

struct verifier_processor *verifier_processor_at(unsigned number)
{
    return &processors[number % KE_MAXIMUM_PROCESSORS];
}

struct verifier_processor *verifier_processor(const struct event *event)
{
    if (event->processor == NULL || event->processor == &ke_outside) {
        return NULL;
    }
    return verifier_processor_at(event->processor->number);
}

static void copy(struct held_lock *to, const struct held_lock *from)
{
    to->lock = from->lock;
    to->frame = from->frame;
    to->flavor = from->flavor;
    to->saved = from->saved;
    to->gone = from->gone;
    to->state = from->state;
    stack_trace_copy(&to->acquired, &from->acquired);
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
        copy(&me->held[me->depth++], held);
    }
    ke_guard_leave(&me->guard, old);
}

/* Under the guard: copies entry i out and closes the gap. */
static void take_out(struct verifier_processor *of, unsigned i, struct held_lock *held)
{
    copy(held, &of->held[i]);
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
            copy(held, &of->held[i]);
            found = true;
        }
    }
    ke_guard_leave(&of->guard, old);
    return found;
}

/* Under the guard: the newest entry with that state, -1 for none. */
static int find_state(const struct verifier_processor *of, const void *lock, const void *state)
{
    for (unsigned i = of->depth; i-- > 0;) {
        if (of->held[i].state == state && (lock == NULL || of->held[i].lock == lock)) {
            return (int)i;
        }
    }
    return -1;
}

bool held_find_state(struct verifier_processor *of, const void *lock, const void *state,
                     struct held_lock *held)
{
    if (of->depth == 0 || state == NULL) {
        return false;
    }
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    int found = find_state(of, lock, state);
    if (found >= 0) {
        *held = of->held[found];
    }
    ke_guard_leave(&of->guard, old);
    return found >= 0;
}

bool held_remove_state(struct verifier_processor *of, const void *lock, const void *state,
                       struct held_lock *held)
{
    if (of->depth == 0 || state == NULL) {
        return false;
    }
    KIRQL old = ke_guard_enter_quietly(&of->guard);
    int found = find_state(of, lock, state);
    if (found >= 0) {
        take_out(of, (unsigned)found, held);
    }
    ke_guard_leave(&of->guard, old);
    return found >= 0;
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
    if (of->depth == 0) {
        return false;
    }
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
    if (of->depth == 0) {
        return NULL;
    }
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

void held_convert(struct verifier_processor *me, const void *lock, enum lock_flavor flavor)
{
    KIRQL old = ke_guard_enter_quietly(&me->guard);
    for (unsigned i = me->depth; i-- > 0;) {
        if (me->held[i].lock == lock) {
            me->held[i].flavor = flavor;
            break;
        }
    }
    ke_guard_leave(&me->guard, old);
}

/* ---- flavours ---------------------------------------------------------------------------------- */

static const struct {
    enum lock_family family;
    const char *acquire, *release, *try;
} flavors[LOCK_FLAVORS] = {
    [LOCK_NDIS] = {FAMILY_ORDINARY, "NdisAcquireSpinLock", "NdisReleaseSpinLock", NULL},
    [LOCK_NDIS_DPR] = {FAMILY_ORDINARY, "NdisDprAcquireSpinLock", "NdisDprReleaseSpinLock", NULL},
    [LOCK_KE] = {FAMILY_ORDINARY, "KeAcquireSpinLock", "KeReleaseSpinLock", NULL},
    [LOCK_KE_DPC] = {FAMILY_ORDINARY, "KeAcquireSpinLockAtDpcLevel", "KeReleaseSpinLockFromDpcLevel",
                     "KeTryToAcquireSpinLockAtDpcLevel"},
    [LOCK_KE_FOR_DPC] = {FAMILY_ORDINARY, "KeAcquireSpinLockForDpc", "KeReleaseSpinLockForDpc", NULL},
    [LOCK_QUEUED] = {FAMILY_QUEUED, "KeAcquireInStackQueuedSpinLock", "KeReleaseInStackQueuedSpinLock", NULL},
    [LOCK_QUEUED_DPC] = {FAMILY_QUEUED, "KeAcquireInStackQueuedSpinLockAtDpcLevel",
                         "KeReleaseInStackQueuedSpinLockFromDpcLevel", NULL},
    [LOCK_QUEUED_FOR_DPC] = {FAMILY_QUEUED, "KeAcquireInStackQueuedSpinLockForDpc",
                             "KeReleaseInStackQueuedSpinLockForDpc", NULL},
    [LOCK_EX_SHARED] = {FAMILY_EX_SHARED, "ExAcquireSpinLockShared", "ExReleaseSpinLockShared", NULL},
    [LOCK_EX_SHARED_DPC] = {FAMILY_EX_SHARED, "ExAcquireSpinLockSharedAtDpcLevel",
                            "ExReleaseSpinLockSharedFromDpcLevel", "ExTryAcquireSpinLockSharedAtDpcLevel"},
    [LOCK_EX_EXCLUSIVE] = {FAMILY_EX_EXCLUSIVE, "ExAcquireSpinLockExclusive", "ExReleaseSpinLockExclusive",
                           NULL},
    [LOCK_EX_EXCLUSIVE_DPC] = {FAMILY_EX_EXCLUSIVE, "ExAcquireSpinLockExclusiveAtDpcLevel",
                               "ExReleaseSpinLockExclusiveFromDpcLevel",
                               "ExTryAcquireSpinLockExclusiveAtDpcLevel"},
    [LOCK_RW_READ] = {FAMILY_RW, "NdisAcquireRWLockRead", "NdisReleaseRWLock", "NdisTryAcquireRWLockRead"},
    [LOCK_RW_READ_DPC] = {FAMILY_RW, "NdisAcquireRWLockRead", "NdisReleaseRWLock",
                          "NdisTryAcquireRWLockRead"},
    [LOCK_RW_WRITE] = {FAMILY_RW, "NdisAcquireRWLockWrite", "NdisReleaseRWLock", "NdisTryAcquireRWLockWrite"},
    [LOCK_RW_WRITE_DPC] = {FAMILY_RW, "NdisAcquireRWLockWrite", "NdisReleaseRWLock",
                           "NdisTryAcquireRWLockWrite"},
    [LOCK_OLD_RW_READ] = {FAMILY_RW, "NdisAcquireReadWriteLock", "NdisReleaseReadWriteLock", NULL},
    [LOCK_OLD_RW_READ_DPC] = {FAMILY_RW, "NdisDprAcquireReadWriteLock", "NdisDprReleaseReadWriteLock", NULL},
    [LOCK_OLD_RW_WRITE] = {FAMILY_RW, "NdisAcquireReadWriteLock", "NdisReleaseReadWriteLock", NULL},
    [LOCK_OLD_RW_WRITE_DPC] = {FAMILY_RW, "NdisDprAcquireReadWriteLock", "NdisDprReleaseReadWriteLock", NULL},
};

enum lock_family flavor_family(enum lock_flavor flavor)
{
    return flavors[flavor].family;
}

const char *flavor_acquire_name(enum lock_flavor flavor)
{
    return flavors[flavor].acquire;
}

const char *flavor_release_name(enum lock_flavor flavor)
{
    return flavors[flavor].release;
}

const char *flavor_try_name(enum lock_flavor flavor)
{
    return flavors[flavor].try;
}
