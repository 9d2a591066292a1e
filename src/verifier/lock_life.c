/*
 * lock_life.c - SpinLockNotAllocated, SpinLockReallocated, SpinLockFreedWhileHeld: from a lock's birth to its
 * end.
 *
 * A lock is forgotten with the memory that it lay in: a freed pool block, an ended thread's stack, an
 * unloaded driver.  Not guaranteed: a lock on a stack that is allocated twice in one activation of a
 * function is not told from one that lay in a dead frame, so it is not reported.
 */
#include "verifier/lock_table.h"

#include "ke/spinlock.h"
#include "ke/thread.h"
#include "ex/rwspin.h"

static bool is_ex(enum lock_flavor flavor)
{
    return flavor_family(flavor) == FAMILY_EX_SHARED || flavor_family(flavor) == FAMILY_EX_EXCLUSIVE;
}

/* All of it: not what a driver may look at, but zero is what a free lock is made of. */
uint64_t lock_word(const void *lock, enum lock_flavor flavor)
{
    return is_ex(flavor) ? *(const volatile uint32_t *)lock : *(const volatile uint64_t *)lock;
}

void lock_abandon(const void *lock, enum lock_flavor flavor)
{
    if (is_ex(flavor)) {
        ex_spin_lock_abandon((PEX_SPIN_LOCK)(uintptr_t)lock, flavor);
    } else {
        ke_spin_lock_abandon((PKSPIN_LOCK)(uintptr_t)lock);
    }
}

/* Makes a free lock of garbage. */
static void clear(void *lock, enum lock_flavor flavor)
{
    if (is_ex(flavor)) {
        *(volatile uint32_t *)lock = 0;
    } else {
        ke_spin_lock_abandon(lock);
        *(volatile uint32_t *)((char *)lock + sizeof(uint32_t)) = 0; /* nobody queues (ke/queuedlock.c) */
    }
}

static void restart(struct lock_record *record)
{
    record->freed = false;
    record->phantoms = 0;
    record->abandoned = 0;
    record->family = 0;
    record->lowest = record->highest = 0;
    record->levels_told = false;
}

/* ---- NotAllocated ------------------------------------------------------------------------------ */

bool lock_judge_allocated(struct event *event, struct lock_record *record, enum lock_flavor flavor,
                          uint64_t word, const char *call)
{
    /* Drivers rely on a zero-filled KSPIN_LOCK being a free lock. */
    bool sound = record->initialised || (!flavor_is_ndis(flavor) && !record->freed && word == 0);
    if (sound) {
        record->initialised = true;
        return false;
    }
    struct finding *finding =
        finding_begin("SpinLockNotAllocated", event,
                      record->freed ? "%s is called with a spin lock that NdisFreeSpinLock has freed"
                      : flavor_is_ndis(flavor)
                          ? "%s is called with a spin lock that was never passed to NdisAllocateSpinLock"
                          : "%s is called with a spin lock that was never initialised",
                      call);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1002, (uintptr_t)record->address, 0, 0);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
    /* From now on a lock like any other: garbage in the word would let nobody in. */
    restart(record);
    record->initialised = true;
    if (word != 0) {
        clear((void *)record->address, flavor);
    }
    return true;
}

/* ---- Reallocated ------------------------------------------------------------------------------- */

static void report_reallocated(struct event *event, struct lock_record *record, bool held)
{
    const char *call = event->value[0] == LOCK_NDIS ? "NdisAllocateSpinLock" : "KeInitializeSpinLock";
    struct finding *finding =
        finding_begin("SpinLockReallocated", event,
                      held ? "%s is called for a spin lock that is held"
                           : "%s is called for a spin lock that is allocated already and was not freed since",
                      call);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1005, (uintptr_t)record->address, 0, 0);
        if (held) {
            finding_add_stack(finding, "owner acquired at", record->owner, &record->acquired);
        } else {
            finding_add_stack(finding, "allocated at", -1, &record->made);
        }
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void hear_init(struct event *event)
{
    KIRQL old;
    bool ndis = event->value[0] == LOCK_NDIS;
    struct lock_record *record = lock_enter(event->object, true, &old);
    if (record == NULL) {
        lock_leave(event->object, old);
        return;
    }
    if (lock_holder(record) != LOCK_NO_OWNER) {
        report_reallocated(event, record, true);
        record->tampered = true;
    } else if (ndis && record->allocated && !stack_holds(event->object)) {
        report_reallocated(event, record, false);
    }
    restart(record);
    record->initialised = true;
    record->allocated = record->allocated || ndis;
    stack_trace_take(&record->made, event);
    lock_leave(event->object, old);
}

/* ---- FreedWhileHeld ---------------------------------------------------------------------------- */

static void report_freed(struct event *event, const struct lock_record *record, const char *what)
{
    struct finding *finding =
        finding_begin("SpinLockFreedWhileHeld", event, "%s while processor %d holds the spin lock", what,
                      lock_holder(record));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x100B, (uintptr_t)record->address, (uintptr_t)lock_holder(record),
                         0);
        finding_add_stack(finding, "owner acquired at", lock_holder(record), &record->acquired);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void hear_free(struct event *event)
{
    KIRQL old;
    struct lock_record *record = lock_enter(event->object, false, &old);
    if (record != NULL && record->owner != LOCK_NO_OWNER) {
        report_freed(event, record, "NdisFreeSpinLock is called");
        record->tampered = true;
        record->free_pending = true;
    } else if (record != NULL) {
        record->initialised = false;
        record->allocated = false;
        record->freed = true;
    }
    lock_leave(event->object, old);
}

/* The memory around a lock goes. */
static void take_along(struct lock_record *record, void *argument)
{
    struct event *event = argument;
    if (lock_holder(record) == LOCK_NO_OWNER) {
        return;
    }
    if (event->kind == EVENT_OBJECT_DESTROY) {
        report_freed(event, record, "the memory around a spin lock is freed");
    }
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (lock_is_held_by(record, i)) {
            held_mark_gone(verifier_processor_at(i), (const void *)record->address);
        }
    }
}

static void hear_thread_end(struct event *event)
{
    const struct _KTHREAD *thread = event->object;
    uintptr_t base = (uintptr_t)thread->host.stack.base;
    lock_forget(base, base + thread->host.stack.size, take_along, event);
}

/* ---- interlocked operations -------------------------------------------------------------------- */

static void report_interlocked_recursion(struct event *event, const struct lock_record *record)
{
    struct finding *finding = finding_begin(
        "SpinLockRecursive", event,
        "an interlocked operation is given a spin lock that this processor holds: it would wait for "
        "itself for ever");
    if (finding != NULL) {
        finding_bugcheck(finding, 0xF, (uintptr_t)record->address, 0, 0, 0);
        finding_add_stack(finding, "owner acquired at", record->owner, &record->acquired);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void hear_interlocked(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me == NULL || event->object == NULL) {
        return; /* a NULL lock is the fault handler's affair */
    }
    KIRQL old;
    uint64_t word = lock_word(event->object, (enum lock_flavor)event->value[0]);
    struct lock_record *record = lock_enter(event->object, true, &old);
    me->interlocked = event->object;
    if (record != NULL && record->owner == (int)me->number) {
        report_interlocked_recursion(event, record);
        event->skip = true;
    } else if (record != NULL && record->owner == LOCK_NO_OWNER) {
        lock_judge_allocated(event, record, (enum lock_flavor)event->value[0], word,
                             "an interlocked operation");
    }
    lock_leave(event->object, old);
}

static void hear(struct event *event)
{
    switch (event->kind) {
    case EVENT_LOCK_INIT:
        hear_init(event);
        break;
    case EVENT_LOCK_FREE:
        hear_free(event);
        break;
    case EVENT_LOCK_INTERLOCKED:
        hear_interlocked(event);
        break;
    case EVENT_OBJECT_DESTROY:
        lock_forget((uintptr_t)event->object, (uintptr_t)event->object + event->value[1], take_along, event);
        break;
    case EVENT_THREAD_END:
        hear_thread_end(event);
        break;
    case EVENT_DRIVER_UNLOAD:
        lock_forget((uintptr_t)event->object, event->value[0], take_along, event);
        break;
    default:
        break;
    }
}

static struct event_listener listener = {
    .name = "spin lock life",
    .kinds = 1ull << EVENT_LOCK_INIT | 1ull << EVENT_LOCK_FREE | 1ull << EVENT_LOCK_INTERLOCKED |
             1ull << EVENT_OBJECT_DESTROY | 1ull << EVENT_THREAD_END | 1ull << EVENT_DRIVER_UNLOAD,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
