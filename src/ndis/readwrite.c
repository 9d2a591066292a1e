/*
 * readwrite.c - NDIS_RW_LOCK (spec section 4b), the older lock in the caller's memory (rwcore.h).
 *
 * The structure is used as its layout offers it: one reference count for each processor, and the first
 * word for the writer.  Zero is a free lock.
 */
#include "ke/ddi.h"
#include "ndis/rwcore.h"

#include <ndis.h>

/* What the first 16 bytes of the lock hold. */
struct writer {
    volatile uint32_t processor; /* rwcore.h */
    uint32_t depth;              /* its acquisitions */
    volatile uint32_t word;      /* of the explored engine (ex/rwexplored.h) */
};
C_ASSERT(sizeof(struct writer) <= 16);
C_ASSERT(sizeof(NDIS_RW_LOCK_REFCOUNT) >= sizeof(struct undis_rw_reader));
C_ASSERT(KE_MAXIMUM_PROCESSORS <= MAXIMUM_PROCESSORS);

struct rw_lock rw_lock_old(void *object)
{
    PNDIS_RW_LOCK lock = object;
    struct writer *writer = (struct writer *)(void *)&lock->SpinLock;
    return (struct rw_lock){
        .object = lock,
        .words = {&writer->processor, &writer->word,
                  (volatile uint32_t *)(volatile void *)&lock->RefCount[0].RefCount,
                  sizeof(lock->RefCount[0])},
        .depth = &writer->depth,
    };
}

#if UNDIS_CHECKED
void rw_clear(const void *object)
{
    memset((void *)(uintptr_t)object, 0, sizeof(NDIS_RW_LOCK));
}
#endif

/* At DISPATCH_LEVEL. */
static inline struct undis_rw_reader *own_reader(PNDIS_RW_LOCK lock)
{
    return (struct undis_rw_reader *)(void *)&lock->RefCount[ke_processor_number()];
}

static void take(PNDIS_RW_LOCK lock, bool write)
{
    if (write || !rw_read_quickly((volatile uint32_t *)(void *)&lock->SpinLock, own_reader(lock))) {
        struct rw_lock own = rw_lock_old(lock);
        (write ? rw_write : rw_read_slowly)(&own);
    }
}

static void acquire(PNDIS_RW_LOCK lock, BOOLEAN write, PLOCK_STATE state, bool raises)
{
    enum lock_flavor flavor = write ? (raises ? LOCK_OLD_RW_WRITE : LOCK_OLD_RW_WRITE_DPC)
                                    : (raises ? LOCK_OLD_RW_READ : LOCK_OLD_RW_READ_DPC);
    if (!rw_may_acquire(lock, flavor, state, false)) {
        *state = (LOCK_STATE){.OldIrql = ke_irql()};
        return;
    }
    state->LockState = write ? RW_HELD_WRITE : RW_HELD_READ;
    if (raises) {
        state->OldIrql = rw_raise();
    }
    take(lock, write);
    event_send(EVENT_RW_ACQUIRED, lock, flavor, raises ? state->OldIrql : DISPATCH_LEVEL, 0,
               (uintptr_t)state);
}

static void release(PNDIS_RW_LOCK lock, PLOCK_STATE state, bool raised)
{
    bool write = state->LockState == RW_HELD_WRITE;
    enum lock_flavor flavor = write ? (raised ? LOCK_OLD_RW_WRITE : LOCK_OLD_RW_WRITE_DPC)
                                    : (raised ? LOCK_OLD_RW_READ : LOCK_OLD_RW_READ_DPC);
    KIRQL irql = raised ? state->OldIrql : ke_irql();
    if (rw_may_release(lock, &flavor, state, &irql)) {
        struct rw_lock own = rw_lock_old(lock);
        rw_end(&own, rw_flavor_writes(flavor));
    }
    state->LockState = 0;
    rw_lower(irql);
}

/* Makes a lock in the caller's nonpaged memory.  Any IRQL.  RW-15, nf-ndis-ndisinitializereadwritelock. */
VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
    ddi_enter(NdisInitializeReadWriteLock);
    event_send(EVENT_RW_INIT, Lock, LOCK_OLD_RW_READ, 0, 0, 0);
    memset(Lock, 0, sizeof(*Lock));
}

/*
 * Acquires for writing or reading; the caller keeps LockState until the release.  <= DISPATCH_LEVEL, ends at
 * DISPATCH_LEVEL.  RW-16, nf-ndis-ndisacquirereadwritelock.
 */
VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    ddi_enter(NdisAcquireReadWriteLock);
    acquire(Lock, fWrite, LockState, true);
}

/*
 * Releases one acquisition and restores the IRQL from before it.  DISPATCH_LEVEL.  RW-16,
 * nf-ndis-ndisreleasereadwritelock.
 */
VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    ddi_enter(NdisReleaseReadWriteLock);
    release(Lock, LockState, true);
}

/* For callers at DISPATCH_LEVEL: leaves IRQL alone.  RW-17, nf-ndis-ndisdpracquirereadwritelock. */
VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
    ddi_enter(NdisDprAcquireReadWriteLock);
    acquire(Lock, fWrite, LockState, false);
}

/* Pairs with NdisDprAcquireReadWriteLock.  DISPATCH_LEVEL.  RW-17, nf-ndis-ndisdprreleasereadwritelock. */
VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
    ddi_enter(NdisDprReleaseReadWriteLock);
    release(Lock, LockState, false);
}
