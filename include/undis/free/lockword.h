/*
 * lockword.h - the spin lock in a KSPIN_LOCK: its words, and in and out.  What they mean, and why it is
 * right, is in src/ke/lockword.h.
 *
 * Whoever includes it defines first lockword_me: what the processor is called in locks.
 */
#ifndef UNDIS_FREE_LOCKWORD_H
#define UNDIS_FREE_LOCKWORD_H

#include <undis/free/region.h>

#include <stdbool.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the places of the bytes in the words below are those of a little-endian machine"
#endif

union lockword {
    volatile uint64_t all;
    struct {
        volatile uint32_t low, high;
    };
    struct {
        volatile uint8_t locked, wanted;
        volatile uint16_t bias_request;
    };
    struct {
        volatile uint8_t bytes_[4], owner, doubt, turn, last;
    };
};
UNDIS_FREE_ASSERT(sizeof(union lockword) == 8, "a KSPIN_LOCK");

#define LOCKWORD_LOCKED 0x1u
#define LOCKWORD_WANTED 0x100u
#define LOCKWORD_BIAS(low) ((uint8_t)((low) >> 16))
#define LOCKWORD_REQUEST(low) ((uint8_t)((low) >> 24))

/* What `owner` says about processor n; the first one also names it in `bias` and asks for a lease in
 * `request`. The last processor has no such number and is never an owner. */
#define LOCKWORD_FREE(n) ((uint8_t)(((n) + 1) << 2 | 1))
#define LOCKWORD_INSIDE(free) ((uint8_t)((free) + 1))
#define LOCKWORD_GONE(free) ((uint8_t)((free) + 2))
#define LOCKWORD_NUMBER(owner) (((owner) >> 2) - 1u)
#define LOCKWORD_KIND(owner) ((owner)&3)
#define LOCKWORD_PROCESSORS 63
/* Of those who are never owners; and what no owner is, but would be inside. */
#define LOCKWORD_NOBODY 1
#define LOCKWORD_SHARE 2 /* request: make it a shared one */

#define LOCKWORD_DOUBT_MAXIMUM 12

#if defined(__x86_64__)
/* A plain store, after everything before it; only the compiler could reorder it. */
#define lockword_put(place, value)                                                                           \
    do {                                                                                                     \
        __asm__ volatile("" ::: "memory");                                                                   \
        (place) = (value);                                                                                   \
        __asm__ volatile("" ::: "memory");                                                                   \
    } while (0)
/* A plain load, before everything after it. */
#define lockword_get(place)                                                                                  \
    __extension__({                                                                                          \
        __typeof__(+(place)) lockword_seen = (place);                                                        \
        __asm__ volatile("" ::: "memory");                                                                   \
        lockword_seen;                                                                                       \
    })
#else
#define lockword_put(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELEASE)
#define lockword_get(place) __atomic_load_n(&(place), __ATOMIC_ACQUIRE)
#endif

static inline bool lockword_swap(union lockword *lock, uint32_t seen, uint32_t value)
{
    return __atomic_compare_exchange_n(&lock->low, &seen, value, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* ---- in and out ---------------------------------------------------------------------------------- */

enum lockword_entry {
    LOCKWORD_ENTERED,        /* as its owner */
    LOCKWORD_ENTERED_SHARED, /* as one of several */
    LOCKWORD_LOST,           /* call lockword_undo, then lockword_wait */
    LOCKWORD_BUSY            /* call lockword_wait */
};

UNDIS_FREE_INLINE enum lockword_entry lockword_enter(union lockword *lock)
{
    uint8_t me = lockword_me();
    if (undis_likely(lockword_get(lock->owner) == me)) {
        lockword_put(lock->owner, LOCKWORD_INSIDE(me));
        return undis_likely(lockword_get(lock->bias_request) == me) ? LOCKWORD_ENTERED : LOCKWORD_LOST;
    }
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&lock->low, &free, LOCKWORD_LOCKED, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED)
               ? LOCKWORD_ENTERED_SHARED
               : LOCKWORD_BUSY;
}

/* False: still inside; call lockword_leave_slowly. */
UNDIS_FREE_INLINE bool lockword_leave(union lockword *lock)
{
    uint8_t me = lockword_me();
    if (undis_likely(lockword_get(lock->owner) == LOCKWORD_INSIDE(me))) {
        if (undis_unlikely(lockword_get(lock->bias_request) != me)) {
            return false;
        }
        lockword_put(lock->owner, me);
        return true;
    }
    if (lockword_get(lock->low) != LOCKWORD_LOCKED) {
        return false;
    }
    lockword_put(lock->low, 0); /* four bytes: the next exchange of four would wait long for a store of one */
    return true;
}

#endif
