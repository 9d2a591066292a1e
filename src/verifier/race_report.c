/*
 * race_report.c - DataRace, SpinLockUsedFromIsr, InterlockedMixed: a race as a finding.
 *
 * A pair of sites is one finding, whichever came first: the write stands first, of two writes the one
 * nearer to the start of the driver.
 */
#include "verifier/race.h"
#include "verifier/verifier.h"

#include <stdio.h>
#include <string.h>

#define PAIRS 64

/* Pairs reported in this execution, so that a race in a loop costs little; a lost one is only counted again.
 */
static HOST_KEPT struct {
    uintptr_t pair;
    uint32_t generation;
} pairs[PAIRS] = {{0}};

/* One number for both sites, in either order. */
static uintptr_t pair_of(uintptr_t one, uintptr_t other)
{
    uintptr_t low = one < other ? one : other, high = one < other ? other : one;
    return (low * 0x9E3779B97F4A7C15u ^ high) * 0xC2B2AE3D27D4EB4Fu;
}

static bool is_new_pair(uintptr_t pair)
{
    size_t i = pair >> 32 & (PAIRS - 1);
    if (pairs[i].generation == race_generation && pairs[i].pair == pair) {
        return false;
    }
    pairs[i].pair = pair;
    pairs[i].generation = race_generation;
    return true;
}

/* ---- words --------------------------------------------------------------------------------------- */

static const char *actor_name(const struct race_access *access)
{
    return access->entered == 0 ? "a thread" : access->entered <= DISPATCH_LEVEL ? "a DPC" : "an ISR";
}

static const char *kind_name(const struct race_access *access)
{
    static const char *const names[] = {"read", "write", "atomic read", "atomic write"};
    return names[access->kind & (RACE_WRITE | RACE_ATOMIC)];
}

static const char *article(const struct race_access *access)
{
    return access->kind & RACE_ATOMIC ? "an" : "a";
}

static const char *role_name(const struct race_access *access)
{
    static const char *const names[3][4] = {
        {"read by a thread", "write by a thread", "atomic read by a thread", "atomic write by a thread"},
        {"read by a DPC", "write by a DPC", "atomic read by a DPC", "atomic write by a DPC"},
        {"read by an ISR", "write by an ISR", "atomic read by an ISR", "atomic write by an ISR"},
    };
    unsigned who = access->entered == 0 ? 0 : access->entered <= DISPATCH_LEVEL ? 1 : 2;
    return names[who][access->kind & (RACE_WRITE | RACE_ATOMIC)];
}

static unsigned lock_total(const struct race_access *access)
{
    unsigned total = 0;
    for (const struct race_lock *lock = race_lock(access->locks); lock != NULL;
         lock = race_lock(lock->outer)) {
        total++;
    }
    return total;
}

static const char *locks_text(const struct race_access *access)
{
    static const char *const texts[] = {"no lock held", "1 lock held", "2 locks held", "3 locks held"};
    unsigned total = lock_total(access);
    return total < sizeof(texts) / sizeof(texts[0]) ? texts[total] : "several locks held";
}

/* An ISR on one side, and on the other code that relies on a spin lock. */
static bool is_lock_against_isr(const struct race_access *isr, const struct race_access *other)
{
    return isr->entered > DISPATCH_LEVEL && other->entered <= DISPATCH_LEVEL &&
           other->irql <= DISPATCH_LEVEL && other->locks != 0;
}

/* DataRace, or what is known to lie behind it. */
static const char *rule_name(const struct race_access *a, const struct race_access *b)
{
    if (is_lock_against_isr(a, b) || is_lock_against_isr(b, a)) {
        return "SpinLockUsedFromIsr";
    }
    return (a->kind ^ b->kind) & RACE_INTERLOCKED ? "InterlockedMixed" : "DataRace";
}

static const char *advice(const struct race_access *a, const struct race_access *b)
{
    bool isr = a->entered > DISPATCH_LEVEL || b->entered > DISPATCH_LEVEL;
    bool dpc = a->entered == DISPATCH_LEVEL || b->entered == DISPATCH_LEVEL;
    bool both_dpc = a->entered == DISPATCH_LEVEL && b->entered == DISPATCH_LEVEL;
    if (isr) {
        return "synchronise with the interrupt (NdisMSynchronizeWithInterruptEx)";
    }
    if ((a->kind ^ b->kind) & RACE_INTERLOCKED) {
        return "hold the lock of the NdisInterlockedXxx, or use only those";
    }
    if ((a->kind | b->kind) & RACE_ATOMIC) {
        return "make both accesses interlocked, or hold one spin lock in both";
    }
    if (dpc && !both_dpc && a->processor == b->processor) {
        return "hold one spin lock in both (or raise to DISPATCH_LEVEL, on this processor only)";
    }
    return lock_total(a) > 0 && lock_total(b) > 0 ? "hold the same spin lock in both"
                                                  : "hold one spin lock in both";
}

/* ---- the finding --------------------------------------------------------------------------------- */

static void trace_of(struct stack_trace *trace, const struct race_access *access)
{
    const struct race_stack *stack = race_stack(access->stack);
    trace->depth = 0;
    if (stack != NULL && stack->depth > 0) {
        trace->depth = stack->depth;
        memcpy(trace->pc, stack->pc, stack->depth * sizeof(trace->pc[0]));
    } else if (access->pc != 0) {
        trace->depth = 1;
        trace->pc[0] = access->pc;
    }
}

static void add_locks(struct finding *finding, const struct race_access *access, const char *role)
{
    for (const struct race_lock *lock = race_lock(access->locks); lock != NULL;
         lock = race_lock(lock->outer)) {
        const struct race_stack *stack = race_stack(lock->stack);
        finding_add_lock(finding, (const void *)lock->word);
        if (stack != NULL && stack->depth > 0) {
            struct stack_trace trace = {.depth = stack->depth};
            memcpy(trace.pc, stack->pc, stack->depth * sizeof(trace.pc[0]));
            finding_add_stack(finding, role, access->processor, &trace);
        }
    }
}

struct side {
    const struct race_access *access;
    struct stack_trace trace;
};

static uintptr_t site_of(const struct side *side)
{
    return side->trace.depth > 0 ? side->trace.pc[0] : 0;
}

/* Does it stand first, whichever came first? An interlocked operation reads and writes at one place. */
static bool stands_first(const struct side *side, const struct side *other)
{
    bool writes = (side->access->kind & (RACE_WRITE | RACE_INTERLOCKED)) != 0;
    bool other_writes = (other->access->kind & (RACE_WRITE | RACE_INTERLOCKED)) != 0;
    return writes != other_writes ? writes : site_of(side) <= site_of(other);
}

static void report_sides(const struct side *one, const struct side *two, uintptr_t pair)
{
    const struct race_access *a = one->access, *b = two->access;
    struct event event = {
        .irql = a->irql,
        .processor = a->processor < 0 ? &ke_outside : &ke_processors[a->processor],
    };
    struct finding *finding = finding_begin_site(
        rule_name(a, b), &event, pair, role_name(a), &one->trace,
        "nothing orders %s %s by %s (%s, processor %d, %s) and %s %s by %s (%s, processor %d, %s): %s",
        article(a), kind_name(a), actor_name(a), irql_name(a->irql), a->processor, locks_text(a), article(b),
        kind_name(b), actor_name(b), irql_name(b->irql), b->processor, locks_text(b), advice(a, b));
    if (finding != NULL) {
        snprintf(finding->context, sizeof(finding->context), "%s", actor_name(a));
        finding_add_stack(finding, role_name(b), b->processor, &two->trace);
        add_locks(finding, a, "lock held at the first access, acquired at");
        add_locks(finding, b, "lock held at the second access, acquired at");
        finding_commit(finding);
    }
}

void race_report(const struct race *race)
{
    struct side older = {.access = &race->older}, newer = {.access = &race->newer};
    trace_of(&older.trace, older.access);
    stack_trace_take(&newer.trace, NULL);
    if (newer.trace.depth == 0) {
        trace_of(&newer.trace, newer.access);
    }
    uintptr_t pair = pair_of(site_of(&older), site_of(&newer));
    if (!is_new_pair(pair)) {
        return;
    }
    if (stands_first(&older, &newer)) {
        report_sides(&older, &newer, pair);
    } else {
        report_sides(&newer, &older, pair);
    }
}
