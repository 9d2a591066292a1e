/*
 * dpcqueue_free.c - the DPC queue of the free build: its own processor uses it without an atomic operation,
 * but for the one that wins the object.
 *
 * The list belongs to its processor, which uses it masked.  To queue something there, others push it on an
 * inbox, which the processor empties before it does anything else to the list, so that the order of insertion
 * is kept.  Only to take something out, others need the list itself; they are few, and pay: a foreigner
 * enters the guard, says so (dpc_foreign), has every host thread make a memory barrier, and waits until the
 * processor is not inside (dpc_busy).  The processor says that it is inside, then looks for foreigners: a
 * store and a load, without a fence.
 *
 * Why not both are inside: if the processor's load of dpc_foreign finds 0, it came before the foreigner's
 * store, so its own store of dpc_busy came before the foreigner's barrier, which makes it visible to him; he
 * waits. If it finds 1, it leaves dpc_busy and takes its turn at the guard.  dpc_busy's and dpc_foreign's
 * release stores order what was done to the list before what the other does to it.  Where the host has no
 * such barrier, dpc_foreign is 1 for ever, and everybody goes by the guard.
 *
 * An object in the inbox, or on its way there, has DpcData = its processor + ON_ITS_WAY.
 */
#include "ke/dispatch.h"
#include "ke/dpcqueue.h"
#include "ke/observer.h"

#if !UNDIS_CHECKED

#define ON_ITS_WAY ((uintptr_t)1)
#define FOREIGNER_SPINS 100
#define FOREIGNER_WAIT_NS 20000u

/* ---- being the only one at the list ------------------------------------------------------------ */

/* The processor itself, masked.  True: inside by the guard. */
static inline bool own_enter(struct ke_processor *me)
{
    __atomic_store_n(&me->dpc_busy, 1, __ATOMIC_RELAXED);
    __asm__ volatile("" ::: "memory"); /* the half of the fence that is the compiler's */
    if (__builtin_expect(__atomic_load_n(&me->dpc_foreign, __ATOMIC_ACQUIRE) == 0, 1)) {
        return false;
    }
    __atomic_store_n(&me->dpc_busy, 0, __ATOMIC_RELEASE);
    ke_guard_enter_quietly(&me->dpc_guard);
    return true;
}

static inline void own_leave(struct ke_processor *me, bool guarded)
{
    if (guarded) {
        ke_guard_leave(&me->dpc_guard, KE_MASKED);
    } else {
        __atomic_store_n(&me->dpc_busy, 0, __ATOMIC_RELEASE);
    }
}

static void foreign_enter(struct ke_processor *target)
{
    ke_guard_enter_quietly(&target->dpc_guard);
    if (!host_barrier_there) {
        return;
    }
    __atomic_store_n(&target->dpc_foreign, 1, __ATOMIC_SEQ_CST);
    host_barrier();
    for (unsigned i = 0; __atomic_load_n(&target->dpc_busy, __ATOMIC_ACQUIRE) != 0; i++) {
        if (i < FOREIGNER_SPINS) {
            host_relax();
        } else {
            host_wait(&target->dpc_busy, 1,
                      FOREIGNER_WAIT_NS); /* the host has preempted it; nobody wakes us */
        }
    }
}

static void foreign_leave(struct ke_processor *target)
{
    if (host_barrier_there) {
        __atomic_store_n(&target->dpc_foreign, 0, __ATOMIC_RELEASE);
    }
    ke_guard_leave(&target->dpc_guard, KE_MASKED);
}

/* ---- inside ------------------------------------------------------------------------------------ */

static inline void link_in(struct ke_processor *target, PRKDPC dpc, bool first)
{
    if (first) {
        InsertHeadList(&target->dpc_queue, dpc_link(dpc));
    } else {
        InsertTailList(&target->dpc_queue, dpc_link(dpc));
    }
    target->dpc_depth++;
}

/* The inbox has the youngest first: turned round, so that they are linked in as they came. */
static void empty_inbox(struct ke_processor *target)
{
    LIST_ENTRY *youngest = __atomic_exchange_n(&target->dpc_inbox, NULL, __ATOMIC_ACQUIRE), *oldest = NULL;
    while (youngest != NULL) {
        LIST_ENTRY *next = youngest->Flink;
        youngest->Flink = oldest;
        oldest = youngest;
        youngest = next;
    }
    while (oldest != NULL) {
        LIST_ENTRY *next = oldest->Flink;
        PRKDPC dpc = dpc_of(oldest);
        link_in(target, dpc, oldest->Blink != NULL);
        __atomic_store_n(&dpc->DpcData, (PVOID)target, __ATOMIC_RELEASE);
        oldest = next;
    }
}

static inline void look_into_inbox(struct ke_processor *target)
{
    if (__builtin_expect(target->dpc_inbox != NULL, 0)) {
        empty_inbox(target);
    }
}

/*
 * Goes back to `old` and lets in what is due.  The byte of ke_pending_here_set may have been stored just now,
 * and a load of the whole mask would stall for it; above DISPATCH_LEVEL it says nothing.
 */
static inline void unmask_soon(struct ke_processor *me, KIRQL old)
{
    ke_irql_store(old);
    if (__builtin_expect(old < DISPATCH_LEVEL || ke_pending_above_dispatch(me) >> (old + 1) != 0, 0)) {
        ke_deliver();
    }
}

/* ---- inserting --------------------------------------------------------------------------------- */

/* Makes the object this insertion's; false: it lies on a queue. */
static inline bool claim(PRKDPC dpc, uintptr_t data, PVOID argument1, PVOID argument2)
{
    PVOID none = NULL;
    if (!__atomic_compare_exchange_n(&dpc->DpcData, &none, (PVOID)data, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED)) {
        return false;
    }
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    return true;
}

static inline bool insert_here(PRKDPC dpc, struct ke_processor *me, PVOID argument1, PVOID argument2,
                               KIRQL old)
{
    /* A foreigner who finds it claimed waits until we have left. */
    bool guarded = own_enter(me);
    bool queued = claim(dpc, (uintptr_t)me, argument1, argument2);
    if (queued) {
        look_into_inbox(me);
        link_in(me, dpc, dpc->Importance == HighImportance);
        ke_pending_here_set(me, 1);
    }
    own_leave(me, guarded);
    unmask_soon(me, old);
    return queued;
}

static bool insert_there(PRKDPC dpc, struct ke_processor *target, PVOID argument1, PVOID argument2, KIRQL old)
{
    bool queued = claim(dpc, (uintptr_t)target | ON_ITS_WAY, argument1, argument2);
    if (queued) {
        LIST_ENTRY *link = dpc_link(dpc);
        link->Blink = dpc->Importance == HighImportance ? link : NULL;
        LIST_ENTRY *youngest = __atomic_load_n(&target->dpc_inbox, __ATOMIC_RELAXED);
        do {
            link->Flink = youngest;
        } while (!__atomic_compare_exchange_n(&target->dpc_inbox, &youngest, link, true, __ATOMIC_RELEASE,
                                              __ATOMIC_RELAXED));
    }
    ke_unmask(old);
    if (queued) {
        ke_post(target, DISPATCH_LEVEL);
    }
    return queued;
}

bool dpc_queue_insert(PRKDPC dpc, struct ke_processor *target, PVOID argument1, PVOID argument2, KIRQL old)
{
    return target == ke_processor() ? insert_here(dpc, target, argument1, argument2, old)
                                    : insert_there(dpc, target, argument1, argument2, old);
}

/* ---- taking out -------------------------------------------------------------------------------- */

/* Inside: false when the object is not linked in here. */
static bool take_out(PRKDPC dpc, struct ke_processor *target)
{
    look_into_inbox(target);
    if (__atomic_load_n(&dpc->DpcData, __ATOMIC_ACQUIRE) != (PVOID)target) {
        return false;
    }
    RemoveEntryList(dpc_link(dpc));
    target->dpc_depth--;
    __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELEASE);
    return true;
}

bool dpc_queue_remove(PRKDPC dpc, void *data)
{
    struct ke_processor *target = (struct ke_processor *)((uintptr_t)data & ~ON_ITS_WAY);
    KIRQL old = ke_mask();
    bool removed;
    if (target == ke_processor()) {
        bool guarded = own_enter(target);
        removed = take_out(dpc, target);
        own_leave(target, guarded);
    } else {
        foreign_enter(target);
        removed = take_out(dpc, target);
        foreign_leave(target);
    }
    ke_unmask(old);
    if (!removed && ((uintptr_t)__atomic_load_n(&dpc->DpcData, __ATOMIC_ACQUIRE) & ON_ITS_WAY) != 0) {
        static const volatile uint32_t nothing;
        host_wait(&nothing, 0, FOREIGNER_WAIT_NS); /* the host has preempted who is about to push it */
    }
    return removed;
}

bool dpc_queue_take(struct ke_processor *processor, struct dpc_call *call)
{
    KIRQL old = ke_mask();
    bool guarded = own_enter(processor);
    look_into_inbox(processor);
    LIST_ENTRY *first = processor->dpc_queue.Flink;
    bool found = first != &processor->dpc_queue;
    if (found) {
        PRKDPC dpc = dpc_of(first);
        RemoveEntryList(first);
        *call = (struct dpc_call){dpc, dpc->DeferredRoutine, dpc->DeferredContext, dpc->SystemArgument1,
                                  dpc->SystemArgument2};
        processor->dpc_depth--;
        processor->dpc_active = true;
        __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELEASE);
    }
    own_leave(processor, guarded);
    unmask_soon(processor, old);
    return found;
}

bool dpc_queue_is_empty(const struct ke_processor *processor)
{
    return processor->dpc_depth == 0 && __atomic_load_n(&processor->dpc_inbox, __ATOMIC_ACQUIRE) == NULL;
}

#endif
