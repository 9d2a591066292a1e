/*
 * dpc.c - two KSPIN_LOCKs, acquired with a raise of IRQL, at DISPATCH_LEVEL and by trying, and released in
 * both ways: the oracle is spec section 2, and the pages of the six functions.
 *
 * KeReleaseSpinLock restores the level that it is given.  The driver here gives it what the last
 * KeAcquireSpinLock of that lock returned, DISPATCH_LEVEL before the first one.
 */
#include "matrix.h"

#include <stdio.h>

enum operation { ACQUIRE, ACQUIRE_AT, TRY, RELEASE, RELEASE_FROM, OPERATIONS };
#define LOCKS 2

/* ---- the oracle -------------------------------------------------------------------------------- */

enum holder { NOBODY, RAISED, AT_DISPATCH };

struct spin {
    enum holder held;
    KIRQL before; /* the level before the acquisition */
    KIRQL given;  /* what KeReleaseSpinLock is given */
};

struct state {
    KIRQL irql;
    struct spin lock[LOCKS];
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    struct state state = {.irql = irql};
    for (unsigned i = 0; i < LOCKS; i++) {
        state.lock[i].given = DISPATCH_LEVEL;
    }
    put(to, state);
}

/* SL-5, SL-8, SL-11, SL-17.  Without a raise any level from DISPATCH_LEVEL on is right. */
static uint32_t acquire(struct state *state, struct spin *lock, bool raise)
{
    uint32_t rules = lock->held != NOBODY ? RULE(SpinLockRecursive) : 0;
    if (raise && state->irql > DISPATCH_LEVEL) {
        rules |= RULE(SpinLockAboveDispatch);
    } else if (!raise && state->irql < DISPATCH_LEVEL) {
        rules |= RULE(SpinLockBelowDispatch);
    }
    if (rules == 0) {
        lock->held = raise ? RAISED : AT_DISPATCH;
        lock->before = state->irql;
        if (raise) {
            lock->given = state->irql;
            state->irql = DISPATCH_LEVEL;
        }
    }
    return rules;
}

/*
 * Never waits, so it may be called for a lock that this processor holds.  One that it takes at a wrong level
 * is held all the same.
 */
static struct verdict try(struct state *state, struct spin *lock)
{
    struct verdict verdict = {.value = lock->held == NOBODY};
    verdict.rules = state->irql < DISPATCH_LEVEL ? RULE(SpinLockBelowDispatch) : 0;
    if (lock->held == NOBODY) {
        lock->held = AT_DISPATCH;
        lock->before = state->irql;
    }
    return verdict;
}

/*
 * SL-7, SL-10, SL-12.  The page of KeTryToAcquireSpinLockAtDpcLevel names KeReleaseSpinLock as its
 * counterpart: given the level at which the caller is, it ends what began without a raise.
 */
static uint32_t release(struct state *state, struct spin *lock, const struct spin *other, bool restore)
{
    if (lock->held == NOBODY) {
        return RULE(SpinLockNotOwned);
    }
    bool raised = lock->held == RAISED;
    bool too_early = raised && lock->before < DISPATCH_LEVEL && other->held != NOBODY;
    bool right = raised ? restore : !restore || lock->given == state->irql;
    lock->held = NOBODY;
    state->irql = raised && !too_early ? lock->before : state->irql;
    if (!right) {
        return RULE(SpinLockFlavor);
    }
    return too_early ? RULE(SpinLockReleaseOrder) : 0;
}

static struct verdict judge(struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    struct spin *lock = &state.lock[operation % LOCKS], *other = &state.lock[1 - operation % LOCKS];
    enum operation what = operation / LOCKS;
    struct verdict verdict = {0};
    switch (what) {
    case ACQUIRE:
    case ACQUIRE_AT:
        verdict.rules = acquire(&state, lock, what == ACQUIRE);
        break;
    case TRY:
        verdict = try(&state, lock);
        break;
    default:
        verdict.rules = release(&state, lock, other, what == RELEASE);
        break;
    }
    verdict.irql = state.irql;
    put(where, state);
    return verdict;
}

/* SL-20 */
static uint32_t end(const struct oracle_state *where)
{
    struct state state = get(where);
    return state.lock[0].held != NOBODY || state.lock[1].held != NOBODY ? RULE(SpinLockHeldAtReturn) : 0;
}

/* ---- the library ------------------------------------------------------------------------------- */

static KSPIN_LOCK locks[LOCKS];
static KIRQL given[LOCKS];

static void fresh(void)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        KeInitializeSpinLock(&locks[i]);
        given[i] = DISPATCH_LEVEL;
    }
}

static void clean(void)
{
    matrix_forget(locks, sizeof locks);
}

static int perform(unsigned operation)
{
    unsigned lock = operation % LOCKS;
    switch ((enum operation)(operation / LOCKS)) {
    case ACQUIRE:
        KeAcquireSpinLock(&locks[lock], &given[lock]);
        break;
    case ACQUIRE_AT:
        KeAcquireSpinLockAtDpcLevel(&locks[lock]);
        break;
    case TRY:
        return KeTryToAcquireSpinLockAtDpcLevel(&locks[lock]);
    case RELEASE:
        KeReleaseSpinLock(&locks[lock], given[lock]);
        break;
    default:
        KeReleaseSpinLockFromDpcLevel(&locks[lock]);
        break;
    }
    return 0;
}

static bool agrees(const struct oracle_state *where)
{
    struct state state = get(where);
    for (unsigned i = 0; i < LOCKS; i++) {
        if (!KeTestSpinLock(&locks[i]) != (state.lock[i].held != NOBODY)) {
            return false;
        }
    }
    return true;
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {"Acquire", "AcquireAtDpc", "TryAtDpc", "Release", "ReleaseFromDpc"};
    snprintf(text, size, "%s(%c)", names[operation / LOCKS], "AB"[operation % LOCKS]);
}

const struct family family_dpc = {
    .name = "dpc",
    .operations = OPERATIONS * LOCKS,
    .length = 6,
    .describe = describe,
    .fresh = fresh,
    .perform = perform,
    .agrees = agrees,
    .clean = clean,
    .start = start,
    .judge = judge,
    .end = end,
};
