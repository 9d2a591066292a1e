/*
 * readwrite.c - NDIS_RW_LOCK (spec section 4b), the older lock in the caller's memory: one writer or many
 * readers, owned by processors.
 *
 * The structure is used as its layout offers it: one reference count for each processor, and the first
 * word for the writer.  Zero is a free lock.  Not fair, as the newer lock (RW-7).
 *
 * What is not guaranteed: nothing checks the promotion of a read lock to a write lock, which deadlocks.
 */
#include "ke/engine.h"
#include "ke/event.h"
#include "ke/step.h"
#include "ndis/rwexplored.h"

#include <ndis.h>

#define WAIT_NS 50000u

enum { HELD_READ = 1, HELD_WRITE = 2 }; /* LOCK_STATE.LockState */

/* What the first 16 bytes of the lock hold. */
struct writer {
    volatile uint32_t processor; /* its number plus one; 0: none */
    uint32_t depth;              /* its acquisitions */
    volatile uint32_t word;      /* of the explored engine (rwexplored.h) */
};
C_ASSERT(sizeof(struct writer) <= 16);
C_ASSERT(sizeof(NDIS_RW_LOCK_REFCOUNT) >= 2 * sizeof(uint32_t)); /* the second is the explored engine's */
C_ASSERT(KE_MAXIMUM_PROCESSORS <= MAXIMUM_PROCESSORS);

static struct writer *writer_of(PNDIS_RW_LOCK lock)
{
    return (struct writer *)(void *)&lock->SpinLock;
}

static volatile ULONG *count_of(PNDIS_RW_LOCK lock, unsigned processor)
{
    return &lock->RefCount[processor].RefCount;
}

#if UNDIS_CHECKED
static struct rw_words words_of(PNDIS_RW_LOCK lock)
{
    return (struct rw_words){&writer_of(lock)->processor, &writer_of(lock)->word,
                             (volatile uint32_t *)(volatile void *)count_of(lock, 0),
                             sizeof(lock->RefCount[0])};
}
#endif

/* Recursion always succeeds, as does the writer's own read. */
static bool try_read(PNDIS_RW_LOCK lock, unsigned processor)
{
    volatile ULONG *count = count_of(lock, processor);
    __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    uint32_t writer = __atomic_load_n(&writer_of(lock)->processor, __ATOMIC_SEQ_CST);
    if (writer == 0 || *count > 1 || writer == processor + 1) {
        return true;
    }
    __atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST);
    return false;
}

static void read_lock(PNDIS_RW_LOCK lock)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        rw_explored_read(&words);
        return;
    }
#endif
    unsigned processor = ke_processor()->number;
    while (!try_read(lock, processor)) {
        uint32_t writer = writer_of(lock)->processor;
        if (writer != 0) {
            ke_engine->lock_wait(&writer_of(lock)->processor, writer, WAIT_NS);
        }
    }
}

static void write_lock(PNDIS_RW_LOCK lock)
{
    struct writer *writer = writer_of(lock);
    uint32_t own = ke_processor()->number + 1, none = 0;
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        rw_explored_write(&words);
    } else
#endif
        if (writer->processor != own) {
        while (!__atomic_compare_exchange_n(&writer->processor, &none, own, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST)) {
            if (none != 0) {
                ke_engine->lock_wait(&writer->processor, none, WAIT_NS);
            }
            none = 0;
        }
        for (unsigned n = 0; n < ke_processor_count; n++) {
            ULONG count;
            while ((count = __atomic_load_n(count_of(lock, n), __ATOMIC_SEQ_CST)) != 0) {
                ke_engine->lock_wait(count_of(lock, n), count, WAIT_NS);
            }
        }
    }
    writer->depth++;
}

static void acquire(PNDIS_RW_LOCK lock, BOOLEAN write, PLOCK_STATE state)
{
    if (write) {
        write_lock(lock);
        state->LockState = HELD_WRITE;
    } else {
        read_lock(lock);
        state->LockState = HELD_READ;
    }
}

#if UNDIS_CHECKED
static void release_explored(PNDIS_RW_LOCK lock, const LOCK_STATE *state)
{
    struct rw_words words = words_of(lock);
    if (state->LockState != HELD_WRITE) {
        rw_explored_end_read(&words);
    } else if (--writer_of(lock)->depth == 0) {
        rw_explored_end_write(&words);
    }
}
#endif

static void release(PNDIS_RW_LOCK lock, const LOCK_STATE *state)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        release_explored(lock, state);
        return;
    }
#endif
    if (state->LockState == HELD_WRITE) {
        struct writer *writer = writer_of(lock);
        if (--writer->depth == 0) {
            __atomic_store_n(&writer->processor, 0, __ATOMIC_SEQ_CST);
            ke_engine->lock_wake(&writer->processor);
        }
        return;
    }
    volatile ULONG *count = count_of(lock, ke_processor()->number);
    if (__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST) == 0 && writer_of(lock)->processor != 0) {
        ke_engine->lock_wake(count);
    }
}

/* Makes a lock in the caller's nonpaged memory.  Any IRQL.  RW-15, nf-ndis-ndisinitializereadwritelock. */
VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
    memset(Lock, 0, sizeof(*Lock));
}

/*
 * Acquires for writing or reading; the caller keeps LockState until the release.  <= DISPATCH_LEVEL, ends at
 * DISPATCH_LEVEL.  RW-16, nf-ndis-ndisacquirereadwritelock.
 */
VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    KIRQL old = ke_irql();
    LockState->OldIrql = old;
    if (old < DISPATCH_LEVEL) {
        ke_about_to_raise(DISPATCH_LEVEL);
        ke_irql_store(DISPATCH_LEVEL);
        event_send(EVENT_IRQL, NULL, old, DISPATCH_LEVEL, IRQL_CAUSE_LOCK, 0);
    }
    acquire(Lock, fWrite, LockState);
}

/*
 * Releases one acquisition and restores the IRQL from before it.  DISPATCH_LEVEL.  RW-16,
 * nf-ndis-ndisreleasereadwritelock.
 */
VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    release(Lock, LockState);
    KIRQL present = ke_irql();
    if (LockState->OldIrql < present) {
        ke_about_to_lower(LockState->OldIrql);
        event_send(EVENT_IRQL, NULL, present, LockState->OldIrql, IRQL_CAUSE_LOCK, 0);
        ke_unmask(LockState->OldIrql);
    }
}

/* For callers at DISPATCH_LEVEL: leaves IRQL alone.  RW-17, nf-ndis-ndisdpracquirereadwritelock. */
VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    acquire(Lock, fWrite, LockState);
}

/* Pairs with NdisDprAcquireReadWriteLock.  DISPATCH_LEVEL.  RW-17, nf-ndis-ndisdprreleasereadwritelock. */
VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    release(Lock, LockState);
}
