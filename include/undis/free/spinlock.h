/*
 * spinlock.h - the quick sides of the spin lock, in the free build.
 *
 * What an owner does alone and what one exchange does are here; waiting, and changing hands, is left to the
 * library.
 *
 * After <wdm.h>.
 */
#ifndef UNDIS_FREE_SPINLOCK_H
#define UNDIS_FREE_SPINLOCK_H

#include <undis/free/irql.h>
#include <undis/free/lockown.h>

EXTERN_C_START

/*
 * The slow sides: what lockword_enter did not do, until the lock is the caller's; what lockword_leave did not
 * do; and a look at a shared lock that is due, whether it has become one processor's.
 */
void undis_free(lock_enter)(PKSPIN_LOCK SpinLock, enum lockword_entry entry);
void undis_free(lock_leave)(PKSPIN_LOCK SpinLock);
void undis_free(lock_look)(PKSPIN_LOCK SpinLock);

/* Mutual exclusion alone, at DISPATCH_LEVEL or above. */
UNDIS_FREE_INLINE void undis_lock_take(PKSPIN_LOCK SpinLock)
{
    enum lockword_entry entry = lockword_enter((union lockword *)(void *)SpinLock);
    if (undis_likely(entry == LOCKWORD_ENTERED)) {
        return;
    }
    if (undis_unlikely(entry != LOCKWORD_ENTERED_SHARED)) {
        undis_free(lock_enter)(SpinLock, entry);
    } else if (undis_unlikely(lockword_counts())) {
        undis_free(lock_look)(SpinLock);
    }
}

UNDIS_FREE_INLINE void undis_lock_drop(PKSPIN_LOCK SpinLock)
{
    if (undis_unlikely(!lockword_leave((union lockword *)(void *)SpinLock))) {
        undis_free(lock_leave)(SpinLock);
    }
}

/* Raises to DISPATCH_LEVEL, then acquires (spec SL-6), and stores the old level where only the owner does. */
UNDIS_FREE_INLINE void undis_lock_acquire(PKSPIN_LOCK SpinLock, KIRQL *OldIrql)
{
    uint8_t old = undis_irql_raise(DISPATCH_LEVEL);
    undis_lock_take(SpinLock);
    volatile KIRQL *saved = OldIrql; /* volatile: so that the constant remains one (irql.h) */
    if (undis_likely(old == PASSIVE_LEVEL)) {
        *saved = PASSIVE_LEVEL;
    } else {
        *saved = old;
    }
}

/* Releases before IRQL falls: an interrupt that the fall lets in must find it free. */
UNDIS_FREE_INLINE void undis_lock_release(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    undis_lock_drop(SpinLock);
    undis_irql_lower(NewIrql);
}

EXTERN_C_END

#endif
