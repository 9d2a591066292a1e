/*
 * spinlock.h - the spin lock under all flavours (spec section 2).
 *
 * The KSPIN_LOCK is a lock word (lockword.h).  Owner and flavour, as the verifier has them, lie beside.
 */
#ifndef UNDIS_KE_SPINLOCK_H
#define UNDIS_KE_SPINLOCK_H

#include "ke/event.h"
#include "ke/lockhost.h"
#include "ke/step.h"

#include <undis/free/spinlock.h>

_Static_assert(sizeof(KSPIN_LOCK) == sizeof(union lockword), "a KSPIN_LOCK has room for it");

static inline union lockword *ke_lock_word(PKSPIN_LOCK lock)
{
    return (union lockword *)(void *)lock;
}

/* What the engine knows the lock by: zero is free, as long as nobody is its owner. */
static inline volatile uint32_t *ke_spin_lock_word(PKSPIN_LOCK lock)
{
    return &ke_lock_word(lock)->low;
}

/* Out of line, for what lockword_enter and lockword_leave did not do; enter_slowly waits until it is ours. */
void ke_spin_lock_enter_slowly(PKSPIN_LOCK lock, enum lockword_entry entry);
void ke_spin_lock_leave_slowly(PKSPIN_LOCK lock);
/* Entered as one of several, and due to be looked at: is it this processor's alone? */
void ke_spin_lock_look(PKSPIN_LOCK lock);

/* Gives the processor its name in locks. */
void ke_spin_lock_prepare(struct ke_processor *processor);

/* Mutual exclusion alone; IRQL, DISPATCH_LEVEL or above, is the caller's. */
static inline void ke_spin_lock_take(PKSPIN_LOCK lock)
{
#if UNDIS_CHECKED
    ke_about_to_lock(ke_spin_lock_word(lock));
    enum lockword_entry entry = lockword_enter(ke_lock_word(lock));
    if (__builtin_expect(entry != LOCKWORD_ENTERED_SHARED, 0)) {
        ke_spin_lock_enter_slowly(lock, entry);
    }
#else
    undis_lock_take(lock);
#endif
}

/* Free, with nobody waiting, at this moment. */
bool ke_spin_lock_is_unused(PKSPIN_LOCK lock);

/* False at once when it is held. */
bool ke_spin_lock_try(PKSPIN_LOCK lock);

/*
 * The same, first come, first served among those who take it so (queuedlock.c).  To the explored engine,
 * which decides about every order itself, whoever it lets have the word came first.
 */
void ke_spin_lock_take_in_turn(PKSPIN_LOCK lock);

static inline bool ke_lock_is_queued(enum lock_flavor flavor)
{
    return flavor == LOCK_QUEUED || flavor == LOCK_QUEUED_DPC || flavor == LOCK_QUEUED_FOR_DPC;
}

/* In the way of that flavour, which is a constant. */
static inline void ke_spin_lock_take_as(PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    if (ke_lock_is_queued(flavor)) {
        ke_spin_lock_take_in_turn(lock);
    } else {
        ke_spin_lock_take(lock);
    }
}

/* The word is released before IRQL falls: an interrupt delivered by the fall must find it free. */
static inline void ke_spin_lock_drop(PKSPIN_LOCK lock)
{
#if UNDIS_CHECKED
    ke_about_to_unlock(ke_spin_lock_word(lock));
    if (__builtin_expect(!lockword_leave(ke_lock_word(lock)), 0)) {
        ke_spin_lock_leave_slowly(lock);
    }
#else
    undis_lock_drop(lock);
#endif
}

/*
 * Raises to DISPATCH_LEVEL, then acquires (SL-6: in this order), and stores the old level in *old_irql,
 * as the owner.  When the verifier objects, nothing is acquired and *old_irql keeps its value.
 */
static inline void ke_spin_lock_acquire(PKSPIN_LOCK lock, enum lock_flavor flavor, KIRQL *old_irql)
{
#if !UNDIS_CHECKED
    if (!ke_lock_is_queued(flavor)) {
        undis_lock_acquire(lock, old_irql);
        return;
    }
#endif
    if (event_send(EVENT_LOCK_ACQUIRE, lock, flavor, 0, 0, 0)) {
        return;
    }
    ke_about_to_raise(DISPATCH_LEVEL);
    KIRQL old = ke_irql();
    ke_irql_store(DISPATCH_LEVEL);
    event_send(EVENT_IRQL, NULL, old, DISPATCH_LEVEL, IRQL_CAUSE_LOCK, 0);
    ke_spin_lock_take_as(lock, flavor);
    *old_irql = old;
    event_send(EVENT_LOCK_ACQUIRED, lock, flavor, old, 0, 0);
}

/* Acquires without touching IRQL (SL-8). */
static inline void ke_spin_lock_acquire_at_dpc(PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    if (event_send(EVENT_LOCK_ACQUIRE, lock, flavor, 0, 0, 0)) {
        return;
    }
    ke_spin_lock_take_as(lock, flavor);
    event_send(EVENT_LOCK_ACQUIRED, lock, flavor, ke_irql(), 0, 0);
}

#if UNDIS_CHECKED

/* Asks the verifier about a release.  False: the lock is to be left alone; *irql and *flavor may have
   changed, to the level that it allows and the flavour that the lock was acquired with. */
bool ke_lock_may_release(const volatile void *lock, enum lock_flavor *flavor, KIRQL *irql);
/* Goes to that level after a release. */
void ke_lock_lower(KIRQL irql);

/* Asks the verifier, then releases and goes to the level it allows. */
void ke_spin_lock_release_checked(PKSPIN_LOCK lock, enum lock_flavor flavor, KIRQL irql);

static inline void ke_spin_lock_release(PKSPIN_LOCK lock, enum lock_flavor flavor, KIRQL irql)
{
    ke_spin_lock_release_checked(lock, flavor, irql);
}

static inline void ke_spin_lock_release_from_dpc(PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    ke_spin_lock_release_checked(lock, flavor, ke_irql());
}

#else

/* Releases and restores `irql` (SL-7). */
static inline void ke_spin_lock_release(PKSPIN_LOCK lock, enum lock_flavor flavor, KIRQL irql)
{
    (void)flavor;
    undis_lock_release(lock, irql);
}

/* Releases without touching IRQL (SL-9). */
static inline void ke_spin_lock_release_from_dpc(PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    (void)flavor;
    ke_spin_lock_drop(lock);
}

#endif

/* Frees the word of a lock that its holder will never release; for the verifier. */
void ke_spin_lock_abandon(PKSPIN_LOCK lock);

#endif
