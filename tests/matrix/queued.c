/*
 * queued.c - two KSPIN_LOCKs as in-stack queued ones, with two queue handles, and as ordinary ones: the
 * oracle is spec section 2 with SL-23, and the pages of the In-Stack functions.
 *
 * A handle that names no lock yet, one that is in use and is used again, and one that is not in use and ends
 * what another one began: these are no matter of a rule, and are left out.
 */
#include "matrix.h"

#include <stdio.h>
#include <string.h>

enum operation { QUEUED, QUEUED_AT_DISPATCH, PLAIN, RELEASE_PLAIN, RELEASE, RELEASE_AT_DISPATCH, OPERATIONS };
#define LOCKS 2
#define HANDLES 2

/* The operations that have a lock and a handle, those with a lock, those with a handle. */
#define FIRST_PLAIN (2 * LOCKS * HANDLES)
#define FIRST_RELEASE (FIRST_PLAIN + 2 * LOCKS)
#define COUNT (FIRST_RELEASE + 2 * HANDLES)

struct call {
    enum operation what;
    unsigned lock, handle;
};

static struct call call_of(unsigned operation)
{
    struct call call = {0};
    if (operation < FIRST_PLAIN) {
        call = (struct call){operation / (LOCKS * HANDLES), operation % LOCKS, operation / LOCKS % HANDLES};
    } else if (operation < FIRST_RELEASE) {
        operation -= FIRST_PLAIN;
        call = (struct call){PLAIN + operation / LOCKS, operation % LOCKS, 0};
    } else {
        operation -= FIRST_RELEASE;
        call = (struct call){RELEASE + operation / HANDLES, 0, operation % HANDLES};
    }
    return call;
}

/* ---- the oracle -------------------------------------------------------------------------------- */

enum kind { NONE, IS_QUEUED, IS_PLAIN };

struct spin {
    enum kind kind : 8; /* that it has been used as */
    enum kind held : 8;
    bool raised;
    KIRQL saved;
};

struct handle {
    bool known, used;
    unsigned char lock;
};

struct state {
    KIRQL irql;
    struct spin lock[LOCKS];
    struct handle handle[HANDLES];
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    put(to, (struct state){.irql = irql});
}

static bool possible(const struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    struct call call = call_of(operation);
    switch (call.what) {
    case QUEUED:
    case QUEUED_AT_DISPATCH:
        return !state.handle[call.handle].used;
    case RELEASE:
    case RELEASE_AT_DISPATCH:
        return state.handle[call.handle].used ||
               (state.handle[call.handle].known &&
                state.lock[state.handle[call.handle].lock].held != IS_QUEUED);
    default:
        return true;
    }
}

/*
 * SL-5, SL-8, SL-11, SL-17, SL-23; the page of the AtDpcLevel function allows any level from DISPATCH_LEVEL
 * on.  What is not carried out does not make the lock one of its kind; what is of another kind is held all
 * the same.
 */
static uint32_t acquire(struct state *state, struct spin *lock, enum kind kind, bool raise)
{
    uint32_t rules = lock->held != NONE ? RULE(SpinLockRecursive) : 0;
    if (raise && state->irql > DISPATCH_LEVEL) {
        rules |= RULE(SpinLockAboveDispatch);
    } else if (!raise && state->irql < DISPATCH_LEVEL) {
        rules |= RULE(SpinLockBelowDispatch);
    }
    if (rules == 0 && lock->kind != NONE && lock->kind != kind) {
        rules = RULE(SpinLockFlavor);
    }
    if ((rules & ~RULE(SpinLockFlavor)) == 0) {
        *lock = (struct spin){.kind = kind, .held = kind, .raised = raise, .saved = state->irql};
        state->irql = state->irql > DISPATCH_LEVEL ? state->irql : DISPATCH_LEVEL;
    }
    return rules;
}

/* SL-7, SL-10, SL-12, SL-23. */
static uint32_t release(struct state *state, struct spin *lock, const struct spin *other, enum kind kind,
                        bool raise)
{
    if (lock->held == NONE) {
        return RULE(SpinLockNotOwned);
    }
    bool right = lock->held == kind && lock->raised == raise;
    bool too_early = lock->raised && lock->saved < DISPATCH_LEVEL && other->held != NONE;
    lock->held = NONE;
    state->irql = lock->raised && !too_early ? lock->saved : state->irql;
    if (!right) {
        return RULE(SpinLockFlavor);
    }
    return too_early ? RULE(SpinLockReleaseOrder) : 0;
}

static uint32_t acquire_queued(struct state *state, struct call call)
{
    uint32_t rules = acquire(state, &state->lock[call.lock], IS_QUEUED, call.what == QUEUED);
    if (rules == 0) {
        state->handle[call.handle] =
            (struct handle){.known = true, .used = true, .lock = (unsigned char)call.lock};
    }
    return rules;
}

static uint32_t release_queued(struct state *state, struct call call)
{
    struct handle *handle = &state->handle[call.handle];
    uint32_t rules = release(state, &state->lock[handle->lock], &state->lock[1 - handle->lock], IS_QUEUED,
                             call.what == RELEASE);
    handle->used = false;
    return rules;
}

static struct verdict judge(struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    struct call call = call_of(operation);
    struct verdict verdict = {0};
    switch (call.what) {
    case QUEUED:
    case QUEUED_AT_DISPATCH:
        verdict.rules = acquire_queued(&state, call);
        break;
    case PLAIN:
        verdict.rules = acquire(&state, &state.lock[call.lock], IS_PLAIN, true);
        break;
    case RELEASE_PLAIN:
        verdict.rules = release(&state, &state.lock[call.lock], &state.lock[1 - call.lock], IS_PLAIN, true);
        break;
    default:
        verdict.rules = release_queued(&state, call);
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
    return state.lock[0].held != NONE || state.lock[1].held != NONE ? RULE(SpinLockHeldAtReturn) : 0;
}

/* ---- the library ------------------------------------------------------------------------------- */

static KSPIN_LOCK locks[LOCKS];
static KIRQL saved[LOCKS];
static KLOCK_QUEUE_HANDLE handles[HANDLES];

static void fresh(void)
{
    memset(handles, 0, sizeof handles);
    for (unsigned i = 0; i < LOCKS; i++) {
        KeInitializeSpinLock(&locks[i]);
        saved[i] = DISPATCH_LEVEL;
    }
}

static void clean(void)
{
    matrix_forget(locks, sizeof locks);
}

static int perform(unsigned operation)
{
    struct call call = call_of(operation);
    switch (call.what) {
    case QUEUED:
        KeAcquireInStackQueuedSpinLock(&locks[call.lock], &handles[call.handle]);
        break;
    case QUEUED_AT_DISPATCH:
        KeAcquireInStackQueuedSpinLockAtDpcLevel(&locks[call.lock], &handles[call.handle]);
        break;
    case PLAIN:
        KeAcquireSpinLock(&locks[call.lock], &saved[call.lock]);
        break;
    case RELEASE_PLAIN:
        KeReleaseSpinLock(&locks[call.lock], saved[call.lock]);
        break;
    case RELEASE:
        KeReleaseInStackQueuedSpinLock(&handles[call.handle]);
        break;
    default:
        KeReleaseInStackQueuedSpinLockFromDpcLevel(&handles[call.handle]);
        break;
    }
    return 0;
}

static bool agrees(const struct oracle_state *where)
{
    struct state state = get(where);
    for (unsigned i = 0; i < LOCKS; i++) {
        if (!KeTestSpinLock(&locks[i]) != (state.lock[i].held != NONE)) {
            return false;
        }
    }
    return true;
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {"Queued",       "QueuedAtDpc", "Acquire",
                                        "ReleasePlain", "Release",     "ReleaseFromDpc"};
    struct call call = call_of(operation);
    if (call.what <= QUEUED_AT_DISPATCH) {
        snprintf(text, size, "%s(%c,%u)", names[call.what], "AB"[call.lock], call.handle);
    } else if (call.what <= RELEASE_PLAIN) {
        snprintf(text, size, "%s(%c)", names[call.what], "AB"[call.lock]);
    } else {
        snprintf(text, size, "%s(%u)", names[call.what], call.handle);
    }
}

const struct family family_queued = {
    .name = "queued",
    .operations = COUNT,
    .length = 6,
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
