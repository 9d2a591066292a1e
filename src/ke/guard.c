/*
 * guard.c - the library's internal lock.
 *
 * The holder cannot be interrupted by simulated interrupts, but the host may preempt it: hence parking.
 */
#include "ke/processor.h"
#include "ke/step.h"
#include "ke/word.h"

#define GUARD_SPINS 200

static void guard_enter_slowly(struct ke_guard *guard)
{
    for (int i = 0; i < GUARD_SPINS; i++) {
        if (guard->word == WORD_FREE && ke_word_try(&guard->word)) {
            return;
        }
        host_relax();
    }
    uint64_t since = host_now_ns();
    bool starved = false;
    for (;;) {
        uint32_t expected = WORD_FREE;
        if (ke_word_wait_turn(&guard->word, starved, &expected)) {
            return;
        }
        if (expected != WORD_FREE) {
            host_wait(&guard->word, expected, starved ? 0 : WORD_PATIENCE_NS);
        }
        starved = starved || host_now_ns() - since > WORD_PATIENCE_NS;
    }
}

/*
 * Under the explored engine there is one host thread, and masked code runs to its end: nobody can be in a
 * guard already, and a word that is not written is none that has to be put back after each execution.
 */
static inline bool is_undisturbed(void)
{
#if UNDIS_CHECKED
    return ke_stepping;
#else
    return false;
#endif
}

KIRQL ke_guard_enter(struct ke_guard *guard)
{
    ke_about_to_change(guard);
    return ke_guard_enter_quietly(guard);
}

KIRQL ke_guard_enter_quietly(struct ke_guard *guard)
{
    KIRQL old = ke_mask();
    if (!is_undisturbed() && __builtin_expect(!ke_word_try(&guard->word), 0)) {
        guard_enter_slowly(guard);
    }
    return old;
}

void ke_guard_leave(struct ke_guard *guard, KIRQL old)
{
    if (!is_undisturbed() && !ke_word_drop(&guard->word)) {
        ke_word_pass(&guard->word);
        host_wake(&guard->word, 1);
    }
    ke_unmask(old);
}
