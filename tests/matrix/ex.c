/*
 * ex.c - two EX_SPIN_LOCKs, shared and exclusive: the oracle is spec section 2 as far as it holds for
 * whatever is a spin lock (SL-5, SL-7, SL-8, SL-10 to SL-12, SL-17, SL-20), and the pages of the Ex
 * functions.
 *
 * A lock that this processor holds, in whatever way, may not be acquired again in any way.
 */
#include "matrix.h"

#include <stdio.h>
#include <string.h>

enum way { SHARED, EXCLUSIVE };
enum operation {
    ACQUIRE,      /* shared, exclusive */
    ACQUIRE_AT,   /* likewise, and so on */
    TRY_AT,       /**/
    RELEASE,      /**/
    RELEASE_FROM, /**/
    CONVERT,      /* last: there is only one */
};
#define LOCKS 2
#define WAYS 2
#define COUNT (CONVERT * WAYS * LOCKS + LOCKS)

struct call {
    enum operation what;
    enum way way;
    unsigned lock;
};

static struct call call_of(unsigned operation)
{
    unsigned rest = operation / LOCKS;
    return (struct call){rest / WAYS, rest % WAYS, operation % LOCKS};
}

/* ---- the oracle -------------------------------------------------------------------------------- */

struct spin {
    bool held;
    bool raised; /* by the acquisition */
    enum way way : 8;
    KIRQL before; /* the level before it */
};

struct state {
    KIRQL irql;
    unsigned char locks; /* that have been used up to now */
    struct spin lock[LOCKS];
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    put(to, (struct state){.irql = irql});
}

/*
 * Locks are alike: who comes later is used later.  A reader that tries to read once more is left out: it
 * needs no wait, no page allows it, and the function has no page.
 */
static bool possible(const struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    struct call call = call_of(operation);
    const struct spin *lock = &state.lock[call.lock];
    bool reads_again = call.what == TRY_AT && call.way == SHARED && lock->held && lock->way == SHARED;
    return call.lock <= state.locks && !reads_again;
}

static uint32_t wrong_level(const struct state *state, bool raises)
{
    if (raises && state->irql > DISPATCH_LEVEL) {
        return RULE(SpinLockAboveDispatch);
    }
    return !raises && state->irql < DISPATCH_LEVEL ? RULE(SpinLockBelowDispatch) : 0;
}

static uint32_t acquire(struct state *state, struct spin *lock, struct call call)
{
    bool raises = call.what == ACQUIRE;
    uint32_t rules = wrong_level(state, raises);
    if (lock->held) {
        rules |= RULE(SpinLockRecursive);
    }
    if (rules == 0) {
        *lock = (struct spin){.held = true, .raised = raises, .way = call.way, .before = state->irql};
        state->irql = raises ? DISPATCH_LEVEL : state->irql;
    }
    return rules;
}

/*
 * Never waits, so it may be called for a lock that this processor holds.  One that it takes at a wrong level
 * is held all the same.
 */
static struct verdict try(struct state *state, struct spin *lock, struct call call)
{
    struct verdict verdict = {.rules = wrong_level(state, false), .value = !lock->held};
    if (!lock->held) {
        *lock = (struct spin){.held = true, .way = call.way, .before = state->irql};
    }
    return verdict;
}

static uint32_t release(struct state *state, struct spin *lock, const struct spin *other, struct call call)
{
    if (!lock->held) {
        return RULE(SpinLockNotOwned);
    }
    bool right = lock->raised == (call.what == RELEASE) && lock->way == call.way;
    bool too_early = lock->raised && lock->before < DISPATCH_LEVEL && other->held;
    lock->held = false;
    state->irql = lock->raised && !too_early ? lock->before : state->irql;
    if (!right) {
        return RULE(SpinLockFlavor);
    }
    return too_early ? RULE(SpinLockReleaseOrder) : 0;
}

/*
 * The only reader becomes the writer, and what it is to be released with follows.  Who is below
 * DISPATCH_LEVEL holds nothing: that is one defect, the level.
 */
static struct verdict convert(const struct state *state, struct spin *lock)
{
    struct verdict verdict = {0};
    if (state->irql < DISPATCH_LEVEL) {
        verdict.rules = RULE(IrqlTooLow);
    } else if (!lock->held || lock->way != SHARED) {
        verdict.rules = RULE(SpinLockNotOwned);
    } else {
        lock->way = EXCLUSIVE;
        verdict.value = 1;
    }
    return verdict;
}

static struct verdict judge(struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    struct call call = call_of(operation);
    struct spin *lock = &state.lock[call.lock], *other = &state.lock[1 - call.lock];
    struct verdict verdict = {0};
    switch (call.what) {
    case ACQUIRE:
    case ACQUIRE_AT:
        verdict.rules = acquire(&state, lock, call);
        break;
    case TRY_AT:
        verdict = try(&state, lock, call);
        break;
    case RELEASE:
    case RELEASE_FROM:
        verdict.rules = release(&state, lock, other, call);
        break;
    default:
        verdict = convert(&state, lock);
        break;
    }
    verdict.irql = state.irql;
    state.locks += call.lock == state.locks;
    put(where, state);
    return verdict;
}

/* SL-20 */
static uint32_t end(const struct oracle_state *where)
{
    struct state state = get(where);
    return state.lock[0].held || state.lock[1].held ? RULE(SpinLockHeldAtReturn) : 0;
}

/* ---- the library ------------------------------------------------------------------------------- */

static EX_SPIN_LOCK locks[LOCKS];
static KIRQL before[LOCKS];

static void fresh(void)
{
    memset((void *)locks, 0, sizeof locks);
    memset(before, DISPATCH_LEVEL, sizeof before);
}

static void clean(void)
{
    matrix_forget((const void *)locks, sizeof locks);
}

static int perform_shared(struct call call)
{
    EX_SPIN_LOCK *lock = &locks[call.lock];
    switch (call.what) {
    case ACQUIRE:
        before[call.lock] = ExAcquireSpinLockShared(lock);
        break;
    case ACQUIRE_AT:
        ExAcquireSpinLockSharedAtDpcLevel(lock);
        break;
    case TRY_AT:
        return ExTryAcquireSpinLockSharedAtDpcLevel(lock);
    case RELEASE:
        ExReleaseSpinLockShared(lock, before[call.lock]);
        break;
    case RELEASE_FROM:
        ExReleaseSpinLockSharedFromDpcLevel(lock);
        break;
    default:
        return ExTryConvertSharedSpinLockExclusive(lock) != 0;
    }
    return 0;
}

static int perform_exclusive(struct call call)
{
    EX_SPIN_LOCK *lock = &locks[call.lock];
    switch (call.what) {
    case ACQUIRE:
        before[call.lock] = ExAcquireSpinLockExclusive(lock);
        break;
    case ACQUIRE_AT:
        ExAcquireSpinLockExclusiveAtDpcLevel(lock);
        break;
    case TRY_AT:
        return ExTryAcquireSpinLockExclusiveAtDpcLevel(lock);
    case RELEASE:
        ExReleaseSpinLockExclusive(lock, before[call.lock]);
        break;
    default:
        ExReleaseSpinLockExclusiveFromDpcLevel(lock);
        break;
    }
    return 0;
}

static int perform(unsigned operation)
{
    struct call call = call_of(operation);
    return call.way == SHARED ? perform_shared(call) : perform_exclusive(call);
}

/* A lock that is free is zero, one that is held is not. */
static bool agrees(const struct oracle_state *where)
{
    struct state state = get(where);
    for (unsigned i = 0; i < LOCKS; i++) {
        if ((locks[i] != 0) != state.lock[i].held) {
            return false;
        }
    }
    return true;
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {"Acquire", "AcquireAtDpc",   "TryAtDpc",
                                        "Release", "ReleaseFromDpc", "Convert"};
    struct call call = call_of(operation);
    snprintf(text, size, "%s%s(%c)", names[call.what],
             call.what == CONVERT    ? ""
             : call.way == EXCLUSIVE ? "Exclusive"
                                     : "Shared",
             "AB"[call.lock]);
}

const struct family family_ex = {
    .name = "ex",
    .operations = COUNT,
    .length = 5,
    .describe = describe,
    .fresh = fresh,
    .perform = perform,
    .agrees = agrees,
    .clean = clean,
    .start = start,
    .possible = possible,
    .judge = judge,
    .end = end,
};
