/*
 * lock_table.h - what is known about each spin lock, beside the lock and keyed by its address.
 */
#ifndef UNDIS_VERIFIER_LOCK_TABLE_H
#define UNDIS_VERIFIER_LOCK_TABLE_H

#include "verifier/verifier.h"

#define LOCK_NO_OWNER (-1)

struct lock_record {
    struct lock_record *next;
    uintptr_t address;
    bool allocated;     /* by NdisAllocateSpinLock, and not freed since */
    bool initialised;   /* by that or KeInitializeSpinLock, or adopted after a finding */
    bool freed;         /* by NdisFreeSpinLock */
    bool tampered;      /* initialised or freed while held: OldIrql in it is lost */
    bool free_pending;  /* freed while held */
    bool recursed;      /* this hold has seen a recursive acquisition */
    unsigned recursion; /* refused recursive acquisitions whose releases are still to come */
    unsigned phantoms;  /* refused acquisitions at a wrong IRQL whose releases are still to come */
    unsigned abandoned; /* holds that were ended at a callback's return and may still be released */
    volatile int owner; /* processor number or LOCK_NO_OWNER */
    uint64_t readers;   /* bit p: processor p holds it shared; nobody holds it twice */
    KIRQL lowest;       /* level at which it has been held, 0: never */
    KIRQL highest;      /* level at which somebody has waited for it */
    bool levels_told;   /* that the two differ and the upper one is an interrupt's */
    uint8_t family;     /* enum lock_family that it is used as, 0: not known yet */
    struct stack_trace made;
    struct stack_trace acquired; /* by the owner */

    uint64_t acquired_at; /* host time */
    uint64_t acquisitions, contended, longest_ns;
    uintptr_t longest_at;
};

/*
 * Finds the lock's record (made when `make`) and enters the guard of its bucket, in any case: end with
 * lock_leave.  NULL when there is none or memory is short.
 */
struct lock_record *lock_enter(const void *lock, bool make, KIRQL *old);
void lock_leave(const void *lock, KIRQL old);

/* Who holds it, one of them when it is shared; LOCK_NO_OWNER.  And does this processor? */
static inline int lock_holder(const struct lock_record *record)
{
    return record->readers != 0 ? __builtin_ctzll(record->readers) : record->owner;
}
static inline bool lock_is_held_by(const struct lock_record *record, unsigned processor)
{
    return record->owner == (int)processor || (record->readers >> processor & 1) != 0;
}

/* The lock's holder now, or LOCK_NO_OWNER.  Enters and leaves the bucket. */
int lock_owner(const void *lock, struct stack_trace *acquired);

/*
 * Forgets every lock in [low, high), after `visit` (may be NULL) saw it.  Called with no bucket entered.
 */
void lock_forget(uintptr_t low, uintptr_t high, void (*visit)(struct lock_record *record, void *argument),
                 void *argument);

/* Calls visit for every record, its bucket entered. */
void lock_each(void (*visit)(struct lock_record *record, void *argument), void *argument);

/* statistics.c: a record's counts survive it.  Its bucket is entered. */
void lock_statistics_keep(const struct lock_record *record);

/* lock_life.c: NotAllocated.  Makes the finding and adopts the lock; false when the lock is in order. */
bool lock_judge_allocated(struct event *event, struct lock_record *record, enum lock_flavor flavor,
                          uint64_t word, const char *call);
uint64_t lock_word(const void *lock, enum lock_flavor flavor);
/* Frees the words of a lock whose holder, on this processor, will not release it. */
void lock_abandon(const void *lock, enum lock_flavor flavor);

/* lock_release.c: what a lock that its memory or its holder's callback took along leaves behind. */
void lock_end_hold(struct lock_record *record, unsigned processor, uint64_t now);

#endif
