/*
 * bare.c - floors.  Under every lock that is taken by an atomic instruction: one exchange and one store,
 * where they are used, and in a library's two functions.  Under every lock in a library: two calls that do
 * nothing.  Under every lock: two plain stores.  Under a DPC: a function called through a pointer between the
 * two atomics of a queue.
 */
#include "contender.h"
#include "library.h"

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

CONTENDER_LOOPS(called, , library_acquire(), gate_count(), library_release())
CONTENDER(called, "xchg + store in a library", "", SPIN_LOCK, ON_HOST, library_reset);

/* No lock: only measured alone. */
CALL_LOOPS(empty, (library_nothing(), gate_touch(), library_nothing()))
CONTENDER(empty, "two empty calls of a library", "", CALL, ON_HOST, NULL);

static inline void store_twice(void)
{
    __atomic_store_n(&word, 1, __ATOMIC_RELEASE);
    gate_touch();
    __atomic_store_n(&word, 0, __ATOMIC_RELEASE);
}

/* What a lock costs at least that stores anything when it is entered and left. */
CALL_LOOPS(stores, store_twice())
CONTENDER(stores, "two plain stores", "", CALL, ON_HOST, reset);

static volatile uint32_t queued;
static void (*volatile function)(void) = gate_touch;

static inline void call_queued(void)
{
    while (__atomic_exchange_n(&queued, 1, __ATOMIC_ACQ_REL) != 0) {
    }
    function();
    (void)__atomic_exchange_n(&queued, 0, __ATOMIC_ACQ_REL);
}

CALL_LOOPS(call, call_queued())
CONTENDER(call, "call between two xchg", "", CALL, ON_HOST, reset);
