/*
 * rwlock.c - the lock rules for NDIS's reader/writer locks (spec section 4): the rules of spin locks as far
 * as they hold for locks that a processor may own often, and RwLockState.
 *
 * The holds are on the processors' stacks of held locks (held.c), so that SpinLockHeldAtReturn,
 * SpinLockHeldBelowDispatch and SpinLockReleaseOrder see them beside spin locks; what is known of a lock
 * itself is in the table here.  Repairs are those of spin locks: an acquisition that would wait for ever or
 * is made at a wrong level is not carried out, and its release then does nothing.
 *
 * Not guaranteed: past RW_RECORDS locks at a time, those too many are taken for allocated.
 */
#include "verifier/verifier.h"

#include "ke/thread.h"
#include "ndis/rwcore.h"

#include <string.h>

#define RW_RECORDS 1024
#define RW_BUCKETS 256

struct rw_record {
    uint16_t next;   /* index plus one, in its bucket or among the free ones; 0: the last */
    bool live;       /* allocated or initialised, and not freed since */
    bool reported;   /* NotAllocated was found: once for each lock */
    uint16_t ghosts; /* acquisitions that were refused and holds that were ended: releases to be ignored */
    uintptr_t address;
    struct stack_trace made;
};

static struct ke_guard guard; /* of what follows */
static uint16_t buckets[RW_BUCKETS];
static struct rw_record records[RW_RECORDS];
static uint16_t used, freed;
static bool overflowed;
static bool in_drivers; /* there has been a lock in a driver's own memory, which goes with it */

static uint16_t *bucket_of(const void *lock)
{
    return &buckets[((uintptr_t)lock * 0x9E3779B97F4A7C15u) >> 56];
}

/* Under the guard.  NULL: not known, or no room. */
static struct rw_record *find(const void *lock, bool make, bool ex)
{
    uint16_t *bucket = bucket_of(lock);
    for (uint16_t i = *bucket; i != 0; i = records[i - 1].next) {
        if (records[i - 1].address == (uintptr_t)lock) {
            return &records[i - 1];
        }
    }
    if (!make) {
        return NULL;
    }
    in_drivers = in_drivers || !ex;
    uint16_t index = freed;
    if (index != 0) {
        freed = records[index - 1].next;
    } else if (used < RW_RECORDS) {
        index = ++used;
    } else {
        overflowed = true;
        return NULL;
    }
    struct rw_record *record = &records[index - 1];
    memset(record, 0, sizeof(*record));
    record->address = (uintptr_t)lock;
    record->next = *bucket;
    *bucket = index;
    return record;
}

/* An NDIS_RW_LOCK_EX, in memory that is not the driver's? */
static bool is_ex(const struct event *event)
{
    return event->value[0] < LOCK_OLD_RW_READ;
}

/* The processor that holds the lock, other than `but`; -1: none. */
static int holder_of(const void *lock, int but, struct held_lock *held)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        struct verifier_processor *of = verifier_processor_at(i);
        if ((int)i != but && held_count(of) > 0 && held_find(of, lock, held)) {
            return (int)i;
        }
    }
    return -1;
}

int rw_blocker(const void *lock, unsigned waiter, unsigned wanted)
{
    struct held_lock held;
    int found = -1;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        struct verifier_processor *of = verifier_processor_at(i);
        if (i != waiter && held_find(of, lock, &held) && flavor_family(held.flavor) == FAMILY_RW) {
            if (i == wanted) {
                return (int)i;
            }
            found = of->waiting_for != NULL ? (int)i : found;
        }
    }
    return found;
}

static void finish(struct finding *finding, struct event *event)
{
    held_evidence(finding, verifier_processor(event));
    finding_commit(finding);
}

static void ignore(struct event *event)
{
    event->skip = true;
    event->new_irql = event->irql;
}

/* ---- NotAllocated ------------------------------------------------------------------------------ */

/* Is there a lock?  Reports that there is none; one in the driver's own memory is then made. */
static bool judge_live(struct event *event, struct rw_record *record, const char *call)
{
    if (record == NULL || record->live) {
        return true;
    }
    if (!record->reported) {
        record->reported = true;
        struct finding *finding = finding_begin(
            "SpinLockNotAllocated", event,
            record->made.depth > 0 ? "%s is called with a reader/writer lock that was freed"
            : is_ex(event)         ? "%s is called with what NdisAllocateRWLock did not return"
                           : "%s is called with a lock that was never passed to NdisInitializeReadWriteLock",
            call);
        if (finding != NULL) {
            finding_bugcheck(finding, 0xC4, 0x1002, record->address, 0, 0);
            if (record->made.depth > 0) {
                finding_add_stack(finding, "freed at", -1, &record->made);
            }
            finish(finding, event);
        }
    }
    if (!is_ex(event)) {
        rw_clear((const void *)record->address);
        record->live = true;
        return true;
    }
    return false;
}

/* ---- acquiring --------------------------------------------------------------------------------- */

static const char *call_name(const struct event *event)
{
    enum lock_flavor flavor = (enum lock_flavor)event->value[0];
    const char *tries = flavor_try_name(flavor);
    return event->value[2] != 0 && tries != NULL ? tries : flavor_acquire_name(flavor);
}

static bool judge_level(struct event *event)
{
    bool above = event->irql > DISPATCH_LEVEL;
    if (!above && (event->irql == DISPATCH_LEVEL || flavor_raises((enum lock_flavor)event->value[0]))) {
        return true;
    }
    struct finding *finding =
        finding_begin(above ? "SpinLockAboveDispatch" : "SpinLockBelowDispatch", event,
                      above ? "%s is called at %s, above DISPATCH_LEVEL"
                            : "%s is told that the caller is at DISPATCH_LEVEL, and is called at %s",
                      call_name(event), irql_name(event->irql));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, above ? 0x42 : 0x40, event->irql, (uintptr_t)event->object, 0);
        finish(finding, event);
    }
    return false;
}

/* Does the processor hold that lock for writing?  Then it may write again, though it reads as well (RW-9). */
static bool writes(struct verifier_processor *me, const void *lock)
{
    bool found = false;
    KIRQL old = ke_guard_enter_quietly(&me->guard);
    for (unsigned i = 0; i < me->depth; i++) {
        found = found || (me->held[i].lock == lock && rw_flavor_writes(me->held[i].flavor));
    }
    ke_guard_leave(&me->guard, old);
    return found;
}

/* A reader that asks to write waits for itself (RW-10); what was interrupted counts as well. */
static bool judge_promotion(struct event *event, struct verifier_processor *me)
{
    struct held_lock held;
    if (!rw_flavor_writes((enum lock_flavor)event->value[0]) || event->value[2] != 0 ||
        !held_find(me, event->object, &held) || writes(me, event->object)) {
        return true;
    }
    struct finding *finding =
        finding_begin("SpinLockRecursive", event,
                      "%s is called for a lock that this processor holds for reading: it would wait for "
                      "itself for ever",
                      call_name(event));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1000, (uintptr_t)event->object, 0, 0);
        finding_add_stack(finding, "owner acquired at", (int)me->number, &held.acquired);
        finish(finding, event);
    }
    return false;
}

/* Each acquisition has a LOCK_STATE of its own until its release (RW-4). */
static void judge_state(struct event *event)
{
    const void *state = (const void *)event->value[3];
    struct held_lock held;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (!held_find_state(verifier_processor_at(i), NULL, state, &held)) {
            continue;
        }
        struct finding *finding = finding_begin(
            "RwLockState", event,
            "%s is called with the lock state of an acquisition that is not released yet", call_name(event));
        if (finding != NULL) {
            finding_add_stack(finding, "acquired with it at", (int)i, &held.acquired);
            finish(finding, event);
        }
        return;
    }
}

static void hear_acquire(struct event *event, struct verifier_processor *me)
{
    me->waiting_for = NULL;
    me->interlocked = NULL;
    me->contended = false;
    (void)*(const volatile char *)event->object; /* faults here, not under the guard, when there is no lock */
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct rw_record *record = find(event->object, !overflowed, is_ex(event));
    bool sound =
        judge_live(event, record, call_name(event)) && judge_level(event) && judge_promotion(event, me);
    if (sound) {
        judge_state(event);
    } else {
        event->skip = true;
        if (record != NULL && event->value[2] == 0) {
            record->ghosts++;
        }
    }
    ke_guard_leave(&guard, old);
}

static void hear_acquired(struct event *event, struct verifier_processor *me)
{
    struct held_lock held = {
        .lock = event->object,
        .frame = event->processor->callback,
        .flavor = (enum lock_flavor)event->value[0],
        .saved = (KIRQL)event->value[1],
        .state = (const void *)event->value[3],
    };
    me->waiting_for = NULL;
    stack_trace_take(&held.acquired, event);
    held_push(me, &held);
}

static void hear_converted(struct event *event, struct verifier_processor *me)
{
    held_convert(me, event->object, (enum lock_flavor)event->value[0]);
}

/* ---- releasing --------------------------------------------------------------------------------- */

static void add_holder(struct finding *finding, struct event *event, unsigned processor,
                       const struct held_lock *held)
{
    finding_add_stack(finding, "owner acquired at", (int)processor, &held->acquired);
    finding_add_lock(finding, held->lock);
    finish(finding, event);
}

/* The level for a release without a hold of this processor: never up, nor below what the callback had. */
static KIRQL cautious_level(const struct event *event, struct verifier_processor *me)
{
    KIRQL entry = frame_entry_irql(event), wanted = (KIRQL)event->value[1];
    KIRQL irql = wanted < entry ? entry : wanted;
    return irql > event->irql || held_count(me) > 0 ? event->irql : irql;
}

/* NdisReleaseReadWriteLock ends what NdisDprAcquireReadWriteLock began, or the other way round (RW-17). */
static bool judge_flavor(struct event *event, struct verifier_processor *me, const struct held_lock *held)
{
    enum lock_flavor flavor = (enum lock_flavor)event->value[0];
    if (held->flavor < LOCK_OLD_RW_READ || flavor_raises(flavor) == flavor_raises(held->flavor)) {
        return false;
    }
    struct finding *finding = finding_begin(
        "SpinLockFlavor", event, "%s ends a critical section that %s began; at this point IRQL should be %s",
        flavor_release_name(flavor), flavor_acquire_name(held->flavor),
        irql_name(flavor_raises(held->flavor) ? held->saved : event->irql));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC8, (uint64_t)event->irql << 16 | (uint64_t)held->saved << 8, 0, 0, 0);
        add_holder(finding, event, me->number, held);
    }
    return true;
}

static void release_own(struct event *event, struct verifier_processor *me, const struct held_lock *held,
                        bool reported)
{
    KIRQL target = flavor_raises(held->flavor) ? held->saved : event->irql;
    KIRQL entry = frame_entry_irql(event);
    if (!reported && judge_flavor(event, me, held)) {
        reported = true;
        frame_forgive(event);
    }
    target = lock_level_after(event, me, target, &reported, held);
    event->new_irql = target < entry ? entry : target;
    event->value[0] = held->flavor;
    event->skip = held->gone;
}

/* The processor holds the lock, but with another LOCK_STATE. */
static void release_other_state(struct event *event, struct verifier_processor *me)
{
    struct held_lock held;
    held_remove(me, event->object, &held);
    struct finding *finding = finding_begin(
        "RwLockState", event, "%s is called with a lock state that belongs to no acquisition of this lock",
        flavor_release_name((enum lock_flavor)event->value[0]));
    if (finding != NULL) {
        add_holder(finding, event, me->number, &held);
    }
    release_own(event, me, &held, true);
}

static void release_for_other(struct event *event, struct verifier_processor *me, struct rw_record *record,
                              unsigned holder)
{
    struct held_lock held;
    struct verifier_processor *owner = verifier_processor_at(holder);
    if (!held_remove_state(owner, event->object, (const void *)event->value[3], &held)) {
        held_remove(owner, event->object, &held);
    }
    struct finding *finding = finding_begin(
        "SpinLockWrongOwner", event, "%s is called on processor %u for a lock that processor %u acquired",
        flavor_release_name((enum lock_flavor)event->value[0]), me->number, holder);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1004, (uintptr_t)event->object,
                         (uintptr_t)ke_processors[holder].current, (uintptr_t)event->processor->current);
        add_holder(finding, event, holder, &held);
    }
    frame_forgive_other((struct callback_frame *)(uintptr_t)held.frame, holder);
    frame_forgive(event);
    rw_abandon(event->object, held.flavor, holder);
    if (record != NULL) {
        record->ghosts++; /* the owner may still release it */
    }
    event->skip = true;
    event->new_irql = cautious_level(event, me);
}

static void release_not_owned(struct event *event, struct rw_record *record)
{
    enum lock_flavor flavor = (enum lock_flavor)event->value[0];
    ignore(event);
    if (judge_live(event, record, flavor_release_name(flavor)) && (record == NULL || !record->reported)) {
        struct finding *finding =
            finding_begin("SpinLockNotOwned", event, "%s is called for a lock that nobody holds",
                          flavor_release_name(flavor));
        if (finding != NULL) {
            finding_bugcheck(finding, 0xC4, 0x1007, (uintptr_t)event->object, 0, 0);
            finish(finding, event);
        }
    }
    frame_forgive(event);
}

/* Under the guard. */
static void judge_release(struct event *event, struct verifier_processor *me)
{
    struct rw_record *record = find(event->object, !overflowed, is_ex(event));
    struct held_lock held;
    int holder;
    if (held_remove_state(me, event->object, (const void *)event->value[3], &held)) {
        release_own(event, me, &held, false);
    } else if (record != NULL && record->ghosts > 0) {
        record->ghosts--;
        event->skip = true;
        event->new_irql = cautious_level(event, me);
    } else if (held_find(me, event->object, &held)) {
        release_other_state(event, me);
    } else if ((holder = holder_of(event->object, (int)me->number, &held)) >= 0) {
        release_for_other(event, me, record, (unsigned)holder);
    } else {
        release_not_owned(event, record);
    }
}

static void hear_release(struct event *event, struct verifier_processor *me)
{
    me->waiting_for = NULL;
    me->interlocked = NULL;
    if (!flavor_raises((enum lock_flavor)event->value[0])) {
        event->value[1] = event->irql;
        event->new_irql = event->irql;
    }
    (void)*(const volatile char *)event->object;
    KIRQL old = ke_guard_enter_quietly(&guard);
    judge_release(event, me);
    ke_guard_leave(&guard, old);
    frame_settle(event, me, event->new_irql);
}

void rw_hold_end(const struct held_lock *held, unsigned processor)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct rw_record *record = find(held->lock, false, true);
    if (record != NULL) {
        record->ghosts++;
    }
    ke_guard_leave(&guard, old);
    rw_abandon(held->lock, held->flavor, processor);
}

/* ---- from birth to end ------------------------------------------------------------------------- */

/* Does somebody hold it?  Then that is reported. */
static bool report_held(struct event *event, const void *lock, const char *rule, uint64_t subcode,
                        const char *what)
{
    struct held_lock held;
    int holder = holder_of(lock, -1, &held);
    if (holder < 0) {
        return false;
    }
    struct finding *finding =
        finding_begin(rule, event, "%s while processor %d holds the reader/writer lock", what, holder);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, subcode, (uintptr_t)lock, (uintptr_t)holder, 0);
        add_holder(finding, event, (unsigned)holder, &held);
    }
    return true;
}

static void hear_init(struct event *event)
{
    report_held(event, event->object, "SpinLockReallocated", 0x1005, "NdisInitializeReadWriteLock is called");
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct rw_record *record = find(event->object, true, is_ex(event));
    if (record != NULL) {
        record->live = true;
        record->reported = false;
        record->ghosts = 0;
        record->made.depth = 0;
    }
    ke_guard_leave(&guard, old);
}

static void hear_free(struct event *event)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct rw_record *record = find(event->object, !overflowed, is_ex(event));
    bool live = judge_live(event, record, "NdisFreeRWLock");
    if (record != NULL && live) {
        record->live = false;
        stack_trace_take(&record->made, event);
    }
    ke_guard_leave(&guard, old);
    /* Its holder may still release it. */
    event->skip = !live || report_held(event, event->object, "SpinLockFreedWhileHeld", 0x100B,
                                       "NdisFreeRWLock is called");
}

/* The memory goes that the lock lies in.  Under the guard. */
static void take_along(struct event *event, uint16_t *link)
{
    uint16_t index = *link;
    struct rw_record *record = &records[index - 1];
    const void *lock = (const void *)record->address;
    if (event->kind == EVENT_OBJECT_DESTROY) {
        report_held(event, lock, "SpinLockFreedWhileHeld", 0x100B, "the memory around the lock is freed");
    }
    for (unsigned i = 0; i < ke_processor_count; i++) {
        held_mark_gone(verifier_processor_at(i), lock);
    }
    *link = record->next;
    record->next = freed;
    freed = index;
}

static void forget(struct event *event, uintptr_t low, uintptr_t high)
{
    if (!in_drivers || low >= high) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&guard);
    for (unsigned b = 0; b < RW_BUCKETS; b++) {
        uint16_t *link = &buckets[b];
        while (*link != 0) {
            const struct rw_record *record = &records[*link - 1];
            if (record->address >= low && record->address < high) {
                take_along(event, link);
            } else {
                link = &records[*link - 1].next;
            }
        }
    }
    ke_guard_leave(&guard, old);
}

static void hear_end(struct event *event)
{
    uintptr_t low = (uintptr_t)event->object, high = low + event->value[1];
    if (event->kind == EVENT_DRIVER_UNLOAD) {
        high = event->value[0];
    } else if (event->kind == EVENT_THREAD_END) {
        const struct _KTHREAD *thread = event->object;
        low = (uintptr_t)thread->host.stack.base;
        high = low + thread->host.stack.size;
    }
    forget(event, low, high);
}

static void hear(struct event *event)
{
    static void (*const hearers[EVENT_KINDS])(struct event *, struct verifier_processor *) = {
        [EVENT_RW_ACQUIRE] = hear_acquire,
        [EVENT_RW_ACQUIRED] = hear_acquired,
        [EVENT_RW_CONVERTED] = hear_converted,
        [EVENT_RW_RELEASE] = hear_release,
    };
    struct verifier_processor *me = verifier_processor(event);
    if (event->kind == EVENT_RW_INIT) {
        hear_init(event);
    } else if (event->kind == EVENT_RW_FREE) {
        hear_free(event);
    } else if (hearers[event->kind] == NULL) {
        hear_end(event);
    } else if (me != NULL) {
        hearers[event->kind](event, me);
    }
}

static struct event_listener listener = {
    .name = "reader/writer locks",
    .kinds = 1ull << EVENT_RW_INIT | 1ull << EVENT_RW_FREE | 1ull << EVENT_RW_ACQUIRE |
             1ull << EVENT_RW_ACQUIRED | 1ull << EVENT_RW_CONVERTED | 1ull << EVENT_RW_RELEASE |
             1ull << EVENT_OBJECT_DESTROY | 1ull << EVENT_THREAD_END | 1ull << EVENT_DRIVER_UNLOAD,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
