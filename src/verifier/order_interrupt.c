/*
 * order_interrupt.c - which interrupt spin locks each processor holds, for LockOrder and Deadlock: those of
 * service routines, KeAcquireInterruptSpinLock, KeSynchronizeExecution and NdisMSynchronizeWithInterruptEx.
 *
 * Each is a lock of a class of its own, held beside the processor's other locks (held.c) and not among them:
 * releasing it is judged where that is done (ke/interrupt.c, ke/line.c).
 *
 * Not guaranteed: past HELD of them on a processor, those too many are not looked at.
 */
#include "verifier/lock_order.h"
#include "verifier/verifier.h"

#define HELD 8

struct held_interrupt {
    const void *lock;
    struct stack_trace acquired; /* empty: by the system, to call the service routine */
};

static struct {
    struct ke_guard guard;
    volatile unsigned depth;
    struct held_interrupt held[HELD]; /* oldest first */
} processors[KE_MAXIMUM_PROCESSORS];

bool order_interrupts_any(unsigned processor)
{
    return processors[processor].depth > 0;
}

void order_interrupt_push(const struct event *event, unsigned processor)
{
    struct held_interrupt held = {.lock = event->object};
    if (event->value[0] == 0) {
        stack_trace_take(&held.acquired, event);
    }
    KIRQL old = ke_guard_enter_quietly(&processors[processor].guard);
    if (processors[processor].depth < HELD) {
        processors[processor].held[processors[processor].depth++] = held;
    }
    ke_guard_leave(&processors[processor].guard, old);
}

void order_interrupt_pop(const void *lock, unsigned processor)
{
    KIRQL old = ke_guard_enter_quietly(&processors[processor].guard);
    struct held_interrupt *held = processors[processor].held;
    unsigned i = processors[processor].depth;
    while (i > 0 && held[i - 1].lock != lock) {
        i--;
    }
    if (i > 0) {
        for (; i < processors[processor].depth; i++) {
            held[i - 1] = held[i];
        }
        processors[processor].depth--;
    }
    ke_guard_leave(&processors[processor].guard, old);
}

unsigned order_interrupts_held(const void *but, unsigned processor, struct order_outer *outer, unsigned room)
{
    unsigned count = 0;
    KIRQL old = ke_guard_enter_quietly(&processors[processor].guard);
    for (unsigned i = processors[processor].depth; i-- > 0 && count < room;) {
        const struct held_interrupt *held = &processors[processor].held[i];
        if (held->lock != but) {
            outer[count++] = (struct order_outer){.lock = held->lock, .acquired = held->acquired};
        }
    }
    ke_guard_leave(&processors[processor].guard, old);
    return count;
}

int order_interrupt_owner(const void *lock, struct stack_trace *acquired)
{
    for (unsigned n = 0; n < ke_processor_count; n++) {
        bool found = false;
        KIRQL old = ke_guard_enter_quietly(&processors[n].guard);
        for (unsigned i = 0; i < processors[n].depth && !found; i++) {
            found = processors[n].held[i].lock == lock;
            if (found && acquired != NULL) {
                stack_trace_copy(acquired, &processors[n].held[i].acquired);
            }
        }
        ke_guard_leave(&processors[n].guard, old);
        if (found) {
            return (int)n;
        }
    }
    return -1;
}
