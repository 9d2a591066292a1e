/*
 * timer.c - an NDIS timer object and a KTIMER, due so late that they never expire: the oracle is spec clauses
 * TI-1 to TI-3, TI-7, TI-8, TI-10, and the pages of the Ke functions.
 */
#include "matrix.h"

#include <stdio.h>

enum operation {
    SET,
    SET_PERIODIC,
    CANCEL,
    KE_INITIALIZE,
    KE_SET,
    KE_SET_PERIODIC,
    KE_CANCEL,
    KE_READ,
    OPERATIONS
};

/* ---- the oracle -------------------------------------------------------------------------------- */

struct state {
    KIRQL irql;
    bool queued, periodic; /* the NDIS timer; periodic: was set so last */
    bool ke_queued;
};
MATRIX_STATE(struct state)

static void start(struct oracle_state *to, KIRQL irql)
{
    put(to, (struct state){.irql = irql});
}

/* A timer that is set is not initialised again: no rule says so, it would be lost in the queue. */
static bool possible(const struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    return operation != KE_INITIALIZE || !state.ke_queued;
}

static struct verdict judge(struct oracle_state *where, unsigned operation)
{
    struct state state = get(where);
    bool too_high = state.irql > DISPATCH_LEVEL;
    struct verdict verdict = {.irql = state.irql};
    switch ((enum operation)operation) {
    case SET:
    case SET_PERIODIC: /* TI-2, TI-3 */
        verdict.value = state.queued;
        state.queued = true;
        state.periodic = operation == SET_PERIODIC;
        break;
    case CANCEL: /* TI-7, TI-8 */
        too_high = too_high || (state.periodic && state.irql > PASSIVE_LEVEL);
        verdict.value = state.queued;
        state.queued = false;
        break;
    case KE_INITIALIZE: /* its page: up to DISPATCH_LEVEL */
        break;
    case KE_SET:
    case KE_SET_PERIODIC:
        verdict.value = state.ke_queued;
        state.ke_queued = true;
        break;
    case KE_CANCEL:
        verdict.value = state.ke_queued;
        state.ke_queued = false;
        break;
    default: /* signalled: it never expires */
        break;
    }
    verdict.rules = too_high ? RULE(IrqlTooHigh) : 0;
    put(where, state);
    return verdict;
}

static uint32_t end(const struct oracle_state *where)
{
    (void)where;
    return 0;
}

/* ---- the library ------------------------------------------------------------------------------- */

static NDIS_HANDLE timer;
static KTIMER ke_timer;

static VOID expired(PVOID specific1, PVOID context, PVOID specific2, PVOID specific3)
{
    (void)specific1, (void)context, (void)specific2, (void)specific3;
}

static void fresh(void)
{
    NDIS_TIMER_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
                   .Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = 'xrtM',
        .TimerFunction = expired,
    };
    if (NdisAllocateTimerObject(NULL, &characteristics, &timer) != NDIS_STATUS_SUCCESS) {
        timer = NULL;
    }
    KeInitializeTimer(&ke_timer);
}

static void clean(void)
{
    NdisCancelTimerObject(timer);
    NdisFreeTimerObject(timer);
    KeCancelTimer(&ke_timer);
}

static int perform(unsigned operation)
{
    LARGE_INTEGER late = {.QuadPart = -36000000000000LL}; /* 1000 hours */
    LONG period = 1000000000;
    switch ((enum operation)operation) {
    case SET:
        return NdisSetTimerObject(timer, late, 0, NULL);
    case SET_PERIODIC:
        return NdisSetTimerObject(timer, late, period, NULL);
    case CANCEL:
        return NdisCancelTimerObject(timer);
    case KE_INITIALIZE:
        KeInitializeTimer(&ke_timer);
        return 0;
    case KE_SET:
        return KeSetTimer(&ke_timer, late, NULL);
    case KE_SET_PERIODIC:
        return KeSetTimerEx(&ke_timer, late, period, NULL);
    case KE_CANCEL:
        return KeCancelTimer(&ke_timer);
    default:
        return KeReadStateTimer(&ke_timer);
    }
}

static void describe(unsigned operation, char *text, size_t size)
{
    static const char *const names[] = {
        "NdisSetTimerObject", "NdisSetTimerObject(period)", "NdisCancelTimerObject", "KeInitializeTimer",
        "KeSetTimer",         "KeSetTimerEx(period)",       "KeCancelTimer",         "KeReadStateTimer"};
    snprintf(text, size, "%s", names[operation]);
}

const struct family family_timer = {
    .name = "timer",
    .operations = OPERATIONS,
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
