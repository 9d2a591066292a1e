/*
 * kinds.h - the kinds of mutual exclusion that the torture body is put through, a few lines each.
 *
 * LOCK_KIND, LIST_KIND(name, setup, thread_in, thread_out, dpc_in, dpc_out) and WAIT_KIND (threads only): `s`
 * is the section, `held` what is kept while it is held.
 * thread_in and dpc_in are expressions that say whether the section was entered.
 */
#ifndef UNDIS_TESTS_TORTURE_KINDS_H
#define UNDIS_TESTS_TORTURE_KINDS_H

#define SECTION_WORDS 10
#define TOKENS 3

/* What a lock protects: plain counters that are all equal whenever the section is free. */
struct section {
    LIST_ENTRY link; /* for the kinds where the section itself is passed around */
    SLIST_ENTRY stack_link;
    ULONG words[SECTION_WORDS];
};

struct shared {
    struct section section;
    struct section tokens[TOKENS];
    NDIS_SPIN_LOCK ndis;
    KSPIN_LOCK ke;
    LIST_ENTRY list;
    SLIST_HEADER stack;
    PNDIS_RW_LOCK_EX rw;
    NDIS_RW_LOCK rw_old;
    EX_SPIN_LOCK ex;
    KMUTEX mutex;
    KEVENT event;
    KSEMAPHORE semaphore;
    FAST_MUTEX fast;
};

/* What an entrant keeps from in to out, on its own stack. */
struct held {
    bool reads; /* looks only: others may be inside that look, too */
    KIRQL irql;
    KLOCK_QUEUE_HANDLE queue;
    LOCK_STATE_EX state;
    LOCK_STATE state_old;
};

static struct shared shared;

struct kind {
    const char *name;
    void (*setup)(void);
    struct section *(*thread_in)(struct held *held);
    void (*thread_out)(struct section *section, struct held *held);
    struct section *(*dpc_in)(struct held *held); /* NULL: this kind is for threads only */
    void (*dpc_out)(struct section *section, struct held *held);
    bool synchronized; /* by ke_interrupt_synchronize, and the ISR takes part */
    bool raises;       /* threads are inside at DISPATCH_LEVEL */
    bool readers;      /* three entrants of four only look */
    bool in_turn;      /* first come, first served: with more processors than cores it lets in few */
};

#define SIMPLE(expression) ((expression), &shared.section)

#define KIND_FUNCTIONS(id, setup_, thread_in_, thread_out_)                                                  \
    static void id##_setup(void)                                                                             \
    {                                                                                                        \
        setup_;                                                                                              \
    }                                                                                                        \
    static struct section *id##_thread_in(struct held *held)                                                 \
    {                                                                                                        \
        (void)held;                                                                                          \
        return thread_in_;                                                                                   \
    }                                                                                                        \
    static void id##_thread_out(struct section *s, struct held *held)                                        \
    {                                                                                                        \
        (void)s, (void)held;                                                                                 \
        thread_out_;                                                                                         \
    }

#define DPC_FUNCTIONS(id, dpc_in_, dpc_out_)                                                                 \
    static struct section *id##_dpc_in(struct held *held)                                                    \
    {                                                                                                        \
        (void)held;                                                                                          \
        return dpc_in_;                                                                                      \
    }                                                                                                        \
    static void id##_dpc_out(struct section *s, struct held *held)                                           \
    {                                                                                                        \
        (void)s, (void)held;                                                                                 \
        dpc_out_;                                                                                            \
    }

#define DPC_KIND(id, setup_, thread_in_, thread_out_, dpc_in_, dpc_out_, ...)                                \
    KIND_FUNCTIONS(id, setup_, thread_in_, thread_out_)                                                      \
    DPC_FUNCTIONS(id, dpc_in_, dpc_out_)                                                                     \
    static const struct kind kind_##id = {.name = #id,                                                       \
                                          .setup = id##_setup,                                               \
                                          .thread_in = id##_thread_in,                                       \
                                          .thread_out = id##_thread_out,                                     \
                                          .dpc_in = id##_dpc_in,                                             \
                                          .dpc_out = id##_dpc_out,                                           \
                                          __VA_ARGS__};

#define LOCK_KIND(id, setup, thread_in, thread_out, dpc_in, dpc_out)                                         \
    DPC_KIND(id, setup, thread_in, thread_out, dpc_in, dpc_out, .raises = true)
#define LIST_KIND(id, setup, thread_in, thread_out, dpc_in, dpc_out)                                         \
    DPC_KIND(id, setup, thread_in, thread_out, dpc_in, dpc_out, .raises = false)
#define RW_KIND(id, setup, thread_in, thread_out, dpc_in, dpc_out)                                           \
    DPC_KIND(id, setup, thread_in, thread_out, dpc_in, dpc_out, .raises = true, .readers = true)

#define WAIT_KIND(id, setup_, thread_in_, thread_out_)                                                       \
    KIND_FUNCTIONS(id, setup_, thread_in_, thread_out_)                                                      \
    static const struct kind kind_##id = {                                                                   \
        .name = #id, .setup = id##_setup, .thread_in = id##_thread_in, .thread_out = id##_thread_out};

/* ---- the NDIS flavours ------------------------------------------------------------------------- */

LOCK_KIND(ndis, (void)0, SIMPLE(NdisAcquireSpinLock(&shared.ndis)), NdisReleaseSpinLock(&shared.ndis),
          SIMPLE(NdisAcquireSpinLock(&shared.ndis)), NdisReleaseSpinLock(&shared.ndis))

LOCK_KIND(ndis_dpr, (void)0, SIMPLE(NdisAcquireSpinLock(&shared.ndis)), NdisReleaseSpinLock(&shared.ndis),
          SIMPLE(NdisDprAcquireSpinLock(&shared.ndis)), NdisDprReleaseSpinLock(&shared.ndis))

/* ---- the Ke flavours --------------------------------------------------------------------------- */

LOCK_KIND(ke, KeInitializeSpinLock(&shared.ke), SIMPLE(KeAcquireSpinLock(&shared.ke, &held->irql)),
          KeReleaseSpinLock(&shared.ke, held->irql), SIMPLE(KeAcquireSpinLockAtDpcLevel(&shared.ke)),
          KeReleaseSpinLockFromDpcLevel(&shared.ke))

/* Raises by hand and tries; a failed try lowers again before the next. */
static struct section *try_in(struct held *held)
{
    for (;;) {
        held->irql = KeRaiseIrqlToDpcLevel();
        if (KeTryToAcquireSpinLockAtDpcLevel(&shared.ke)) {
            return &shared.section;
        }
        KeLowerIrql(held->irql);
        YieldProcessor();
    }
}

static struct section *try_in_dpc(void)
{
    return KeTryToAcquireSpinLockAtDpcLevel(&shared.ke) ? &shared.section : NULL;
}

LOCK_KIND(ke_try, KeInitializeSpinLock(&shared.ke), try_in(held),
          (KeReleaseSpinLockFromDpcLevel(&shared.ke), KeLowerIrql(held->irql)), try_in_dpc(),
          KeReleaseSpinLockFromDpcLevel(&shared.ke))

/* ---- queued ------------------------------------------------------------------------------------ */

DPC_KIND(queued, KeInitializeSpinLock(&shared.ke),
         SIMPLE(KeAcquireInStackQueuedSpinLock(&shared.ke, &held->queue)),
         KeReleaseInStackQueuedSpinLock(&held->queue),
         SIMPLE(KeAcquireInStackQueuedSpinLockAtDpcLevel(&shared.ke, &held->queue)),
         KeReleaseInStackQueuedSpinLockFromDpcLevel(&held->queue), .raises = true, .in_turn = true)

/* ---- readers and writers ----------------------------------------------------------------------- */

static void rw_in(struct held *held, UCHAR flags)
{
    if (held->reads) {
        NdisAcquireRWLockRead(shared.rw, &held->state, flags);
    } else {
        NdisAcquireRWLockWrite(shared.rw, &held->state, flags);
    }
}

RW_KIND(rw, shared.rw = NdisAllocateRWLock(NULL), SIMPLE(rw_in(held, 0)),
        NdisReleaseRWLock(shared.rw, &held->state), SIMPLE(rw_in(held, NDIS_RWL_AT_DISPATCH_LEVEL)),
        NdisReleaseRWLock(shared.rw, &held->state))

RW_KIND(rw_old, NdisInitializeReadWriteLock(&shared.rw_old),
        SIMPLE(NdisAcquireReadWriteLock(&shared.rw_old, !held->reads, &held->state_old)),
        NdisReleaseReadWriteLock(&shared.rw_old, &held->state_old),
        SIMPLE(NdisAcquireReadWriteLock(&shared.rw_old, !held->reads, &held->state_old)),
        NdisReleaseReadWriteLock(&shared.rw_old, &held->state_old))

static void ex_in(struct held *held)
{
    held->irql = held->reads ? ExAcquireSpinLockShared(&shared.ex) : ExAcquireSpinLockExclusive(&shared.ex);
}

static void ex_out(const struct held *held)
{
    if (held->reads) {
        ExReleaseSpinLockShared(&shared.ex, held->irql);
    } else {
        ExReleaseSpinLockExclusive(&shared.ex, held->irql);
    }
}

static void ex_in_dpc(const struct held *held)
{
    if (held->reads) {
        ExAcquireSpinLockSharedAtDpcLevel(&shared.ex);
    } else {
        ExAcquireSpinLockExclusiveAtDpcLevel(&shared.ex);
    }
}

static void ex_out_dpc(const struct held *held)
{
    if (held->reads) {
        ExReleaseSpinLockSharedFromDpcLevel(&shared.ex);
    } else {
        ExReleaseSpinLockExclusiveFromDpcLevel(&shared.ex);
    }
}

RW_KIND(ex_spin, (void)0, SIMPLE(ex_in(held)), ex_out(held), SIMPLE(ex_in_dpc(held)), ex_out_dpc(held))

/* ---- lists: whoever took the token off owns it ------------------------------------------------- */

static void list_setup_tokens(void)
{
    NdisInitializeListHead(&shared.list);
    NdisInitializeSListHead(&shared.stack);
    for (int i = 0; i < TOKENS; i++) {
        NdisInterlockedInsertTailList(&shared.list, &shared.tokens[i].link, &shared.ndis);
        NdisInterlockedPushEntrySList(&shared.stack, &shared.tokens[i].stack_link, &shared.ndis);
    }
}

static struct section *take_from_list(void)
{
    LIST_ENTRY *entry = NdisInterlockedRemoveHeadList(&shared.list, &shared.ndis);
    return entry == NULL ? NULL : CONTAINING_RECORD(entry, struct section, link);
}

static struct section *take_from_stack(void)
{
    SLIST_ENTRY *entry = NdisInterlockedPopEntrySList(&shared.stack, &shared.ndis);
    return entry == NULL ? NULL : CONTAINING_RECORD(entry, struct section, stack_link);
}

LIST_KIND(interlocked_list, list_setup_tokens(), take_from_list(),
          NdisInterlockedInsertTailList(&shared.list, &s->link, &shared.ndis), take_from_list(),
          NdisInterlockedInsertHeadList(&shared.list, &s->link, &shared.ndis))

LIST_KIND(interlocked_slist, list_setup_tokens(), take_from_stack(),
          NdisInterlockedPushEntrySList(&shared.stack, &s->stack_link, &shared.ndis), take_from_stack(),
          NdisInterlockedPushEntrySList(&shared.stack, &s->stack_link, &shared.ndis))

/* ---- dispatcher objects ------------------------------------------------------------------------ */

#define WAIT_FOR(object) SIMPLE(KeWaitForSingleObject((object), Executive, KernelMode, FALSE, NULL))

WAIT_KIND(mutex, KeInitializeMutex(&shared.mutex, 0), WAIT_FOR(&shared.mutex),
          KeReleaseMutex(&shared.mutex, FALSE))

WAIT_KIND(event, KeInitializeEvent(&shared.event, SynchronizationEvent, TRUE), WAIT_FOR(&shared.event),
          KeSetEvent(&shared.event, IO_NO_INCREMENT, FALSE))

WAIT_KIND(semaphore, KeInitializeSemaphore(&shared.semaphore, 1, 1), WAIT_FOR(&shared.semaphore),
          KeReleaseSemaphore(&shared.semaphore, IO_NO_INCREMENT, 1, FALSE))

WAIT_KIND(fast_mutex, ExInitializeFastMutex(&shared.fast), SIMPLE(ExAcquireFastMutex(&shared.fast)),
          ExReleaseFastMutex(&shared.fast))

/* ---- the interrupt spin lock ------------------------------------------------------------------- */

static const struct kind kind_synchronize = {.name = "synchronize", .synchronized = true};

#endif
