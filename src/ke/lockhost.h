/*
 * lockhost.h - what a lock word (lockword.h) stands on: processors, the host's barrier and its blocking.
 *
 * The checked build has no owners, so that a lock is taken and released in the same way always: what is
 * explored and judged there is what drivers do.
 */
#ifndef UNDIS_KE_LOCKHOST_H
#define UNDIS_KE_LOCKHOST_H

#include "ke/event.h"
#include "ke/processor.h"

#include <undis/free/lockown.h>

/* How often the one who is next looks, some 0.5 us apart: before he asks or goes to sleep; at an owner that
 * is never inside; at one that he has asked.  And how often, some 30 ns apart, those behind him. */
#define LOCKWORD_TURNS 64u
#define LOCKWORD_IDLE_TURNS 8u
#define LOCKWORD_ANSWER_TURNS 64u
#define LOCKWORD_QUEUE_TURNS 32u

struct lockword_sleeper {
    uint64_t since, reported; /* when the wait began, and was told of last */
    uint64_t next;            /* when the one who is next slept for the first time */
    unsigned rests;           /* of one whose turn comes soon: the processor is left to others for a moment */
};
static inline void lockword_barrier(void);
static inline bool lockword_is_elsewhere(unsigned number);
static inline bool lockword_is_nested(void);
static inline void lockword_pause(unsigned turn);

#include "ke/lockword.h"

void lockword_sleep(struct lockword_sleeper *sleeper, const volatile uint32_t *word, uint32_t expected);
void lockword_wake(const volatile uint32_t *word);
void lockword_sleep_in_queue(struct lockword_sleeper *sleeper, const union lockword *lock, uint8_t ticket);
void lockword_wake_in_queue(const union lockword *lock, uint8_t ticket);

/* Without it nobody is ever an owner. */
static inline void lockword_barrier(void)
{
    if (host_barrier_there) {
        host_barrier();
    }
}

static inline bool lockword_is_elsewhere(unsigned number)
{
    return *(volatile KIRQL *)&ke_processors[number].irql < DISPATCH_LEVEL;
}

static inline bool lockword_is_nested(void)
{
    return ke_irql() > DISPATCH_LEVEL;
}

static inline void lockword_pause(unsigned turn)
{
    for (unsigned i = turn == 0 ? 1 : turn < LOCKWORD_IDLE_TURNS ? 4 : 16; i > 0; i--) {
        host_relax();
    }
}

#endif
