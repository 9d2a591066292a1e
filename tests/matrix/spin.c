/*
 * spin.c - two NDIS spin locks: the oracle is spec section 2, clauses SL-1 to SL-12, SL-17, SL-20.
 */
#include "matrix.h"

#include <stdio.h>
#include <string.h>

enum operation { ALLOCATE, FREE, ACQUIRE, RELEASE, DPR_ACQUIRE, DPR_RELEASE, OPERATIONS };
#define LOCKS 2

/* ---- the oracle -------------------------------------------------------------------------------- */

enum holder { NOBODY, RAISED, AT_DISPATCH };

struct spin {
    bool live; /* allocated and not freed since */
    enum holder held;
    KIRQL saved;
};

struct state {
    KIRQL irql;
    struct spin lock[LOCKS];
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    put(to, (struct state){.irql = irql});
}

/*
 * SL-2, SL-5, SL-8, SL-11, SL-17.  Never allocated and at a wrong level are two defects; a lock that was
 * never allocated is held all the same.
 */
static uint32_t acquire(struct state *state, struct spin *lock, bool dpr)
{
    uint32_t rules = lock->live ? 0 : RULE(SpinLockNotAllocated);
    if (lock->held != NOBODY) {
        rules |= RULE(SpinLockRecursive);
    }
    if (state->irql > DISPATCH_LEVEL) {
        rules |= RULE(SpinLockAboveDispatch);
    } else if (dpr && state->irql < DISPATCH_LEVEL) {
        rules |= RULE(SpinLockBelowDispatch);
    }
    if ((rules & ~RULE(SpinLockNotAllocated)) == 0) {
        *lock = (struct spin){.live = true, .held = dpr ? AT_DISPATCH : RAISED, .saved = state->irql};
        state->irql = DISPATCH_LEVEL;
    }
    return rules;
}

/*
 * SL-2, SL-7, SL-9, SL-10, SL-12.  Who does not hold it has no level to be right or wrong about.  The level
 * is that of the right flavour in any case, and stays up while something is held that needs it.
 */
static uint32_t release(struct state *state, struct spin *lock, const struct spin *other, bool dpr)
{
    if (!lock->live) {
        return RULE(SpinLockNotAllocated);
    }
    if (lock->held == NOBODY) {
        return RULE(SpinLockNotOwned);
    }
    bool raised = lock->held == RAISED;
    bool too_early = raised && lock->saved < DISPATCH_LEVEL && other->held != NOBODY;
    lock->held = NOBODY;
    state->irql = raised && !too_early ? lock->saved : state->irql;
    if (raised == dpr) {
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
    case ALLOCATE: /* SL-1, SL-3 */
        verdict.rules = lock->live ? RULE(SpinLockReallocated) : 0;
        lock->live = true;
        break;
    case FREE: /* SL-4 */
        verdict.rules = lock->held != NOBODY ? RULE(SpinLockFreedWhileHeld) : 0;
        lock->live = false;
        break;
    case ACQUIRE:
    case DPR_ACQUIRE:
        verdict.rules = acquire(&state, lock, what == DPR_ACQUIRE);
        break;
    default:
        verdict.rules = release(&state, lock, other, what == DPR_RELEASE);
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

static NDIS_SPIN_LOCK locks[LOCKS];

static void fresh(void)
{
    memset(locks, 0, sizeof locks);
}

static void clean(void)
{
    matrix_forget(locks, sizeof locks);
}

static int perform(unsigned operation)
{
    NDIS_SPIN_LOCK *lock = &locks[operation % LOCKS];
    switch ((enum operation)(operation / LOCKS)) {
    case ALLOCATE:
        NdisAllocateSpinLock(lock);
        break;
    case FREE:
        NdisFreeSpinLock(lock);
        break;
    case ACQUIRE:
        NdisAcquireSpinLock(lock);
        break;
    case RELEASE:
        NdisReleaseSpinLock(lock);
        break;
    case DPR_ACQUIRE:
        NdisDprAcquireSpinLock(lock);
        break;
    default:
        NdisDprReleaseSpinLock(lock);
        break;
    }
    return 0;
}

/* A lock that is held looks held, any other one free. */
static bool agrees(const struct oracle_state *where)
{
    struct state state = get(where);
    for (unsigned i = 0; i < LOCKS; i++) {
        if (state.lock[i].live && !KeTestSpinLock(&locks[i].SpinLock) != (state.lock[i].held != NOBODY)) {
            return false;
        }
    }
    return true;
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {"Allocate", "Free", "Acquire", "Release", "DprAcquire", "DprRelease"};
    snprintf(text, size, "%s(%c)", names[operation / LOCKS], "AB"[operation % LOCKS]);
}

const struct family family_spin = {
    .name = "spin",
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
