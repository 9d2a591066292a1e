/*
 * spinlock.h - the spin lock under all flavours (spec section 2).
 *
 * The lock is the low 32 bits of the KSPIN_LOCK, a lock word (word.h).  A zeroed KSPIN_LOCK is a free
 * lock.  Owner and flavour are the verifier's business and lie beside.
 */
#ifndef UNDIS_KE_SPINLOCK_H
#define UNDIS_KE_SPINLOCK_H

#include "ke/event.h"
#include "ke/step.h"
#include "ke/word.h"

/* Out of line: waits until the word is ours; releases it to somebody who waits. */
void ke_spin_lock_contend(PKSPIN_LOCK lock);
void ke_spin_lock_pass(PKSPIN_LOCK lock);

static inline volatile uint32_t *ke_spin_lock_word(PKSPIN_LOCK lock)
{
    return (volatile uint32_t *)(void *)lock;
}

/*
 * First come, first served among those who acquire the lock as a queued one (queuedlock.c): returns when it
 * is the caller's turn to take the word, and lets the next one go when he has it.  Who holds the word is no
 * longer in the queue, so that a release is the same for all.
 */
void ke_spin_lock_queue_up(PKSPIN_LOCK lock);
void ke_spin_lock_queue_on(PKSPIN_LOCK lock);

static inline bool ke_lock_is_queued(enum lock_flavor flavor)
{
    return flavor == LOCK_QUEUED || flavor == LOCK_QUEUED_DPC || flavor == LOCK_QUEUED_FOR_DPC;
}

/* Mutual exclusion alone; IRQL is the caller's. */
static inline void ke_spin_lock_take(PKSPIN_LOCK lock)
{
    ke_about_to_lock(ke_spin_lock_word(lock));
    if (__builtin_expect(!ke_word_try(ke_spin_lock_word(lock)), 0)) {
        ke_spin_lock_contend(lock);
    }
}

/* The same in the way of that flavour, which is a constant. */
static inline void ke_spin_lock_take_as(PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    if (ke_lock_is_queued(flavor)) {
        ke_spin_lock_queue_up(lock);
    }
    ke_spin_lock_take(lock);
    if (ke_lock_is_queued(flavor)) {
        ke_spin_lock_queue_on(lock);
    }
}

/* The word is released before IRQL falls: an interrupt delivered by the fall must find it free. */
static inline void ke_spin_lock_drop(PKSPIN_LOCK lock)
{
    ke_about_to_unlock(ke_spin_lock_word(lock));
    if (!ke_word_drop(ke_spin_lock_word(lock))) {
        ke_spin_lock_pass(lock);
    }
}

/*
 * Raises to DISPATCH_LEVEL, then acquires (SL-6: in this order), and stores the old level in *old_irql,
 * as the owner.  When the verifier objects, nothing is acquired and *old_irql keeps its value.
 */
static inline void ke_spin_lock_acquire(PKSPIN_LOCK lock, enum lock_flavor flavor, KIRQL *old_irql)
{
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
    ke_spin_lock_drop(lock);
    ke_unmask(irql);
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
