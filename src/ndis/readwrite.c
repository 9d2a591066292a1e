/*
 * readwrite.c - NDIS_RW_LOCK (spec section 4b), the older lock in the caller's memory (rwcore.h).
 *
 * The structure is used as its layout offers it: one reference count for each processor, and the first
 * word for the writer.  Zero is a free lock.
 *
 * What is not guaranteed: nothing checks the promotion of a read lock to a write lock, which deadlocks.
 */
#include "ke/ddi.h"
#include "ndis/rwcore.h"

#include <ndis.h>

/* What the first 16 bytes of the lock hold. */
struct writer {
    volatile uint32_t processor; /* its number plus one; 0: none */
    uint32_t depth;              /* its acquisitions */
    volatile uint32_t word;      /* of the explored engine (ex/rwexplored.h) */
};
C_ASSERT(sizeof(struct writer) <= 16);
C_ASSERT(sizeof(NDIS_RW_LOCK_REFCOUNT) >= 2 * sizeof(uint32_t)); /* the second is the explored engine's */
C_ASSERT(KE_MAXIMUM_PROCESSORS <= MAXIMUM_PROCESSORS);

static struct writer *writer_of(PNDIS_RW_LOCK lock)
{
    return (struct writer *)(void *)&lock->SpinLock;
}

static struct rw_words words_of(PNDIS_RW_LOCK lock)
{
    return (struct rw_words){&writer_of(lock)->processor, &writer_of(lock)->word,
                             (volatile uint32_t *)(volatile void *)&lock->RefCount[0].RefCount,
                             sizeof(lock->RefCount[0])};
}

static void acquire(PNDIS_RW_LOCK lock, BOOLEAN write, PLOCK_STATE state)
{
    struct rw_words words = words_of(lock);
    if (write) {
        rw_write(&words);
        writer_of(lock)->depth++;
        state->LockState = RW_HELD_WRITE;
    } else {
        rw_read(&words);
        state->LockState = RW_HELD_READ;
    }
}

static void release(PNDIS_RW_LOCK lock, const LOCK_STATE *state)
{
    struct rw_words words = words_of(lock);
    if (state->LockState != RW_HELD_WRITE) {
        rw_end_read(&words);
    } else if (--writer_of(lock)->depth == 0) {
        rw_end_write(&words);
    }
}

/* Makes a lock in the caller's nonpaged memory.  Any IRQL.  RW-15, nf-ndis-ndisinitializereadwritelock. */
VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
    ddi_enter(NdisInitializeReadWriteLock);
    memset(Lock, 0, sizeof(*Lock));
}

/*
 * Acquires for writing or reading; the caller keeps LockState until the release.  <= DISPATCH_LEVEL, ends at
 * DISPATCH_LEVEL.  RW-16, nf-ndis-ndisacquirereadwritelock.
 */
VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    ddi_enter(NdisAcquireReadWriteLock);
    LockState->OldIrql = rw_raise();
    acquire(Lock, fWrite, LockState);
}

/*
 * Releases one acquisition and restores the IRQL from before it.  DISPATCH_LEVEL.  RW-16,
 * nf-ndis-ndisreleasereadwritelock.
 */
VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    ddi_enter(NdisReleaseReadWriteLock);
    release(Lock, LockState);
    rw_lower(LockState->OldIrql);
}

/* For callers at DISPATCH_LEVEL: leaves IRQL alone.  RW-17, nf-ndis-ndisdpracquirereadwritelock. */
VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    ddi_enter(NdisDprAcquireReadWriteLock);
    acquire(Lock, fWrite, LockState);
}

/* Pairs with NdisDprAcquireReadWriteLock.  DISPATCH_LEVEL.  RW-17, nf-ndis-ndisdprreleasereadwritelock. */
VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    ddi_enter(NdisDprReleaseReadWriteLock);
    release(Lock, LockState);
}
