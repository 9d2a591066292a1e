/*
 * rwspin.c - EX_SPIN_LOCK: reader/writer spin locks.
 *
 * A waiting writer holds back new readers, so it does not starve; among waiters there is no order.  The
 * verifier does not follow these locks: only its watchdog sees one that is never given back.
 */
#include "ex/map.h"
#include "ex/rwexplored.h"
#include "host/memory.h"
#include "ke/ddi.h"
#include "ke/engine.h"
#include "ke/run.h"

#define RW_WRITER 0x80000000u /* held exclusively */
#define RW_WANTED 0x40000000u /* a writer waits */

#define RW_SPINS 100
#define RW_PATIENCE_NS 1000000u

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

/* Passes some time while the word is `seen`. */
static void wait_turn(volatile uint32_t *word, uint32_t seen, unsigned turn)
{
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
    for (unsigned turn = 0;; turn++) {
        uint32_t seen = *word;
        if (!(seen & (RW_WRITER | RW_WANTED))) {
            if (swap(word, seen, seen + 1)) {
                return;
            }
        } else {
            wait_turn(word, seen, turn);
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
    for (unsigned turn = 0;; turn++) {
        uint32_t seen = *word;
        if ((seen & ~RW_WANTED) == 0) {
            if (swap(word, seen, RW_WRITER)) {
                return;
            }
        } else if (!(seen & RW_WANTED)) {
            (void)swap(word, seen, seen | RW_WANTED);
        } else {
            wait_turn(word, seen, turn);
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

/* Raises to DISPATCH_LEVEL and takes the lock with the other readers.  <= DISPATCH_LEVEL.
 * nf-wdm-exacquirespinlockshared. */
KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockShared);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    acquire_shared(word_of(SpinLock));
    return old;
}

/* Gives it back and goes back to that IRQL.  DISPATCH_LEVEL. */
VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ddi_enter(ExReleaseSpinLockShared);
    release_shared(word_of(SpinLock));
    KeLowerIrql(OldIrql);
}

/* The same, alone.  nf-wdm-exacquirespinlockexclusive. */
KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockExclusive);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    acquire_exclusive(word_of(SpinLock));
    return old;
}

VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ddi_enter(ExReleaseSpinLockExclusive);
    release_exclusive(word_of(SpinLock));
    KeLowerIrql(OldIrql);
}

/* The four for callers at DISPATCH_LEVEL, who stay there. */
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockSharedAtDpcLevel);
    acquire_shared(word_of(SpinLock));
}

VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExReleaseSpinLockSharedFromDpcLevel);
    release_shared(word_of(SpinLock));
}

VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExAcquireSpinLockExclusiveAtDpcLevel);
    acquire_exclusive(word_of(SpinLock));
}

VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ddi_enter(ExReleaseSpinLockExclusiveFromDpcLevel);
    release_exclusive(word_of(SpinLock));
}
