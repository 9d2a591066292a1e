/*
 * lock_release.c - SpinLockNotOwned, SpinLockWrongOwner, SpinLockReleaseOrder, SpinLockFlavor: at a release.
 *
 * Each finding is followed by the IRQL that correct code would have at this point.
 */
#include "verifier/lock_table.h"

#include "ke/thread.h"

struct release {
    struct event *event;
    struct verifier_processor *me;
    enum lock_flavor flavor;
    KIRQL present; /* IRQL now */
    KIRQL wanted;  /* IRQL that the driver's call would restore */
};

void lock_end_hold(struct lock_record *record, unsigned processor, uint64_t now)
{
    uint64_t held = now - record->acquired_at;
    if (held > record->longest_ns) {
        record->longest_ns = held;
        record->longest_at = record->acquired.depth > 0 ? record->acquired.pc[0] : 0;
    }
    if (record->owner == (int)processor) {
        record->owner = LOCK_NO_OWNER;
    }
    record->readers &= ~(UINT64_C(1) << processor);
    if (record->free_pending && lock_holder(record) == LOCK_NO_OWNER) {
        record->free_pending = false;
        record->initialised = false;
        record->allocated = false;
        record->freed = true;
    }
}

/* Nothing is released and IRQL stays. */
static void ignore(struct release *release)
{
    release->event->skip = true;
    release->event->new_irql = release->present;
}

/* The level for a release without a hold of this processor: never up, nor below what the callback had. */
static KIRQL cautious_irql(const struct release *release)
{
    KIRQL entry = frame_entry_irql(release->event);
    KIRQL irql = release->wanted < entry ? entry : release->wanted;
    return irql > release->present || held_count(release->me) > 0 ? release->present : irql;
}

/* ---- not the holder ---------------------------------------------------------------------------- */

static void release_not_owned(struct release *release, struct lock_record *record)
{
    struct finding *finding =
        finding_begin("SpinLockNotOwned", release->event, "%s is called for a spin lock that nobody holds",
                      flavor_release_name(release->flavor));
    if (finding != NULL) {
        finding_bugcheck(finding, 0x10, record->address, 0, 0, 0);
        if (record->acquired.depth > 0) {
            finding_add_stack(finding, "last acquired at", -1, &record->acquired);
        }
        held_evidence(finding, release->me);
        finding_commit(finding);
    }
    ignore(release);
    frame_forgive(release->event);
}

static void release_for_other(struct release *release, struct lock_record *record)
{
    int holder = lock_holder(record);
    struct verifier_processor *owner = verifier_processor_at((unsigned)holder);
    struct finding *finding =
        finding_begin("SpinLockWrongOwner", release->event,
                      "%s is called on processor %u for a spin lock that processor %d holds",
                      flavor_release_name(release->flavor), release->me->number, holder);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1004, record->address, (uintptr_t)ke_processors[holder].current,
                         (uintptr_t)release->event->processor->current);
        finding_add_stack(finding, "owner acquired at", holder, &record->acquired);
        held_evidence(finding, release->me);
        finding_commit(finding);
    }
    struct held_lock held = {.flavor = release->flavor};
    if (held_remove(owner, release->event->object, &held)) {
        frame_forgive_other((struct callback_frame *)(uintptr_t)held.frame, (unsigned)holder);
    }
    frame_forgive(release->event);
    lock_end_hold(record, (unsigned)holder, event_now(release->event));
    record->abandoned++; /* the owner may still release it */
    release->event->value[0] = held.flavor;
    release->event->new_irql = cautious_irql(release);
}

/* ---- the holder -------------------------------------------------------------------------------- */

static void add_holder_evidence(struct finding *finding, const struct release *release,
                                const struct held_lock *held)
{
    finding_add_stack(finding, "owner acquired at", (int)release->me->number, &held->acquired);
    finding_add_lock(finding, held->lock);
    held_evidence(finding, release->me);
    finding_commit(finding);
}

/* The pairing is wrong; returns the level that the right one would have given. */
static KIRQL report_flavor(struct release *release, const struct held_lock *held)
{
    struct finding *finding =
        finding_begin("SpinLockFlavor", release->event,
                      "%s ends a critical section that %s began; at this point IRQL should be %s",
                      flavor_release_name(release->flavor), flavor_acquire_name(held->flavor),
                      irql_name(flavor_raises(held->flavor) ? held->saved : release->present));
    if (finding != NULL) {
        if (flavor_family(held->flavor) != flavor_family(release->flavor)) {
            finding_bugcheck(finding, 0xC4, 0x1009, (uintptr_t)held->lock, 0, 0);
        } else if (flavor_raises(held->flavor)) {
            /* IRQL would stay up until the callback returns. */
            finding_bugcheck(finding, 0xC8, (uint64_t)release->present << 16 | (uint64_t)held->saved << 8, 0,
                             0, 0);
        } else {
            finding_bugcheck(finding, 0xC4, 0x41, release->wanted, (uintptr_t)held->lock, 0);
        }
        add_holder_evidence(finding, release, held);
    }
    if (flavor_raises(held->flavor)) {
        return held->saved;
    }
    frame_forgive(release->event);
    KIRQL raised_from;
    bool undoes_raise = flavor_raises(release->flavor) && !flavor_is_ndis(release->flavor) &&
                        frame_raise_top(release->event, &raised_from) && raised_from == release->wanted &&
                        raised_from >= frame_entry_irql(release->event);
    if (undoes_raise) { /* the driver meant KeReleaseSpinLock to undo its KeRaiseIrql too */
        frame_raise_pop(release->event);
        return release->wanted;
    }
    return release->present;
}

static bool flavor_is_wrong(const struct release *release, const struct held_lock *held)
{
    if (flavor_family(held->flavor) != flavor_family(release->flavor)) {
        return true;
    }
    /* KeReleaseSpinLock says itself which level it restores: that of the AtDpcLevel acquisition is no
     * mistake. */
    if (held->flavor == LOCK_KE_DPC && release->flavor == LOCK_KE && release->wanted == release->present) {
        return false;
    }
    if (flavor_raises(release->flavor) != flavor_raises(held->flavor)) {
        return true;
    }
    return flavor_raises(held->flavor) && flavor_is_ndis(release->flavor) != flavor_is_ndis(held->flavor) &&
           release->wanted != held->saved;
}

static void report_order(struct release *release, const struct held_lock *held)
{
    const void *newest = held_newest(release->me);
    struct finding *finding = finding_begin(
        "SpinLockReleaseOrder", release->event,
        "%s lowers IRQL to %s while this processor still holds another spin lock, acquired later",
        flavor_release_name(release->flavor), irql_name(release->wanted));
    if (finding != NULL) {
        struct held_lock other;
        finding_bugcheck(finding, 0xC4, 0x1003, (uintptr_t)held->lock, (uintptr_t)newest, 0);
        finding_add_stack(finding, "owner acquired at", (int)release->me->number, &held->acquired);
        if (held_find(release->me, newest, &other)) {
            finding_add_stack(finding, "still held, acquired at", (int)release->me->number, &other.acquired);
        }
        finding_add_lock(finding, held->lock);
        held_evidence(finding, release->me);
        finding_commit(finding);
    }
}

/* Neither below the level at which the callback began nor, with the last lock, below that before the first.
 */
static KIRQL lowest_level(const struct release *release)
{
    KIRQL entry = frame_entry_irql(release->event);
    const struct verifier_processor *me = release->me;
    return held_count(release->me) == 0 && me->base > entry ? me->base : entry;
}

static void report_level(struct release *release, const struct held_lock *held)
{
    struct finding *finding = finding_begin(
        "IrqlRaiseLower", release->event, "%s lowers IRQL to %s; it was %s before this critical section",
        flavor_release_name(release->flavor), irql_name(release->wanted), irql_name(lowest_level(release)));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x31, release->present, release->wanted,
                         release->event->processor->dpc_active ? 1 : 0);
        add_holder_evidence(finding, release, held);
    }
}

static void report_below(struct release *release, const struct held_lock *held)
{
    struct finding *finding =
        finding_begin("SpinLockBelowDispatch", release->event, "%s is called at %s, below DISPATCH_LEVEL",
                      flavor_release_name(release->flavor), irql_name(release->present));
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x41, release->present, (uintptr_t)held->lock, 0);
        add_holder_evidence(finding, release, held);
    }
}

/* Raised by hand since, to a level at which only ...FromDpcLevel may be called. */
static bool is_above(const struct release *release)
{
    return release->present > DISPATCH_LEVEL &&
           (flavor_raises(release->flavor) || release->flavor == LOCK_NDIS_DPR);
}

static void report_above(struct release *release, const struct held_lock *held)
{
    struct finding *finding = finding_begin(
        "IrqlTooHigh", release->event, "%s is called at %s; its page allows it only at DISPATCH_LEVEL",
        flavor_release_name(release->flavor), irql_name(release->present));
    if (finding != NULL) {
        finding->ddi_compliance = release->flavor == LOCK_KE ? "IrqlKeReleaseSpinLock" : "";
        finding_bugcheck(finding, 0xC4, 0x32, release->present, (uintptr_t)held->lock, 0);
        add_holder_evidence(finding, release, held);
    }
}

/* The level after the release, when the pairing as such is decided: what earlier repairs still owe. */
static KIRQL level_after(struct release *release, KIRQL target, bool *reported, const struct held_lock *held)
{
    struct verifier_processor *me = release->me;
    if (held_count(me) > 0) {
        if (target >= DISPATCH_LEVEL || release->present < DISPATCH_LEVEL) {
            return target;
        }
        if (!*reported) {
            report_order(release, held);
            *reported = true;
        }
        me->order_irql = me->order_broken && me->order_irql < target ? me->order_irql : target;
        me->order_broken = true;
        return release->present;
    }
    if (me->order_broken) {
        me->order_broken = false;
        target = me->order_irql;
        *reported = true;
    }
    if (me->refused) {
        me->refused = false;
        *reported = true;
        if (flavor_raises(release->flavor) || !me->raised_since) {
            target = target < me->refused_irql ? target : me->refused_irql;
        }
    }
    return target;
}

KIRQL lock_level_after(struct event *event, struct verifier_processor *me, KIRQL target, bool *reported,
                       const struct held_lock *held)
{
    struct release release = {
        .event = event, .me = me, .flavor = held->flavor, .present = event->irql, .wanted = target};
    return level_after(&release, target, reported, held);
}

static void release_owned(struct release *release, struct lock_record *record)
{
    struct held_lock held;
    held_begin(&held, release->event->object, release->flavor, release->wanted);
    held_remove(release->me, release->event->object, &held);
    bool reported = record->tampered;
    KIRQL target = release->wanted;
    if (record->tampered || record->recursed) { /* what the lock says about IRQL may be overwritten */
        target = flavor_raises(held.flavor) ? held.saved : release->present;
    } else if (flavor_is_wrong(release, &held)) {
        target = report_flavor(release, &held);
        reported = true;
    } else if (release->present < DISPATCH_LEVEL && !flavor_raises(release->flavor) &&
               held.saved >= DISPATCH_LEVEL) {
        report_below(release, &held);
        reported = true;
    } else if (is_above(release)) {
        report_above(release, &held);
        reported = true;
    }
    target = level_after(release, target, &reported, &held);
    KIRQL lowest = reported ? frame_entry_irql(release->event) : lowest_level(release);
    if (target < lowest) {
        if (!reported) {
            report_level(release, &held);
        }
        target = lowest;
    }
    lock_end_hold(record, release->me->number, event_now(release->event));
    release->event->value[0] = held.flavor;
    release->event->new_irql = target;
}

/* The memory of the lock is gone, but not the hold. */
static bool release_gone(struct release *release)
{
    struct held_lock held;
    bool reported = true;
    if (!held_find(release->me, release->event->object, &held) || !held.gone) {
        return false;
    }
    held_remove(release->me, release->event->object, &held);
    release->event->skip = true;
    release->event->new_irql =
        level_after(release, flavor_raises(held.flavor) ? held.saved : release->present, &reported, &held);
    return true;
}

static void judge(struct release *release, struct lock_record *record, uint64_t word)
{
    struct event *event = release->event;
    if (record->phantoms > 0 && (event->irql != DISPATCH_LEVEL || lock_holder(record) == LOCK_NO_OWNER)) {
        record->phantoms--;
        ignore(release);
    } else if (lock_is_held_by(record, release->me->number)) {
        if (record->recursion > 0) {
            record->recursion--;
            ignore(release);
        } else {
            release_owned(release, record);
        }
    } else if (lock_holder(record) != LOCK_NO_OWNER) {
        release_for_other(release, record);
    } else if (record->abandoned > 0) {
        record->abandoned--;
        event->skip = true;
        event->new_irql = cautious_irql(release);
    } else if (lock_judge_allocated(event, record, release->flavor, word,
                                    flavor_release_name(release->flavor))) {
        ignore(release);
        frame_forgive(event);
    } else {
        release_not_owned(release, record);
    }
}

static void hear(struct event *event)
{
    struct release release = {
        .event = event,
        .me = verifier_processor(event),
        .flavor = (enum lock_flavor)event->value[0],
        .present = event->irql,
        .wanted = (KIRQL)event->value[1],
    };
    if (release.me == NULL) {
        return;
    }
    release.me->waiting_for = NULL;
    release.me->interlocked = NULL;
    if (!flavor_raises(release.flavor)) {
        release.wanted = release.present;
        event->new_irql = release.present;
    }
    if (!release_gone(&release)) {
        KIRQL old;
        uint64_t word = lock_word(
            event->object, release.flavor); /* faults here, not under the guard, when there is no lock */
        struct lock_record *record = lock_enter(event->object, true, &old);
        if (record != NULL) {
            judge(&release, record, word);
        }
        lock_leave(event->object, old);
    }
    frame_settle(event, release.me, event->new_irql);
}

static struct event_listener listener = {
    .name = "spin lock release",
    .kinds = 1ull << EVENT_LOCK_RELEASE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
