/*
 * bare.c - the floor under every lock that is taken by an atomic instruction: one exchange and one store.
 */
#include "contender.h"

static volatile uint32_t word __attribute__((aligned(128)));

static void reset(void)
{
    word = 0;
}

static inline void acquire(void)
{
    while (__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE) != 0) {
        while (word != 0) {
            __builtin_ia32_pause();
        }
    }
}

static inline void release(void)
{
    __atomic_store_n(&word, 0, __ATOMIC_RELEASE);
}

CONTENDER_LOOPS(bare, , acquire(), gate_count(), release())
CONTENDER(bare, "xchg + store", "", SPIN_LOCK, ON_HOST, reset);
