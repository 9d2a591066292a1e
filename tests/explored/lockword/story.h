/*
 * story.h - the lock of the free build (src/ke/lockword.h) as a program for the explored engine: two
 * processors enter and leave, one of them its owner when it begins.  With --memory tso their plain stores
 * lie in store buffers.
 *
 * The barrier is an interrupt on the other processor, as the host's membarrier is.  Who sleeps goes on when
 * there is something to see: the limit of his sleep is not what makes the lock right.
 *
 *   TRIES          the owner enters twice beside one who tries; it waits for nobody and goes away instead, so
 *                  that the search comes to its end in less than a second
 *   TRIES, WAITS   the owner enters once, and waits
 *   neither        both enter once, and wait
 */
#include <ntddk.h>
#include <undis/explore.h>

#include <stdbool.h>
#include <stdint.h>

#define LOCKWORD_TURNS 0u
#define LOCKWORD_IDLE_TURNS 0u
#define LOCKWORD_ANSWER_TURNS 0u
#define LOCKWORD_QUEUE_TURNS 0u

union lockword;
struct lockword_sleeper {
    int unused;
};

/* Processor 1 is number 0 to the lock. */
static inline uint8_t lockword_me(void)
{
    return (uint8_t)(KeGetCurrentProcessorNumber() << 2 | 1);
}

static PKINTERRUPT Ipi[3];
static volatile LONG Fenced[3];

static BOOLEAN Fence(PKINTERRUPT Interrupt, PVOID Processor)
{
    UNREFERENCED_PARAMETER(Interrupt);
    InterlockedExchange(&Fenced[(uintptr_t)Processor], 1);
    return TRUE;
}

#ifndef NO_BARRIER
static void fence_on(unsigned processor)
{
    InterlockedExchange(&Fenced[processor], 0);
    undis_interrupt_raise(Ipi[processor]);
    while (Fenced[processor] == 0) {
        YieldProcessor();
    }
}
#endif

static inline void lockword_barrier(void)
{
#ifndef NO_BARRIER
    KeMemoryBarrier();
    fence_on(3 - KeGetCurrentProcessorNumber());
#endif
}

/* Nothing is claimed here. */
static inline bool lockword_is_elsewhere(unsigned number)
{
    (void)number;
    return false;
}

/* Without leases: as if every wait was in an interrupt. */
static inline bool lockword_is_nested(void)
{
#ifdef NO_LEASE
    return true;
#else
    return false;
#endif
}

static inline void lockword_pause(unsigned turn)
{
    (void)turn;
}

static inline void lockword_sleep(struct lockword_sleeper *sleeper, const volatile uint32_t *word,
                                  uint32_t expected);
static inline void lockword_wake(const volatile uint32_t *word)
{
    (void)word;
}

static inline void lockword_sleep_in_queue(struct lockword_sleeper *sleeper, const union lockword *lock,
                                           uint8_t ticket);
static inline void lockword_wake_in_queue(const union lockword *lock, uint8_t ticket)
{
    (void)lock, (void)ticket;
}

#ifdef OWNER_LOOKS_FIRST
#define lockword_enter lockword_enter_right
#endif
#include "ke/lockwait.h"
#ifdef OWNER_LOOKS_FIRST
#undef lockword_enter
static enum lockword_entry lockword_enter(union lockword *lock)
{
    uint8_t me = lockword_me();
    if (lockword_get(lock->owner) == me) {
        bool mine = lockword_get(lock->bias_request) == me;
        lockword_put(lock->owner, LOCKWORD_INSIDE(me));
        return mine ? LOCKWORD_ENTERED : LOCKWORD_LOST;
    }
    return lockword_enter_right(lock);
}
#endif

static union lockword Lock;

static inline void lockword_sleep(struct lockword_sleeper *sleeper, const volatile uint32_t *word,
                                  uint32_t expected)
{
    uint8_t bias = LOCKWORD_BIAS(expected);
    (void)sleeper;
    while (*word == expected && (bias == 0 || Lock.owner == LOCKWORD_INSIDE(bias))) {
        YieldProcessor();
    }
}

static inline void lockword_sleep_in_queue(struct lockword_sleeper *sleeper, const union lockword *lock,
                                           uint8_t ticket)
{
    (void)sleeper;
    while (lock->turn != ticket) {
        YieldProcessor();
    }
}

static volatile LONG Inside;

static void be_inside(void)
{
    undis_assert(InterlockedIncrement(&Inside) == 1);
    InterlockedDecrement(&Inside);
    if (!lockword_leave(&Lock)) {
        lockword_leave_slowly(&Lock);
    }
}

static void enter_and_leave(void *argument)
{
    (void)argument;
    enum lockword_entry entry = lockword_enter(&Lock);
    if (entry == LOCKWORD_LOST) {
        lockword_undo(&Lock);
    }
    if (entry == LOCKWORD_LOST || entry == LOCKWORD_BUSY) {
#if defined(TRIES) && !defined(WAITS)
        return;
#else
        lockword_wait(&Lock);
#endif
    }
    be_inside();
}

#ifdef TRIES
#ifndef WAITS
static void enter_twice(void *argument)
{
    enter_and_leave(argument);
    enter_and_leave(argument);
}
#else
#define enter_twice enter_and_leave
#endif

static void try_and_leave(void *argument)
{
    (void)argument;
    if (lockword_try_slowly(&Lock)) {
        be_inside();
    }
}
#else
#define enter_twice enter_and_leave
#define try_and_leave enter_and_leave
#endif

static void check_free(void *argument)
{
    (void)argument;
    undis_assert(lockword_is_unused(&Lock));
}

void undis_scenario(void)
{
    Lock.low = (uint32_t)LOCKWORD_FREE(0) << 16;
    Lock.owner = LOCKWORD_FREE(0);
    for (unsigned processor = 1; processor <= 2; processor++) {
        Ipi[processor] = undis_interrupt(processor, 11, Fence, (PVOID)(uintptr_t)processor);
    }
    undis_thread(1, enter_twice, NULL);
    undis_thread(2, try_and_leave, NULL);
    undis_at_end(check_free, NULL);
}
