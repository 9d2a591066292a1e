/*
 * event.c - an NDIS_EVENT and a synchronisation KEVENT: the oracle is spec clauses EV-1 to EV-4 and IR-13,
 * and the pages of the Ke functions.
 *
 * An NDIS_EVENT that is not signalled is waited for above PASSIVE_LEVEL only at the beginning of a sequence:
 * the library gives the signaller some time before it goes on.
 */
#include "matrix.h"

#include <stdio.h>

enum operation { INITIALIZE, SET, RESET, WAIT, KE_SET, KE_CLEAR, KE_RESET, KE_LOOK, KE_READ, OPERATIONS };

/* ---- the oracle -------------------------------------------------------------------------------- */

struct state {
    KIRQL irql;
    bool signalled, ke_signalled;
    unsigned char before; /* operations up to now */
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    put(to, (struct state){.irql = irql});
}

static bool possible(const struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    return operation != WAIT || state.irql == PASSIVE_LEVEL || state.signalled || state.before < 2;
}

/* The level of each operation: EV-1 to EV-4, IR-13, the pages. */
static uint32_t judge_level(KIRQL irql, enum operation what)
{
    switch (what) {
    case INITIALIZE:
        return 0;
    case WAIT:
        return irql == PASSIVE_LEVEL ? 0 : irql < DISPATCH_LEVEL ? RULE(IrqlTooHigh) : RULE(WaitAtDispatch);
    case KE_LOOK:
        return irql <= DISPATCH_LEVEL ? 0 : RULE(WaitAtDispatch);
    default:
        return irql <= DISPATCH_LEVEL ? 0 : RULE(IrqlTooHigh);
    }
}

static struct verdict judge(struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    struct verdict verdict = {.rules = judge_level(state.irql, operation), .irql = state.irql};
    switch ((enum operation)operation) {
    case INITIALIZE:
    case RESET:
        state.signalled = false;
        break;
    case SET:
        state.signalled = true;
        break;
    case WAIT: /* a notification event stays signalled */
        verdict.value = state.signalled;
        break;
    case KE_SET:
        verdict.value = state.ke_signalled;
        state.ke_signalled = true;
        break;
    case KE_RESET:
        verdict.value = state.ke_signalled;
        state.ke_signalled = false;
        break;
    case KE_CLEAR:
        state.ke_signalled = false;
        break;
    case KE_LOOK: /* a synchronisation event lets one through */
        verdict.value = state.ke_signalled;
        state.ke_signalled = false;
        break;
    default:
        verdict.value = state.ke_signalled;
        break;
    }
    state.before++;
    put(where, state);
    return verdict;
}

static uint32_t end(const struct oracle_state *where)
{
    (void)where;
    return 0;
}

/* ---- the library ------------------------------------------------------------------------------- */

static NDIS_EVENT event;
static KEVENT ke_event;

static void fresh(void)
{
    NdisInitializeEvent(&event);
    KeInitializeEvent(&ke_event, SynchronizationEvent, FALSE);
}

static void clean(void)
{
}

static int perform(unsigned operation)
{
    LARGE_INTEGER now = {.QuadPart = 0};
    switch ((enum operation)operation) {
    case INITIALIZE:
        NdisInitializeEvent(&event);
        return 0;
    case SET:
        NdisSetEvent(&event);
        return 0;
    case RESET:
        NdisResetEvent(&event);
        return 0;
    case WAIT:
        return NdisWaitEvent(&event, 1);
    case KE_SET:
        return KeSetEvent(&ke_event, IO_NO_INCREMENT, FALSE) != 0;
    case KE_CLEAR:
        KeClearEvent(&ke_event);
        return 0;
    case KE_RESET:
        return KeResetEvent(&ke_event) != 0;
    case KE_LOOK:
        return KeWaitForSingleObject(&ke_event, Executive, KernelMode, FALSE, &now) == STATUS_SUCCESS;
    default:
        return KeReadStateEvent(&ke_event) != 0;
    }
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {"NdisInitializeEvent", "NdisSetEvent", "NdisResetEvent",
                                        "NdisWaitEvent",       "KeSetEvent",   "KeClearEvent",
                                        "KeResetEvent",        "KeWait(0)",    "KeReadStateEvent"};
    snprintf(text, size, "%s", names[operation]);
}

const struct family family_event = {
    .name = "event",
    .operations = OPERATIONS,
    .length = 4,
    .describe = describe,
    .fresh = fresh,
    .perform = perform,
    .clean = clean,
    .start = start,
    .possible = possible,
    .judge = judge,
    .end = end,
};
