/*
 * rwspin.c - EX_SPIN_LOCK: reader/writer spin locks.
 *
 * A waiting writer holds back new readers, so it does not starve; among waiters there is no order.
 */
#include "ex/rwspin.h"

#include "ex/map.h"
#include "ex/rwexplored.h"
#include "host/memory.h"
#include "ke/ddi.h"
#include "ke/engine.h"
#include "ke/run.h"
#include "ke/spinlock.h"

#define RW_WRITER 0x80000000u /* held exclusively */
#define RW_WANTED 0x40000000u /* a writer waits */

#define RW_SPINS 100
#define RW_PATIENCE_NS 1000000u
#define RW_REPORT_TURNS 100u /* a wait is reported again after that many times RW_PATIENCE_NS */

static volatile uint32_t *word_of(PEX_SPIN_LOCK lock)
{
    return (volatile uint32_t *)lock;
}

/* ---- on the explored engine -------------------------------------------------------------------------- */

/* What rwexplored.h needs, for which the lock itself has no room. */
struct beside {
    volatile uint32_t word;
    struct {
        volatile uint32_t readers, word;
    } processor[KE_MAXIMUM_PROCESSORS];
};

/* Value: a struct beside.  One host thread: no guard. */
static struct ex_map locks;

static struct beside *beside(const volatile uint32_t *lock)
{
    const void *key = (const void *)(uintptr_t)lock;
    struct ex_map_entry *entry = ex_map_find(&locks, key);
    if (entry != NULL) {
        return (struct beside *)entry->value[0];
    }
    struct beside *made = host_allocate(sizeof(*made));
    if (made == NULL || !ex_map_put(&locks, (struct ex_map_entry){key, {(uintptr_t)made, 0, 0}})) {
        ke_bugcheck(0x4D, 0, 0, 0, 0); /* NO_PAGES_AVAILABLE */
    }
    return made;
}

/* This lock is not to be taken again by the processor that holds it exclusively. */
static struct rw_words words_beside(const volatile uint32_t *lock)
{
    struct beside *b = beside(lock);
    return (struct rw_words){NULL, &b->word, &b->processor[0].readers, sizeof(b->processor[0])};
}

/* ---- the lock ---------------------------------------------------------------------------------------- */

static bool swap(volatile uint32_t *word, uint32_t seen, uint32_t value)
{
    return __atomic_compare_exchange_n(word, &seen, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Passes some time while the word is `seen`; `turns` counts how often. */
static void wait_turn(volatile uint32_t *word, uint32_t seen, unsigned *turns)
{
    unsigned turn = (*turns)++;
    if (turn == 0 || (turn > RW_SPINS && (turn - RW_SPINS) % RW_REPORT_TURNS == 0)) {
        event_send(EVENT_LOCK_WAIT, (const void *)(uintptr_t)word, 0, turn != 0, 0, 0);
    }
    if (turn < RW_SPINS) {
        host_relax();
    } else {
        ke_engine->lock_wait(word, seen, RW_PATIENCE_NS);
    }
}

static void acquire_shared(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        rw_explored_read(&words);
        return;
    }
    for (unsigned turns = 0;;) {
        uint32_t seen = *word;
        if (!(seen & (RW_WRITER | RW_WANTED))) {
            if (swap(word, seen, seen + 1)) {
                return;
            }
        } else {
            wait_turn(word, seen, &turns);
        }
    }
}

static void acquire_exclusive(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        rw_explored_write(&words);
        return;
    }
    for (unsigned turns = 0;;) {
        uint32_t seen = *word;
        if ((seen & ~RW_WANTED) == 0) {
            if (swap(word, seen, RW_WRITER)) {
                return;
            }
        } else if (!(seen & RW_WANTED)) {
            (void)swap(word, seen, seen | RW_WANTED);
        } else {
            wait_turn(word, seen, &turns);
        }
    }
}

static void release_shared(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        rw_explored_end_read(&words);
        return;
    }
    if (__atomic_sub_fetch(word, 1, __ATOMIC_SEQ_CST) == RW_WANTED) {
        ke_engine->lock_wake(word);
    }
}

static void release_exclusive(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        rw_explored_end_write(&words);
        return;
    }
    __atomic_fetch_and(word, ~RW_WRITER, __ATOMIC_SEQ_CST);
    ke_engine->lock_wake(word);
}

static bool try_shared(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        return rw_explored_try_read(&words);
    }
    for (;;) {
        uint32_t seen = *word;
        if (seen & (RW_WRITER | RW_WANTED)) {
            return false;
        }
        if (swap(word, seen, seen + 1)) {
            return true;
        }
    }
}

static bool try_exclusive(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        return rw_explored_try_write(&words);
    }
    uint32_t seen = *word;
    return (seen & ~RW_WANTED) == 0 && swap(word, seen, RW_WRITER);
}

/* From the only reader to the writer; waiting writers go on waiting. */
static bool try_convert(volatile uint32_t *word)
{
    if (rw_explored()) {
        struct rw_words words = words_beside(word);
        return rw_explored_try_convert(&words);
    }
    for (;;) {
        uint32_t seen = *word;
        if ((seen & ~RW_WANTED) != 1) {
            return false;
        }
        if (swap(word, seen, (seen & RW_WANTED) | RW_WRITER)) {
            return true;
        }
    }
}

/* ---- with the verifier ------------------------------------------------------------------------------- */

static inline bool is_shared(enum lock_flavor flavor)
{
    return flavor == LOCK_EX_SHARED || flavor == LOCK_EX_SHARED_DPC;
}

static inline void take(PEX_SPIN_LOCK lock, enum lock_flavor flavor)
{
    if (is_shared(flavor)) {
        acquire_shared(word_of(lock));
    } else {
        acquire_exclusive(word_of(lock));
    }
}

static inline void drop(PEX_SPIN_LOCK lock, enum lock_flavor flavor)
{
    if (is_shared(flavor)) {
        release_shared(word_of(lock));
    } else {
        release_exclusive(word_of(lock));
    }
}

/* Raises to DISPATCH_LEVEL, then acquires; returns the old level.  Nothing when the verifier objects. */
static inline KIRQL acquire(PEX_SPIN_LOCK lock, enum lock_flavor flavor)
{
    KIRQL old = ke_irql();
    if (event_send(EVENT_LOCK_ACQUIRE, (const void *)(uintptr_t)lock, flavor, 0, 0, 0)) {
        return old;
    }
    ke_about_to_raise(DISPATCH_LEVEL);
    old = ke_irql();
    ke_irql_store(DISPATCH_LEVEL);
    event_send(EVENT_IRQL, NULL, old, DISPATCH_LEVEL, IRQL_CAUSE_LOCK, 0);
    take(lock, flavor);
    event_send(EVENT_LOCK_ACQUIRED, (const void *)(uintptr_t)lock, flavor, old, 0, 0);
    return old;
}

static inline void acquire_at_dpc(PEX_SPIN_LOCK lock, enum lock_flavor flavor)
{
    if (!event_send(EVENT_LOCK_ACQUIRE, (const void *)(uintptr_t)lock, flavor, 0, 0, 0)) {
        take(lock, flavor);
        event_send(EVENT_LOCK_ACQUIRED, (const void *)(uintptr_t)lock, flavor, ke_irql(), 0, 0);
    }
}

static inline bool try_at_dpc(PEX_SPIN_LOCK lock, enum lock_flavor flavor)
{
    bool taken = is_shared(flavor) ? try_shared(word_of(lock)) : try_exclusive(word_of(lock));
    if (taken) {
        event_send(EVENT_LOCK_ACQUIRED, (const void *)(uintptr_t)lock, flavor, ke_irql(), 1, 0);
    } else {
        event_send(EVENT_LOCK_REFUSED, (const void *)(uintptr_t)lock, flavor, 0, 0, 0);
    }
    return taken;
}

/* Releases, then goes to `irql`. */
static inline void release(PEX_SPIN_LOCK lock, enum lock_flavor flavor, KIRQL irql)
{
#if UNDIS_CHECKED
    if (ke_lock_may_release(lock, &flavor, &irql)) {
        drop(lock, flavor);
    }
    ke_lock_lower(irql);
#else
    drop(lock, flavor);
    ke_unmask(irql);
#endif
}

void ex_spin_lock_abandon(PEX_SPIN_LOCK lock, enum lock_flavor flavor)
{
    drop(lock, flavor);
}

/* ---- the functions that drivers call ----------------------------------------------------------------- */

/* Raises to DISPATCH_LEVEL and takes the lock with the other readers; returns the old level.  <=
 * DISPATCH_LEVEL.  Not recursive.  nf-wdm-exacquirespinlockshared. */
KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockShared);
    return acquire(SpinLock, LOCK_EX_SHARED);
}

/* Gives it back and goes back to that IRQL.  DISPATCH_LEVEL. */
VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ddi_enter(ExReleaseSpinLockShared);
    release(SpinLock, LOCK_EX_SHARED, OldIrql);
}

/* The same, alone.  nf-wdm-exacquirespinlockexclusive. */
KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockExclusive);
    return acquire(SpinLock, LOCK_EX_EXCLUSIVE);
}

VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ddi_enter(ExReleaseSpinLockExclusive);
    release(SpinLock, LOCK_EX_EXCLUSIVE, OldIrql);
}

/* The four for callers at DISPATCH_LEVEL, who stay there. */
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockSharedAtDpcLevel);
    acquire_at_dpc(SpinLock, LOCK_EX_SHARED_DPC);
}

VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExReleaseSpinLockSharedFromDpcLevel);
    release(SpinLock, LOCK_EX_SHARED_DPC, ke_irql());
}

VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockExclusiveAtDpcLevel);
    acquire_at_dpc(SpinLock, LOCK_EX_EXCLUSIVE_DPC);
}

VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExReleaseSpinLockExclusiveFromDpcLevel);
    release(SpinLock, LOCK_EX_EXCLUSIVE_DPC, ke_irql());
}

/* Takes it if that needs no wait, FALSE otherwise.  DISPATCH_LEVEL.  In the kernel's headers, without a page.
 */
BOOLEAN NTAPI ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExTryAcquireSpinLockSharedAtDpcLevel);
    return try_at_dpc(SpinLock, LOCK_EX_SHARED_DPC);
}

BOOLEAN NTAPI ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExTryAcquireSpinLockExclusiveAtDpcLevel);
    return try_at_dpc(SpinLock, LOCK_EX_EXCLUSIVE_DPC);
}

/*
 * Makes the only reader, the caller, the writer; FALSE, and still a reader, when there are others.
 * DISPATCH_LEVEL.  To be released as if it had been acquired exclusively.
 * nf-wdm-extryconvertsharedspinlockexclusive.
 */
LOGICAL NTAPI ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExTryConvertSharedSpinLockExclusive);
    const void *lock = (const void *)(uintptr_t)SpinLock;
    if (event_send(EVENT_LOCK_CONVERT, lock, LOCK_EX_EXCLUSIVE, 0, 0, 0) || !try_convert(word_of(SpinLock))) {
        return FALSE;
    }
    event_send(EVENT_LOCK_CONVERTED, lock, LOCK_EX_EXCLUSIVE, 0, 0, 0);
    return TRUE;
}
