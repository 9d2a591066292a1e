/*
 * deadlock.c - Deadlock on the free-running engine: a cycle of processors that wait for each other's spin
 * locks, or threads that wait when nothing can run any more.
 *
 * A cycle is looked for when a wait goes on for 100 ms, so that every edge of it is a wait that lasts.  It
 * stops the run: no processor in it can ever go on.
 */
#include "verifier/lock_order.h"
#include "verifier/lock_table.h"

#include "ke/run.h"
#include "ke/thread.h"

#include <stdio.h>

/* Who holds it: a spin lock of any kind, an interrupt spin lock.  acquired may be NULL. */
static int owner_of(const void *lock, struct stack_trace *acquired)
{
    int owner = lock_owner(lock, acquired);
    return owner != LOCK_NO_OWNER ? owner : order_interrupt_owner(lock, acquired);
}

/* Follows processor -> lock -> owner from `start`; returns the number of processors in the cycle, 0 for none.
 */
static unsigned find_cycle(unsigned start, unsigned members[KE_MAXIMUM_PROCESSORS])
{
    unsigned at = start;
    for (unsigned i = 0; i < KE_MAXIMUM_PROCESSORS; i++) {
        const void *lock = verifier_processor_at(at)->waiting_for;
        int owner = lock != NULL ? owner_of(lock, NULL) : LOCK_NO_OWNER;
        if (lock != NULL && owner == LOCK_NO_OWNER) {
            owner = rw_blocker(lock, at, start);
        }
        members[i] = at;
        if (owner == LOCK_NO_OWNER) {
            return 0;
        }
        if ((unsigned)owner == start) {
            return i + 1;
        }
        at = (unsigned)owner;
    }
    return 0;
}

/* Was it foretold?  LockOrder's finding shows the same acquisitions. */
static bool is_reported(const unsigned *members, unsigned count)
{
    const void *first = verifier_processor_at(members[0])->waiting_for;
    for (unsigned i = 1; i < count; i++) {
        if (!lock_order_is_reported(first, verifier_processor_at(members[i])->waiting_for)) {
            return false;
        }
    }
    return count > 1;
}

static void report_cycle(struct event *event, const unsigned *members, unsigned count)
{
    const void *lock = event->object;
    struct finding *finding = finding_begin(
        "Deadlock", event,
        count == 1 ? "the processor waits for a spin lock that it holds itself"
                   : "%u processors wait for spin locks that they hold of each other: none can go on",
        count);
    if (finding == NULL) {
        return;
    }
    finding_bugcheck(finding, 0xC4, 0x1001, (uintptr_t)lock, 0, 0);
    for (unsigned i = 0; i < count; i++) {
        struct verifier_processor *member = verifier_processor_at(members[i]);
        struct stack_trace owned;
        struct held_lock held;
        if (i > 0) {
            finding_add_stack(finding, "waiting", (int)members[i], &member->waiting);
        }
        int owner = owner_of(member->waiting_for, &owned);
        int reader = owner == LOCK_NO_OWNER ? rw_blocker(member->waiting_for, members[i], members[0]) : owner;
        if (owner != LOCK_NO_OWNER) {
            finding_add_stack(finding, "owner acquired at", owner, &owned);
        } else if (reader >= 0 &&
                   held_find(verifier_processor_at((unsigned)reader), member->waiting_for, &held)) {
            finding_add_stack(finding, "owner acquired at", reader, &held.acquired);
        }
        held_evidence(finding, member);
    }
    finding_commit(finding);
}

static void hear_wait(struct event *event, struct verifier_processor *me)
{
    if (event->object == me->interlocked) {
        return;
    }
    bool lasting = event->value[1] != 0;
    if (!lasting) {
        stack_trace_take(&me->waiting, event);
        me->waiting_for = event->object;
        return;
    }
    unsigned members[KE_MAXIMUM_PROCESSORS];
    unsigned count = find_cycle(me->number, members);
    static volatile bool
        reported; /* every member of the cycle comes here; the first reports and stops the run */
    if (count > 0 && !__atomic_exchange_n(&reported, true, __ATOMIC_ACQ_REL)) {
        if (!is_reported(members, count)) {
            report_cycle(event, members, count);
        }
        fault_explained(event);
        ke_bugcheck(0xC4, 0x1001, (uintptr_t)event->object, 0, 0);
    }
}

/* ---- nothing runs ------------------------------------------------------------------------------ */

struct blocked {
    unsigned count; /* of threads with driver code on their stack */
    unsigned stacks;
    struct stack_trace trace[FINDING_STACKS];
};

static void collect_blocked(struct _KTHREAD *thread, void *argument)
{
    struct blocked *blocked = argument;
    const struct callback_frame *callback = thread->callback;
    if (thread->state != KE_THREAD_WAITING || callback == NULL) {
        return;
    }
    blocked->count++;
    if (blocked->stacks < FINDING_STACKS) {
        stack_trace_of(&blocked->trace[blocked->stacks++], &thread->wait_registers, callback->stack_root);
    }
}

/* Processors that wait for a spin lock, in no cycle: who has it will never release it. */
static unsigned collect_spinning(struct blocked *blocked)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        struct verifier_processor *processor = verifier_processor_at(i);
        if (processor->waiting_for != NULL) {
            count++;
            if (blocked->stacks < FINDING_STACKS) {
                blocked->trace[blocked->stacks++] = processor->waiting;
            }
        }
    }
    return count;
}

static void describe_blocked(unsigned threads, unsigned spinning, unsigned loops, char text[240])
{
    char spin[80] = "", wait[80] = "", loop[80] = "";
    if (loops > 0) {
        snprintf(loop, sizeof(loop), "%s%u loop%s for memory that nobody will change",
                 threads + spinning > 0 ? ", " : "", loops, loops == 1 ? " waits" : "s wait");
    }
    if (spinning > 0) {
        snprintf(spin, sizeof(spin), "%u processor%s for a spin lock that nobody will release", spinning,
                 spinning == 1 ? " waits" : "s wait");
    }
    if (threads > 0 || spinning + loops == 0) {
        snprintf(wait, sizeof(wait), "%u thread%s of drivers wait%s for something that nobody will do",
                 threads, threads == 1 ? "" : "s", threads == 1 ? "s" : "");
    }
    snprintf(text, 240, "%s%s%s%s", spin, spin[0] != '\0' && wait[0] != '\0' ? ", " : "", wait, loop);
}

static void hear_blocked(struct event *event)
{
    struct blocked blocked = {0};
    struct stack_trace none = {0};
    char text[240];
    unsigned loops = (unsigned)event->value[3];
    if (loops > 0) {
        stack_trace_take(&blocked.trace[blocked.stacks++], NULL);
    }
    unsigned spinning = collect_spinning(&blocked);
    ke_thread_each(collect_blocked, &blocked);
    describe_blocked(blocked.count, spinning, loops, text);
    struct finding *finding =
        finding_begin_at("Deadlock", event, "waiting", blocked.stacks > 0 ? &blocked.trace[0] : &none,
                         "nothing can run any more: %s", text);
    if (finding != NULL) {
        for (unsigned i = 1; i < blocked.stacks; i++) {
            finding_add_stack(finding, "waiting", -1, &blocked.trace[i]);
        }
        finding_commit(finding);
    }
}

static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (event->kind == EVENT_WATCHDOG) {
        if (event->value[0] == WATCHDOG_BLOCKED) {
            hear_blocked(event);
        }
    } else if (me != NULL) {
        hear_wait(event, me);
    }
}

static struct event_listener listener = {
    .name = "deadlock",
    .kinds = 1ull << EVENT_LOCK_WAIT | 1ull << EVENT_WATCHDOG,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
