/*
 * lockwait.h - the slow side of lockword.h: handing a bias over, waiting, taking one.
 *
 * Everything runs at DISPATCH_LEVEL or above and may be interrupted anywhere by what uses other locks.
 * Whoever includes it defines first LOCKWORD_TURNS, _IDLE_TURNS, _ANSWER_TURNS, _QUEUE_TURNS and
 *
 *   lockword_barrier()           a fence on every processor
 *   lockword_is_elsewhere(n)     processor n is below DISPATCH_LEVEL
 *   lockword_is_nested()         this one is above it
 *   lockword_pause(turn)         a moment, longer when turn is larger
 *   lockword_sleep, lockword_wake                    until the word is not `expected`, or some milliseconds;
 *                                the word's memory may be gone when it is woken
 *   lockword_sleep_in_queue, lockword_wake_in_queue  until `turn` of the lock is the ticket, or some time
 */
#ifndef UNDIS_KE_LOCKWAIT_H
#define UNDIS_KE_LOCKWAIT_H

#include "ke/lockword.h"

/* What the owner's answer makes of a word that asks it for something. */
static inline uint32_t lockword_answer(uint32_t low)
{
    uint8_t request = LOCKWORD_REQUEST(low);
    return request == LOCKWORD_SHARE ? LOCKWORD_WANTED : (uint32_t)request << 16;
}

static inline void lockword_wake_next(union lockword *lock, uint32_t low)
{
    if ((low & LOCKWORD_WANTED) != 0) {
        lockword_wake(&lock->low);
    }
}

/*
 * After LOCKWORD_LOST: says that we are not inside, and answers what we were asked for.  In an interrupt that
 * may have come between another entry's look and its store, nothing is given away.
 */
static inline void lockword_undo(union lockword *lock)
{
    uint8_t me = lockword_me();
    if (lockword_is_nested()) {
        lockword_put(lock->owner, me);
        return;
    }
    lockword_put(lock->owner, 0);
    for (;;) {
        uint32_t low = lockword_get(lock->low);
        if (LOCKWORD_BIAS(low) != me) {
            return; /* it was taken away */
        }
        if (lockword_swap(lock, low, lockword_answer(low))) { /* 0: asked no more (lockword_try_slowly) */
            lockword_wake_next(lock, low);
            return;
        }
    }
}

/* The owner's exit: hands the bias over as it lets go; false: it is not the owner. */
static inline bool lockword_leave_as_owner(union lockword *lock)
{
    uint8_t me = lockword_me();
    for (;;) {
        uint64_t all = lockword_get(lock->all);
        uint32_t low = (uint32_t)all, value = lockword_answer(low), high = (uint32_t)(all >> 32);
        if (LOCKWORD_BIAS(low) != me || (uint8_t)high != LOCKWORD_INSIDE(me)) {
            return false;
        }
        if (LOCKWORD_REQUEST(low) == 0 || lockword_is_nested()) {
            lockword_put(lock->owner, me);
            return true;
        }
        high &= ~0xFFu;
        if (__atomic_compare_exchange_n(&lock->all, &all, (uint64_t)high << 32 | value, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            lockword_wake_next(lock, low);
            return true;
        }
    }
}

/* Ends a hold that lockword_leave did not; also one by a driver that lets another processor release. */
static inline void lockword_leave_slowly(union lockword *lock)
{
    if (lockword_leave_as_owner(lock)) {
        return;
    }
    uint32_t low = lockword_get(lock->low);
    uint8_t inside = LOCKWORD_INSIDE(LOCKWORD_BIAS(low));
    if ((low & LOCKWORD_LOCKED) != 0) {
        low = __atomic_fetch_and(&lock->low, ~LOCKWORD_LOCKED, __ATOMIC_SEQ_CST);
        lockword_wake_next(lock, low);
    } else if (LOCKWORD_BIAS(low) != 0) {
        __atomic_compare_exchange_n(&lock->owner, &inside, LOCKWORD_BIAS(low), false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_RELAXED);
    }
}

/* Who holds it as a shared one takes it for himself, if nobody waits and no former owner can be about to
 * enter.  At DISPATCH_LEVEL. */
static inline void lockword_claim(union lockword *lock)
{
    uint8_t me = lockword_me(), owner = lockword_get(lock->owner);
    if (me == LOCKWORD_NOBODY || lockword_get(lock->low) != LOCKWORD_LOCKED) {
        return;
    }
    if (owner != 0 && LOCKWORD_NUMBER(owner) != LOCKWORD_NUMBER(me)) {
        uint8_t gone = (uint8_t)(owner | 3);
        if (LOCKWORD_KIND(owner) == 2 ||
            (owner != gone && !__atomic_compare_exchange_n(&lock->owner, &owner, gone, false,
                                                           __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))) {
            return;
        }
        lockword_barrier();
        /* In this order: what an entry there stored into `owner` comes before the fall of its IRQL, and could
         * lie over our word (lockword_undo in an interrupt). */
        if (!lockword_is_elsewhere(LOCKWORD_NUMBER(gone)) || lockword_get(lock->owner) != gone) {
            return;
        }
    }
    lockword_put(lock->owner, LOCKWORD_INSIDE(me));
    if (!lockword_swap(lock, LOCKWORD_LOCKED, (uint32_t)me << 16)) {
        lockword_put(lock->owner, 0);
    }
}

static inline void lockword_doubt(union lockword *lock)
{
    uint8_t doubt = lock->doubt;
    lock->doubt = (uint8_t)(doubt + 2 > LOCKWORD_DOUBT_MAXIMUM ? LOCKWORD_DOUBT_MAXIMUM : doubt + 2);
}

/* ---- the one who is next -------------------------------------------------------------------------- */

struct lockword_waiter {
    unsigned turns;  /* looks taken since the state last changed */
    unsigned inside; /* of them, how often the owner was inside */
    bool fenced;     /* there was a barrier since we last stored into the word */
    uint8_t request; /* what we asked for last */
    struct lockword_sleeper sleeper;
};

/* Changes the word from `low`; what was seen before counts no longer. */
static inline void lockword_say(union lockword *lock, struct lockword_waiter *waiter, uint32_t low,
                                uint32_t value)
{
    if (lockword_swap(lock, low, value)) {
        waiter->turns = 0;
        waiter->fenced = false;
    }
}

static inline void lockword_fence(struct lockword_waiter *waiter)
{
    lockword_barrier();
    waiter->fenced = true;
}

/* Held by somebody who will leave by storing `locked`. */
static inline void lockword_await_exit(union lockword *lock, struct lockword_waiter *waiter, uint32_t low)
{
    if (waiter->turns++ < LOCKWORD_TURNS) {
        lockword_pause(waiter->turns);
    } else if ((low & LOCKWORD_WANTED) == 0) {
        lockword_say(lock, waiter, low, low | LOCKWORD_WANTED);
    } else {
        lockword_sleep(&waiter->sleeper, &lock->low, low);
    }
}

/* Watches the owner, then asks: an owner that is often inside for a lease, else for sharing. */
static inline void lockword_ask(union lockword *lock, struct lockword_waiter *waiter, uint32_t low)
{
    uint8_t me = lockword_me(), request = LOCKWORD_SHARE;
    waiter->inside += lockword_get(lock->owner) == LOCKWORD_INSIDE(LOCKWORD_BIAS(low));
    unsigned turns = ++waiter->turns;
    if (turns >= LOCKWORD_TURNS && waiter->inside >= turns / 8 && me != LOCKWORD_NOBODY &&
        !lockword_is_nested()) {
        request = me;
    } else if (turns < LOCKWORD_IDLE_TURNS || (waiter->inside != 0 && turns < LOCKWORD_TURNS)) {
        lockword_pause(turns);
        return;
    }
    waiter->request = request;
    lockword_say(lock, waiter, low, low | (uint32_t)request << 24);
}

/* We have asked; true: taken away from an owner that does not answer. */
static inline bool lockword_await_answer(union lockword *lock, struct lockword_waiter *waiter, uint32_t low)
{
    if (waiter->turns++ < LOCKWORD_ANSWER_TURNS && waiter->request != LOCKWORD_SHARE) {
        lockword_pause(0);
    } else if (!waiter->fenced) {
        lockword_fence(waiter);
    } else if (lockword_get(lock->owner) != LOCKWORD_INSIDE(LOCKWORD_BIAS(low))) {
        return lockword_swap(lock, low, LOCKWORD_LOCKED);
    } else if (waiter->turns < LOCKWORD_TURNS) {
        lockword_pause(waiter->turns);
    } else if ((low & LOCKWORD_WANTED) == 0) {
        lockword_say(lock, waiter, low, low | LOCKWORD_WANTED);
    } else {
        lockword_sleep(&waiter->sleeper, &lock->low, low);
    }
    return false;
}

/* One look at the word by the one who is next; true: entered. */
static inline bool lockword_look(union lockword *lock, struct lockword_waiter *waiter)
{
    uint8_t me = lockword_me();
    uint32_t low = lockword_get(lock->low);
    uint8_t bias = LOCKWORD_BIAS(low);
    if (bias == 0) {
        if ((low & LOCKWORD_LOCKED) != 0) {
            lockword_await_exit(lock, waiter, low);
            return false;
        }
        if (!lockword_swap(lock, low, LOCKWORD_LOCKED)) {
            return false;
        }
        if (waiter->request == LOCKWORD_SHARE) {
            lockword_doubt(lock);
        }
        return true;
    }
    if (bias == me && (waiter->request == me || lockword_get(lock->owner) == me)) {
        lockword_put(lock->owner,
                     LOCKWORD_INSIDE(me)); /* nobody else can ask before we let the next one on */
        lock->doubt = (uint8_t)(lock->doubt - (lock->doubt != 0));
        return true;
    }
    if (LOCKWORD_REQUEST(low) == 0) {
        lockword_ask(lock, waiter, low);
        return false;
    }
    bool taken = lockword_await_answer(lock, waiter, low);
    if (taken) {
        lockword_doubt(lock);
    }
    return taken;
}

/* Lets the next one look. */
static inline void lockword_queue_on(union lockword *lock)
{
    uint8_t turn = __atomic_add_fetch(&lock->turn, 1, __ATOMIC_SEQ_CST);
    if (lockword_get(lock->last) != turn) {
        lockword_wake_in_queue(lock, turn);
    }
}

static inline void lockword_queue_up(union lockword *lock, struct lockword_sleeper *sleeper)
{
    uint8_t ticket = __atomic_fetch_add(&lock->last, 1, __ATOMIC_SEQ_CST);
    for (unsigned turns = 0; lockword_get(lock->turn) != ticket; turns++) {
        if (turns < LOCKWORD_QUEUE_TURNS) {
            lockword_pause(0);
        } else {
            lockword_sleep_in_queue(sleeper, lock, ticket);
        }
    }
}

/* Waits in the order of arrival until it is ours. */
static inline void lockword_wait(union lockword *lock)
{
    struct lockword_waiter waiter = {0};
    lockword_queue_up(lock, &waiter.sleeper);
    while (!lockword_look(lock, &waiter)) {
    }
    lockword_queue_on(lock);
}

/* ---- other ways in --------------------------------------------------------------------------------- */

static inline bool lockword_is_free(const union lockword *lock)
{
    uint32_t low = lockword_get(lock->low);
    uint8_t bias = LOCKWORD_BIAS(low);
    return (low & LOCKWORD_LOCKED) == 0 && (bias == 0 || lockword_get(lock->owner) != LOCKWORD_INSIDE(bias));
}

/* Free, and nobody waits. */
static inline bool lockword_is_unused(const union lockword *lock)
{
    return lockword_is_free(lock) && lockword_get(lock->turn) == lockword_get(lock->last);
}

/* As the one who is next: takes it when nobody is inside, else takes every word back. */
static inline bool lockword_take_unless_held(union lockword *lock)
{
    for (;;) {
        uint32_t low = lockword_get(lock->low);
        uint8_t bias = LOCKWORD_BIAS(low);
        if (bias == 0) {
            if ((low & LOCKWORD_LOCKED) != 0) {
                return false;
            }
            if (lockword_swap(lock, low, LOCKWORD_LOCKED)) {
                return true;
            }
        } else if (lockword_get(lock->owner) == LOCKWORD_INSIDE(bias)) {
            if (LOCKWORD_REQUEST(low) == 0 || lockword_swap(lock, low, low & 0xFFFFFFu)) {
                return false;
            }
        } else if (LOCKWORD_REQUEST(low) == 0) {
            if (lockword_swap(lock, low, low | (uint32_t)LOCKWORD_SHARE << 24)) {
                lockword_barrier();
            }
        } else if (lockword_swap(lock, low, LOCKWORD_LOCKED)) {
            lockword_doubt(lock);
            return true;
        }
    }
}

/* False at once when somebody holds it or waits for it. */
static inline bool lockword_try_slowly(union lockword *lock)
{
    uint64_t all = lockword_get(lock->all);
    uint8_t turn = (uint8_t)(all >> 48), last = (uint8_t)(all >> 56);
    if (!lockword_is_free(lock)) {
        return false;
    }
    volatile uint16_t *tickets = (volatile uint16_t *)(volatile void *)&lock->turn;
    uint16_t seen = (uint16_t)(turn | last << 8), mine = (uint16_t)(turn | (uint8_t)(last + 1) << 8);
    if (turn != last ||
        !__atomic_compare_exchange_n(tickets, &seen, mine, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        return false;
    }
    bool taken = lockword_take_unless_held(lock);
    lockword_queue_on(lock);
    return taken;
}

/*
 * First come, first served (in-stack queued locks): without a ticket only while nobody has one.  That is seen
 * after `owner` was stored, or by the compare-and-exchange itself, so whoever has a ticket later came later.
 */
static inline enum lockword_entry lockword_enter_first(union lockword *lock)
{
    uint8_t me = lockword_me();
    if (lockword_get(lock->owner) == me) {
        lockword_put(lock->owner, LOCKWORD_INSIDE(me));
        if (lockword_get(lock->bias_request) != me) {
            return LOCKWORD_LOST;
        }
        if (lockword_get(lock->turn) == lockword_get(lock->last)) {
            return LOCKWORD_ENTERED;
        }
        lockword_put(lock->owner, me);
        return lockword_get(lock->bias_request) == me ? LOCKWORD_BUSY : LOCKWORD_LOST;
    }
    uint64_t all = lockword_get(lock->all);
    if ((uint32_t)all != 0 || (uint8_t)(all >> 48) != (uint8_t)(all >> 56)) {
        return LOCKWORD_BUSY;
    }
    return __atomic_compare_exchange_n(&lock->all, &all, all | LOCKWORD_LOCKED, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED)
               ? LOCKWORD_ENTERED_SHARED
               : LOCKWORD_BUSY;
}

#endif
