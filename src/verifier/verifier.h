/*
 * verifier.h - what the rule families share: the processors' held locks, repairs, images.
 *
 * The verifier only listens to events.  It allocates nothing but its own pages, and everything here runs
 * with interrupts masked on the reporting processor.  Guards are taken in this order: a bucket of the
 * lock table, then a processor's held locks, then the store of findings.
 *
 * "The run goes on after a finding": the one who makes a finding also repairs, so that the same defect is
 * not reported again by another rule.  A callback whose IRQL was repaired is *forgiven*: rules about IRQL
 * keep quiet in it until it is back at the level it was entered at, with no spin lock held.
 */
#ifndef UNDIS_VERIFIER_VERIFIER_H
#define UNDIS_VERIFIER_VERIFIER_H

#include "ke/event.h"
#include "report/finding.h"

#define HELD_MAXIMUM 32

struct lock_record;

/* One spin lock that a processor holds. */
struct held_lock {
    const void *lock;
    const struct callback_frame *frame; /* in which it was acquired */
    enum lock_flavor flavor;
    KIRQL saved;       /* IRQL before the acquisition */
    bool gone;         /* its memory was freed: there is no record and no lock word any more */
    const void *state; /* of a reader/writer lock: the LOCK_STATE(_EX) */
    struct stack_trace acquired;
};

struct verifier_processor {
    struct ke_guard guard; /* of depth and held: a wrong owner's release reaches over */
    unsigned number;
    unsigned depth;
    struct held_lock held[HELD_MAXIMUM]; /* oldest first */

    KIRQL base; /* IRQL before the oldest of them, to be restored with the last release */

    bool order_broken; /* a release out of order left IRQL up: order_irql is due when the last lock goes */
    KIRQL order_irql;
    bool refused; /* a fall of IRQL was refused because a lock is held: the driver thinks that it is at
                     refused_irql */
    KIRQL refused_irql;
    bool raised_since;

    const void *volatile waiting_for; /* a spin lock */
    struct stack_trace waiting;
    bool contended; /* the acquisition under way had to wait */
    const void
        *interlocked; /* lock of the NdisInterlockedXxx under way: a wait for it is no wait of the driver */
    bool fatal;       /* a finding explains the bug check that follows (fault.c) */
    const struct callback_frame *fatal_in; /* there: a thread may go on elsewhere meanwhile */

    uintptr_t loose[2]; /* in place of a callback frame's cookie, outside any callback and any thread */
} __attribute__((aligned(64)));

/* NULL outside the processors. */
struct verifier_processor *verifier_processor(const struct event *event);
struct verifier_processor *verifier_processor_at(unsigned number);

/* A finding explains the bug check that follows in this callback or on this processor (fault.c). */
void fault_explained(const struct event *event);

/* ---- held locks (held.c) ----------------------------------------------------------------------- */

/* A hold whose stack is not known.  Not an initialiser: that would clear the room for all of its frames. */
static inline void held_begin(struct held_lock *held, const void *lock, enum lock_flavor flavor, KIRQL saved)
{
    held->lock = lock;
    held->frame = NULL;
    held->flavor = flavor;
    held->saved = saved;
    held->gone = false;
    held->state = NULL;
    held->acquired.depth = 0;
}

void held_push(struct verifier_processor *me, const struct held_lock *held);
/* Takes the newest entry for that lock off the stack; false when there is none. */
bool held_remove(struct verifier_processor *of, const void *lock, struct held_lock *held);
/* Takes the newest entry acquired in that frame off the stack. */
bool held_remove_of_frame(struct verifier_processor *of, const struct callback_frame *frame,
                          struct held_lock *held);
bool held_find(struct verifier_processor *of, const void *lock, struct held_lock *held);
/* The hold of a reader/writer lock that has that LOCK_STATE; lock NULL: any lock's. */
bool held_find_state(struct verifier_processor *of, const void *lock, const void *state,
                     struct held_lock *held);
bool held_remove_state(struct verifier_processor *of, const void *lock, const void *state,
                       struct held_lock *held);
/* The newest hold of that lock is of that flavour from now on. */
void held_convert(struct verifier_processor *me, const void *lock, enum lock_flavor flavor);
void held_mark_gone(struct verifier_processor *of, const void *lock);
/* Drops the holds whose lock is gone with its memory; false when there was none. */
bool held_drop_gone(struct verifier_processor *of);
unsigned held_count(struct verifier_processor *of);
/* The newest lock held, NULL for none. */
const void *held_newest(struct verifier_processor *of);
/* The processor's held locks as evidence. */
void held_evidence(struct finding *finding, struct verifier_processor *of);

static inline bool flavor_raises(enum lock_flavor flavor)
{
    return flavor == LOCK_NDIS || flavor == LOCK_KE || flavor == LOCK_KE_FOR_DPC || flavor == LOCK_QUEUED ||
           flavor == LOCK_QUEUED_FOR_DPC || flavor == LOCK_EX_SHARED || flavor == LOCK_EX_EXCLUSIVE ||
           flavor == LOCK_RW_READ || flavor == LOCK_RW_WRITE || flavor == LOCK_OLD_RW_READ ||
           flavor == LOCK_OLD_RW_WRITE;
}
static inline bool flavor_is_ndis(enum lock_flavor flavor)
{
    return flavor == LOCK_NDIS || flavor == LOCK_NDIS_DPR;
}
static inline bool flavor_is_shared(enum lock_flavor flavor)
{
    return flavor == LOCK_EX_SHARED || flavor == LOCK_EX_SHARED_DPC;
}
/* What must be closed with functions of its own, however IRQL goes. */
enum lock_family {
    FAMILY_ORDINARY = 1,
    FAMILY_QUEUED,
    FAMILY_EX_SHARED,
    FAMILY_EX_EXCLUSIVE,
    FAMILY_RW,
    FAMILY_MIXED
};
enum lock_family flavor_family(enum lock_flavor flavor);
const char *flavor_acquire_name(enum lock_flavor flavor);
const char *flavor_try_name(enum lock_flavor flavor);
const char *flavor_release_name(enum lock_flavor flavor);

/* rwlock.c: ends a hold of an NDIS reader/writer lock that its callback left behind. */
void rw_hold_end(const struct held_lock *held, unsigned processor);

/* Whom a processor that waits for a reader/writer lock waits for: `wanted` when that one holds it, else
 * another that holds it and waits itself; -1: none. */
int rw_blocker(const void *lock, unsigned waiter, unsigned wanted);

/* lock_release.c: the level after a release for which `target` is due, `held` being off the stack already:
 * what earlier repairs still owe, and SpinLockReleaseOrder.  *reported: a finding was made of it. */
KIRQL lock_level_after(struct event *event, struct verifier_processor *me, KIRQL target, bool *reported,
                       const struct held_lock *held);

/* ---- IRQL per callback (frame.c) --------------------------------------------------------------- */

/* The level that the innermost callback on the event's processor was entered at. */
KIRQL frame_entry_irql(const struct event *event);

/* Levels that KeRaiseIrql returned and KeLowerIrql has not restored yet, in the innermost callback. */
void frame_raise_push(const struct event *event, KIRQL saved);
bool frame_raise_top(const struct event *event, KIRQL *saved);
void frame_raise_pop(const struct event *event);

void frame_forgive(const struct event *event);
/* The frame of a lock that is held on that processor, NULL outside any callback. */
void frame_forgive_other(struct callback_frame *frame, unsigned processor);
bool frame_is_forgiven(const struct event *event);
/* IRQL is or becomes `irql`: is the callback back in order? */
void frame_settle(const struct event *event, struct verifier_processor *me, KIRQL irql);

/* ---- driver images (images.c) ------------------------------------------------------------------ */

struct image {
    uintptr_t low, high;
    char name[64];
};
/* NULL when the address lies in no driver. */
const struct image *image_of(uintptr_t address);

const char *irql_name(KIRQL irql);

/* ddi_irql.c: was the call of the DDI that the driver is in reported because of its IRQL? */
bool ddi_irql_reported(const struct event *event);

#endif
