/*
 * word.h - the lock word under spin locks, interrupt spin locks and guards.
 *
 * A released word is anybody's: a newcomer may take it before a waiter that was woken gets there, which
 * keeps short critical sections fast.  A waiter that has waited for WORD_PATIENCE_NS marks the word; then
 * the next release reserves it for those who wait, so nobody starves for longer than that times the
 * number of waiters.  No order among waiters is promised (SL-19).
 *
 *   FREE -> HELD                  newcomer
 *   HELD -> CONTENDED -> STARVED  a waiter parks; one has lost patience
 *   STARVED -> RESERVED           release: only a waiter may take it, and makes it CONTENDED
 *   HELD, CONTENDED -> FREE       release; CONTENDED wakes one waiter
 */
#ifndef UNDIS_KE_WORD_H
#define UNDIS_KE_WORD_H

#include <stdbool.h>
#include <stdint.h>

enum { WORD_FREE, WORD_HELD, WORD_CONTENDED, WORD_STARVED, WORD_RESERVED };

#define WORD_PATIENCE_NS 1000000u

static inline bool ke_word_try(volatile uint32_t *word)
{
    uint32_t expected = WORD_FREE;
    return __atomic_compare_exchange_n(word, &expected, WORD_HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* True when it was released with nobody waiting; else ke_word_pass must follow at once. */
static inline bool ke_word_drop(volatile uint32_t *word)
{
    uint32_t expected = WORD_HELD;
    return __builtin_expect(
        __atomic_compare_exchange_n(word, &expected, WORD_FREE, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED),
        1);
}

/*
 * One turn of a waiter: true when it owns the word now; else *expected is the value to sleep on.
 */
static inline bool ke_word_wait_turn(volatile uint32_t *word, bool starved, uint32_t *expected)
{
    uint32_t value = *word;
    uint32_t wanted = starved || value == WORD_STARVED ? WORD_STARVED : WORD_CONTENDED;
    if (value == WORD_FREE || value == WORD_RESERVED) {
        return __atomic_compare_exchange_n(word, &value, WORD_CONTENDED, false, __ATOMIC_ACQUIRE,
                                           __ATOMIC_RELAXED);
    }
    if (value != wanted) {
        __atomic_compare_exchange_n(word, &value, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    *expected = wanted;
    return false;
}

/* Releases a word that somebody waits for; the caller then wakes one sleeper. */
static inline void ke_word_pass(volatile uint32_t *word)
{
    uint32_t value = *word;
    while (!__atomic_compare_exchange_n(word, &value, value == WORD_STARVED ? WORD_RESERVED : WORD_FREE,
                                        false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

#endif
