/*
 * interlocked_mixed.c - InterlockedMixed: a lock that NdisInterlockedXxx takes above DISPATCH_LEVEL and that
 * other code holds at DISPATCH_LEVEL (spec IL-2).
 *
 * An ISR that interrupts the holder on its processor waits for ever.  That a list or counter is also used
 * without the lock is a race: race_report.c.  Not guaranteed: that locks beyond as many as the table holds
 * are looked at.
 */
#include "verifier/lock_table.h"

#include <string.h>

#define LOCKS 64
#define FRAMES 12

/* The locks that NdisInterlockedXxx took above DISPATCH_LEVEL, and where. */
static struct {
    uintptr_t lock;
    int processor;
    unsigned depth;
    uintptr_t pc[FRAMES];
    bool reported;
} above[LOCKS];
static volatile unsigned above_count;
static struct ke_guard guard;

/* Under the guard. */
static int find(const void *lock)
{
    for (unsigned i = 0; i < above_count; i++) {
        if (above[i].lock == (uintptr_t)lock) {
            return (int)i;
        }
    }
    return -1;
}

static void report(struct event *event, const char *role, int processor, const struct stack_trace *other)
{
    struct finding *finding =
        finding_begin("InterlockedMixed", event,
                      "a spin lock is taken by NdisInterlockedXxx above DISPATCH_LEVEL and held at "
                      "DISPATCH_LEVEL elsewhere: what interrupts its holder waits for ever");
    if (finding != NULL) {
        finding_add_stack(finding, role, processor, other);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

/* Notes the use; true the first time. */
static bool note_above(const struct event *event)
{
    struct stack_trace trace;
    stack_trace_take(&trace, event);
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool noted = above_count < LOCKS && find(event->object) < 0;
    if (noted) {
        unsigned i = above_count;
        above[i].lock = (uintptr_t)event->object;
        above[i].processor = event->processor == &ke_outside ? -1 : (int)event->processor->number;
        above[i].depth = trace.depth < FRAMES ? trace.depth : FRAMES;
        memcpy(above[i].pc, trace.pc, above[i].depth * sizeof(above[i].pc[0]));
        above[i].reported = false;
        above_count = i + 1;
    }
    ke_guard_leave(&guard, old);
    return noted;
}

/* NdisInterlockedXxx above DISPATCH_LEVEL: was the lock held otherwise before? */
static void hear_interlocked(struct event *event)
{
    struct stack_trace acquired = {0};
    KIRQL old;
    if (event->irql <= DISPATCH_LEVEL || !note_above(event)) {
        return;
    }
    const struct lock_record *record = lock_enter(event->object, false, &old);
    bool held = record != NULL && record->acquisitions > 0;
    if (held) {
        acquired = record->acquired;
    }
    lock_leave(event->object, old);
    if (held) {
        report(event, "held at DISPATCH_LEVEL", -1, &acquired);
    }
}

/* A lock is held: did NdisInterlockedXxx take it above DISPATCH_LEVEL before? */
static void hear_acquired(struct event *event)
{
    struct stack_trace other = {0};
    int processor = -1;
    KIRQL old = ke_guard_enter_quietly(&guard);
    int i = find(event->object);
    bool found = i >= 0 && !above[i].reported;
    if (found) {
        above[i].reported = true;
        processor = above[i].processor;
        other.depth = above[i].depth;
        memcpy(other.pc, above[i].pc, other.depth * sizeof(other.pc[0]));
    }
    ke_guard_leave(&guard, old);
    if (found) {
        report(event, "taken above DISPATCH_LEVEL", processor, &other);
    }
}

/* It is another lock from now on. */
static void forget(const void *lock)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    int i = find(lock);
    if (i >= 0) {
        above[i] = above[above_count - 1];
        above_count--;
    }
    ke_guard_leave(&guard, old);
}

static void hear(struct event *event)
{
    if (event->kind == EVENT_LOCK_INTERLOCKED) {
        hear_interlocked(event);
    } else if (above_count != 0 && event->kind == EVENT_LOCK_ACQUIRED) {
        hear_acquired(event);
    } else if (above_count != 0) {
        forget(event->object);
    }
}

static struct event_listener listener = {
    .name = "interlocked operations",
    .kinds = 1ull << EVENT_LOCK_INIT | 1ull << EVENT_LOCK_FREE | 1ull << EVENT_LOCK_ACQUIRED |
             1ull << EVENT_LOCK_INTERLOCKED,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
