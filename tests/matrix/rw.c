/*
 * rw.c - two NDIS_RW_LOCK_EX, three lock states: the oracle is spec section 4a, clauses RW-3 to RW-5, RW-8 to
 * RW-10, RW-12; and SL-12, SL-17, SL-20, which hold for whatever raises IRQL and is held.  The older
 * NDIS_RW_LOCK is a family of its own, "rwold": in the place of the flag it has functions for callers at
 * DISPATCH_LEVEL, of which acquisition and release must pair (RW-16, RW-17).
 *
 * Where the pages are silent: a processor that writes may read as well.
 */
#include "matrix.h"

#include <stdio.h>
#include <string.h>

enum operation { READ, READ_AT_DISPATCH, WRITE, WRITE_AT_DISPATCH, RELEASE, DPR_RELEASE };
#define LOCKS 2
#define STATES 3

/* ---- the oracle -------------------------------------------------------------------------------- */

enum holder { NOBODY, READER, WRITER };

/* One acquisition: a lock state that is in use. */
struct hold {
    enum holder how : 8;
    bool dpr; /* acquired with the older lock's function for callers at DISPATCH_LEVEL */
    unsigned char lock;
    unsigned char turn; /* the higher the newer */
    KIRQL saved;
};

struct state {
    KIRQL irql;
    struct hold by[STATES];
    unsigned char locks, states; /* that have been used up to now */
    unsigned char turns;
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    put(to, (struct state){.irql = irql});
}

/* Locks are alike, and lock states are: who comes later is used later. */
static bool possible(const struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    return operation % LOCKS <= state.locks && operation / LOCKS % STATES <= state.states;
}

static void note_used(struct state *state, unsigned operation)
{
    state->locks += operation % LOCKS == state->locks;
    state->states += operation / LOCKS % STATES == state->states;
}

static bool holds(const struct state *state, unsigned lock, enum holder how)
{
    for (unsigned i = 0; i < STATES; i++) {
        if (state->by[i].how == how && state->by[i].lock == lock) {
            return true;
        }
    }
    return false;
}

static bool holds_any(const struct state *state)
{
    return state->by[0].how != NOBODY || state->by[1].how != NOBODY || state->by[2].how != NOBODY;
}

/* RW-3, RW-4, RW-5, RW-8, RW-9, RW-10.  What would never return has not used its lock state. */
static uint32_t acquire(struct state *state, unsigned lock, struct hold *hold, enum holder how, bool flag)
{
    if (state->irql > DISPATCH_LEVEL) {
        return RULE(SpinLockAboveDispatch);
    }
    if (flag && state->irql < DISPATCH_LEVEL) {
        return RULE(SpinLockBelowDispatch);
    }
    if (how == WRITER && holds(state, lock, READER) && !holds(state, lock, WRITER)) {
        return RULE(SpinLockRecursive);
    }
    if (hold->how != NOBODY) {
        return RULE(RwLockState);
    }
    *hold =
        (struct hold){.how = how, .lock = (unsigned char)lock, .turn = ++state->turns, .saved = state->irql};
    state->irql = DISPATCH_LEVEL;
    return 0;
}

static struct hold *newest_of(struct state *state, unsigned lock)
{
    struct hold *newest = NULL;
    for (unsigned i = 0; i < STATES; i++) {
        struct hold *hold = &state->by[i];
        if (hold->how != NOBODY && hold->lock == lock && (newest == NULL || hold->turn > newest->turn)) {
            newest = hold;
        }
    }
    return newest;
}

/*
 * RW-4, RW-12, RW-17, SL-12.  A state that is another's stands for the newest acquisition of the lock,
 * however that began.
 */
static uint32_t release(struct state *state, unsigned lock, struct hold *hold, bool dpr)
{
    uint32_t rules = 0;
    if (hold->how == NOBODY || hold->lock != lock) {
        hold = newest_of(state, lock);
        if (hold == NULL) {
            return RULE(SpinLockNotOwned);
        }
        rules = RULE(RwLockState);
    } else if (hold->dpr != dpr) {
        rules = RULE(SpinLockFlavor);
    }
    hold->how = NOBODY;
    if (hold->saved < DISPATCH_LEVEL && holds_any(state)) {
        return rules != 0 ? rules : RULE(SpinLockReleaseOrder);
    }
    state->irql = hold->saved;
    return rules;
}

static struct verdict judge_lock(struct oracle_state *where, unsigned operation, bool old)
{
    struct state state = get(where);
    struct hold *hold = &state.by[operation / LOCKS % STATES];
    unsigned lock = operation % LOCKS;
    enum operation what = operation / LOCKS / STATES;
    struct verdict verdict = {0};
    if (what >= RELEASE) {
        verdict.rules = release(&state, lock, hold, what == DPR_RELEASE);
    } else {
        bool write = what == WRITE || what == WRITE_AT_DISPATCH;
        bool at_dispatch = what == READ_AT_DISPATCH || what == WRITE_AT_DISPATCH;
        verdict.rules = acquire(&state, lock, hold, write ? WRITER : READER, at_dispatch);
        hold->dpr = verdict.rules == 0 ? old && at_dispatch : hold->dpr;
    }
    verdict.irql = state.irql;
    note_used(&state, operation);
    put(where, state);
    return verdict;
}

static struct verdict judge(struct oracle_state *where, unsigned operation)
{
    return judge_lock(where, operation, false);
}

static struct verdict judge_old(struct oracle_state *where, unsigned operation)
{
    return judge_lock(where, operation, true);
}

/* SL-20 */
static uint32_t end(const struct oracle_state *where)
{
    struct state state = get(where);
    return holds_any(&state) ? RULE(SpinLockHeldAtReturn) : 0;
}

/* ---- the library ------------------------------------------------------------------------------- */

static PNDIS_RW_LOCK_EX locks[LOCKS];
static LOCK_STATE_EX states[STATES];

static void fresh(void)
{
    memset(states, 0, sizeof states);
    for (unsigned i = 0; i < LOCKS; i++) {
        locks[i] = NdisAllocateRWLock(NULL);
    }
}

static void clean(void)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        NdisFreeRWLock(locks[i]);
    }
}

static int perform(unsigned operation)
{
    PNDIS_RW_LOCK_EX lock = locks[operation % LOCKS];
    LOCK_STATE_EX *state = &states[operation / LOCKS % STATES];
    switch ((enum operation)(operation / LOCKS / STATES)) {
    case READ:
        NdisAcquireRWLockRead(lock, state, 0);
        break;
    case READ_AT_DISPATCH:
        NdisAcquireRWLockRead(lock, state, NDIS_RWL_AT_DISPATCH_LEVEL);
        break;
    case WRITE:
        NdisAcquireRWLockWrite(lock, state, 0);
        break;
    case WRITE_AT_DISPATCH:
        NdisAcquireRWLockWrite(lock, state, NDIS_RWL_AT_DISPATCH_LEVEL);
        break;
    default:
        NdisReleaseRWLock(lock, state);
        break;
    }
    return 0;
}

static NDIS_RW_LOCK old_locks[LOCKS];
static LOCK_STATE old_states[STATES];

static void fresh_old(void)
{
    memset(old_states, 0, sizeof old_states);
    for (unsigned i = 0; i < LOCKS; i++) {
        NdisInitializeReadWriteLock(&old_locks[i]);
    }
}

static void clean_old(void)
{
    matrix_forget(old_locks, sizeof old_locks);
}

static int perform_old(unsigned operation)
{
    PNDIS_RW_LOCK lock = &old_locks[operation % LOCKS];
    LOCK_STATE *state = &old_states[operation / LOCKS % STATES];
    enum operation what = operation / LOCKS / STATES;
    switch (what) {
    case READ:
    case WRITE:
        NdisAcquireReadWriteLock(lock, what == WRITE, state);
        break;
    case READ_AT_DISPATCH:
    case WRITE_AT_DISPATCH:
        NdisDprAcquireReadWriteLock(lock, what == WRITE_AT_DISPATCH, state);
        break;
    case RELEASE:
        NdisReleaseReadWriteLock(lock, state);
        break;
    default:
        NdisDprReleaseReadWriteLock(lock, state);
        break;
    }
    return 0;
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {"Read", "Read+flag", "Write", "Write+flag", "Release", "DprRelease"};
    snprintf(text, size, "%s(%c,%u)", names[operation / LOCKS / STATES], "AB"[operation % LOCKS],
             operation / LOCKS % STATES);
}

const struct family family_rw = {
    .name = "rw",
    .operations = DPR_RELEASE * LOCKS * STATES,
    .length = 5,
    .describe = describe,
    .fresh = fresh,
    .perform = perform,
    .clean = clean,
    .start = start,
    .possible = possible,
    .judge = judge,
    .end = end,
};

const struct family family_rwold = {
    .name = "rwold",
    .operations = (DPR_RELEASE + 1) * LOCKS * STATES,
    .length = 4,
    .describe = describe,
    .fresh = fresh_old,
    .perform = perform_old,
    .clean = clean_old,
    .start = start,
    .possible = possible,
    .judge = judge_old,
    .end = end,
};
