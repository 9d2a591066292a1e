/*
 * rwlock.c - NDIS_RW_LOCK_EX (spec section 4a), the lock that NDIS allocates (rwcore.h).
 *
 * What is not guaranteed: nothing checks the promotion of a read lock to a write lock, which deadlocks
 * (RW-10).
 */
#include "ke/ddi.h"
#include "ndis/adapter.h"
#include "ndis/rwcore.h"

struct reader_count {
    volatile uint32_t count;
    volatile uint32_t word; /* of the explored engine (ex/rwexplored.h) */
    char pad[56];
};

struct _NDIS_RW_LOCK_EX {
    volatile uint32_t writer; /* processor number plus one; 0: none */
    uint32_t depth;           /* the writer's acquisitions */
    volatile uint32_t word;   /* of the explored engine */
    struct reader_count readers[KE_MAXIMUM_PROCESSORS];
};

static struct rw_words words_of(struct _NDIS_RW_LOCK_EX *lock)
{
    return (struct rw_words){&lock->writer, &lock->word, &lock->readers[0].count, sizeof(lock->readers[0])};
}

static void enter_dispatch(LOCK_STATE_EX *state, UCHAR flags)
{
    state->OldIrql = (flags & NDIS_RWL_AT_DISPATCH_LEVEL) != 0 ? ke_irql() : rw_raise();
    state->Flags = flags;
}

static void leave_dispatch(const LOCK_STATE_EX *state)
{
    if ((state->Flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0) {
        rw_lower(state->OldIrql);
    }
}

/*
 * Makes a lock.  NULL when memory is short.  <= DISPATCH_LEVEL.  RW-1, nf-ndis-ndisallocaterwlock.
 */
PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
    ddi_enter(NdisAllocateRWLock);
    struct _NDIS_RW_LOCK_EX *lock = ke_allocate(sizeof *lock);
    if (lock != NULL) {
        event_send(EVENT_OBJECT_CREATE, lock, OBJECT_HANDLE, sizeof *lock, 0, (uintptr_t)NdisHandle);
    }
    return lock;
}

/* Frees a lock that nobody holds.  <= DISPATCH_LEVEL.  RW-2, nf-ndis-ndisfreerwlock. */
VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
    ddi_enter(NdisFreeRWLock);
    event_send(EVENT_OBJECT_DESTROY, Lock, OBJECT_HANDLE, 0, 0, 0);
    ke_free(Lock);
}

/*
 * Acquires for reading, as often as wanted on one processor.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL. RW-3
 * to RW-8, nf-ndis-ndisacquirerwlockread.
 */
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisAcquireRWLockRead);
    struct rw_words words = words_of(Lock);
    enter_dispatch(LockState, Flags);
    rw_read(&words);
    LockState->LockState = RW_HELD_READ;
}

/*
 * Acquires for writing, again on the processor that holds it too.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL.
 * RW-3, RW-9, nf-ndis-ndisacquirerwlockwrite.
 */
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisAcquireRWLockWrite);
    struct rw_words words = words_of(Lock);
    enter_dispatch(LockState, Flags);
    rw_write(&words);
    Lock->depth++;
    LockState->LockState = RW_HELD_WRITE;
}

/* As NdisAcquireRWLockRead, but FALSE, with IRQL as it was, when it would have to wait. */
BOOLEAN NdisTryAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisTryAcquireRWLockRead);
    struct rw_words words = words_of(Lock);
    enter_dispatch(LockState, Flags);
    if (!rw_try_read(&words)) {
        leave_dispatch(LockState);
        return FALSE;
    }
    LockState->LockState = RW_HELD_READ;
    return TRUE;
}

/* As NdisAcquireRWLockWrite, but FALSE, with IRQL as it was, when it would have to wait. */
BOOLEAN NdisTryAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisTryAcquireRWLockWrite);
    struct rw_words words = words_of(Lock);
    enter_dispatch(LockState, Flags);
    if (!rw_try_write(&words)) {
        leave_dispatch(LockState);
        return FALSE;
    }
    Lock->depth++;
    LockState->LockState = RW_HELD_WRITE;
    return TRUE;
}

/*
 * Releases one acquisition on the processor that made it and restores the IRQL saved then.  DISPATCH_LEVEL.
 * RW-11, RW-12, nf-ndis-ndisreleaserwlock.
 */
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    ddi_enter(NdisReleaseRWLock);
    struct rw_words words = words_of(Lock);
    if (LockState->LockState != RW_HELD_WRITE) {
        rw_end_read(&words);
    } else if (--Lock->depth == 0) {
        rw_end_write(&words);
    }
    LockState->LockState = 0;
    leave_dispatch(LockState);
}
