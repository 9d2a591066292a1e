/*
 * locksleep.c - sleeping of those who wait for a spin lock (lockwait.h).
 *
 * Those who are not next sleep beside the lock, each ticket in a bed of its own if the hash is kind, so that
 * only the next one is woken.  The lock's own words are no good for it: the owner changes them all the time.
 */
#include "ke/lockhost.h"

#include <limits.h>
#include <sched.h>

#define REPORT_NS 100000000u
#define SHORTEST_NS 200000u
#define RESTS 100u

/*
 * Who goes to bed counts himself, then looks whether it is his turn; who wakes changes the turn, then looks
 * whether anybody is there; all by locked instructions.
 */
static struct bed {
    volatile uint32_t sleepers, sequence;
} __attribute__((aligned(64))) beds[256];

static struct bed *bed_of(const union lockword *lock, uint8_t ticket)
{
    uintptr_t address = (uintptr_t)lock;
    return &beds[(uint8_t)((address >> 3) * 37 + (address >> 11) + ticket)];
}

/* Tells the watchdog of a wait that lasts; returns the time. */
static uint64_t note(struct lockword_sleeper *sleeper, const volatile void *lock)
{
    uint64_t now = host_now_ns();
    if (sleeper->since == 0) {
        sleeper->since = sleeper->reported = now;
    } else if (now - sleeper->reported >= REPORT_NS) {
        sleeper->reported = now;
        event_send(EVENT_LOCK_WAIT, (const void *)(uintptr_t)lock, 0, 1, 0, 0);
    }
    return now;
}

/*
 * A release that overlooked the sleeper is found after as long again as he has been next.  The time in bed
 * does not count: the holder may have been stopped between its look and its store by this very thread, on the
 * same core, which is no rare thing, and would go on alone for as long as all of them have waited.
 */
void lockword_sleep(struct lockword_sleeper *sleeper, const volatile uint32_t *word, uint32_t expected)
{
    uint64_t now = note(sleeper, word);
    sleeper->next = sleeper->next == 0 ? now : sleeper->next;
    uint64_t waited = now - sleeper->next;
    uint64_t limit = waited < SHORTEST_NS ? SHORTEST_NS : waited < REPORT_NS ? waited : REPORT_NS;
    host_wait(word, expected, limit);
}

void lockword_wake(const volatile uint32_t *word)
{
    host_wake(word, 1);
}

void lockword_sleep_in_queue(struct lockword_sleeper *sleeper, const union lockword *lock, uint8_t ticket)
{
    struct bed *bed = bed_of(lock, ticket);
    /* Where each hold ends with a turn, being woken takes longer than all the holds before it. */
    if (ke_processor()->lock_in_turn && sleeper->rests < RESTS) {
        sleeper->rests++;
        sched_yield();
        return;
    }
    note(sleeper, lock);
    __atomic_fetch_add(&bed->sleepers, 1, __ATOMIC_SEQ_CST);
    uint32_t sequence = __atomic_load_n(&bed->sequence, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&lock->turn, __ATOMIC_SEQ_CST) != ticket) {
        host_wait(&bed->sequence, sequence, REPORT_NS);
    }
    __atomic_fetch_sub(&bed->sleepers, 1, __ATOMIC_SEQ_CST);
}

void lockword_wake_in_queue(const union lockword *lock, uint8_t ticket)
{
    struct bed *bed = bed_of(lock, ticket);
    if (__atomic_load_n(&bed->sleepers, __ATOMIC_SEQ_CST) != 0) {
        __atomic_fetch_add(&bed->sequence, 1, __ATOMIC_SEQ_CST);
        host_wake(&bed->sequence, INT_MAX);
    }
}
