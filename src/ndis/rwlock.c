/*
 * rwlock.c - NDIS_RW_LOCK_EX (spec section 4a): one writer or many readers, owned by processors.
 *
 * A reader only touches its own processor's count; a writer announces itself and waits until every other
 * processor's count is zero.  Not fair: readers that come and go may keep a writer waiting (RW-7).
 *
 * What is not guaranteed: nothing checks the promotion of a read lock to a write lock, which deadlocks
 * (RW-10).
 */
#include "ndis/adapter.h"

#define WAIT_NS 50000u
#define SPIN_LIMIT 100

enum { HELD_READ = 1, HELD_WRITE = 2 }; /* LOCK_STATE_EX.LockState */

struct reader_count {
    volatile uint32_t count;
    char pad[60];
};

struct _NDIS_RW_LOCK_EX {
    volatile uint32_t writer; /* processor number plus one; 0: none */
    uint32_t depth;           /* the writer's acquisitions */
    struct reader_count readers[KE_MAXIMUM_PROCESSORS];
};

/* Waits as long as *word may still have that value. */
static void wait_while(volatile uint32_t *word, uint32_t value)
{
    for (int i = 0; i < SPIN_LIMIT; i++) {
        if (*word != value) {
            return;
        }
        host_relax();
    }
    ke_engine->lock_wait(word, value, WAIT_NS);
}

static void enter_dispatch(LOCK_STATE_EX *state, UCHAR flags)
{
    KIRQL old = ke_irql();
    state->OldIrql = old;
    state->Flags = flags;
    if ((flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0 && old < DISPATCH_LEVEL) {
        ke_irql_store(DISPATCH_LEVEL);
        event_send(EVENT_IRQL, NULL, old, DISPATCH_LEVEL, IRQL_CAUSE_LOCK, 0);
    }
}

static void leave_dispatch(const LOCK_STATE_EX *state)
{
    KIRQL present = ke_irql();
    if ((state->Flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0 && state->OldIrql < present) {
        event_send(EVENT_IRQL, NULL, present, state->OldIrql, IRQL_CAUSE_LOCK, 0);
        ke_unmask(state->OldIrql);
    }
}

/* Takes a share for this processor when nobody writes; recursion always succeeds (RW-8). */
static bool try_read(struct _NDIS_RW_LOCK_EX *lock, unsigned processor)
{
    volatile uint32_t *count = &lock->readers[processor].count;
    __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    uint32_t writer = __atomic_load_n(&lock->writer, __ATOMIC_SEQ_CST);
    if (writer == 0 || *count > 1 || writer == processor + 1) {
        return true;
    }
    __atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST);
    return false;
}

static bool others_read(struct _NDIS_RW_LOCK_EX *lock, unsigned *who)
{
    for (unsigned n = 0; n < ke_processor_count; n++) {
        if (__atomic_load_n(&lock->readers[n].count, __ATOMIC_SEQ_CST) != 0) {
            *who = n;
            return true;
        }
    }
    return false;
}

/* Makes this processor the writer when there is none; readers may still be inside. */
static bool try_claim(struct _NDIS_RW_LOCK_EX *lock, unsigned processor)
{
    uint32_t none = 0;
    return __atomic_compare_exchange_n(&lock->writer, &none, processor + 1, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

/*
 * Makes a lock.  NULL when memory is short.  <= DISPATCH_LEVEL.  RW-1, nf-ndis-ndisallocaterwlock.
 */
PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
    struct _NDIS_RW_LOCK_EX *lock = ndis_allocate(sizeof *lock);
    if (lock != NULL) {
        event_send(EVENT_OBJECT_CREATE, lock, OBJECT_HANDLE, sizeof *lock, 0, (uintptr_t)NdisHandle);
    }
    return lock;
}

/* Frees a lock that nobody holds.  <= DISPATCH_LEVEL.  RW-2, nf-ndis-ndisfreerwlock. */
VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
    event_send(EVENT_OBJECT_DESTROY, Lock, OBJECT_HANDLE, 0, 0, 0);
    ndis_free(Lock);
}

/*
 * Acquires for reading, as often as wanted on one processor.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL. RW-3
 * to RW-8, nf-ndis-ndisacquirerwlockread.
 */
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter_dispatch(LockState, Flags);
    unsigned processor = ke_processor()->number;
    while (!try_read(Lock, processor)) {
        uint32_t writer = Lock->writer;
        if (writer != 0) {
            wait_while(&Lock->writer, writer);
        }
    }
    LockState->LockState = HELD_READ;
}

/*
 * Acquires for writing, again on the processor that holds it too.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL.
 * RW-3, RW-9, nf-ndis-ndisacquirerwlockwrite.
 */
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter_dispatch(LockState, Flags);
    unsigned processor = ke_processor()->number, reader;
    if (Lock->writer != processor + 1) {
        while (!try_claim(Lock, processor)) {
            uint32_t writer = Lock->writer;
            if (writer != 0) {
                wait_while(&Lock->writer, writer);
            }
        }
        while (others_read(Lock, &reader)) {
            uint32_t count = Lock->readers[reader].count;
            if (count != 0) {
                wait_while(&Lock->readers[reader].count, count);
            }
        }
    }
    Lock->depth++;
    LockState->LockState = HELD_WRITE;
}

/* As NdisAcquireRWLockRead, but FALSE, with IRQL as it was, when it would have to wait. */
BOOLEAN NdisTryAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter_dispatch(LockState, Flags);
    if (!try_read(Lock, ke_processor()->number)) {
        leave_dispatch(LockState);
        return FALSE;
    }
    LockState->LockState = HELD_READ;
    return TRUE;
}

/* As NdisAcquireRWLockWrite, but FALSE, with IRQL as it was, when it would have to wait. */
BOOLEAN NdisTryAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter_dispatch(LockState, Flags);
    unsigned processor = ke_processor()->number, reader;
    if (Lock->writer != processor + 1) {
        if (!try_claim(Lock, processor)) {
            leave_dispatch(LockState);
            return FALSE;
        }
        if (others_read(Lock, &reader)) {
            __atomic_store_n(&Lock->writer, 0, __ATOMIC_SEQ_CST);
            leave_dispatch(LockState);
            return FALSE;
        }
    }
    Lock->depth++;
    LockState->LockState = HELD_WRITE;
    return TRUE;
}

/*
 * Releases one acquisition on the processor that made it and restores the IRQL saved then.  DISPATCH_LEVEL.
 * RW-11, RW-12, nf-ndis-ndisreleaserwlock.
 */
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    if (LockState->LockState == HELD_WRITE) {
        if (--Lock->depth == 0) {
            __atomic_store_n(&Lock->writer, 0, __ATOMIC_SEQ_CST);
            ke_engine->lock_wake(&Lock->writer);
        }
    } else {
        volatile uint32_t *count = &Lock->readers[ke_processor()->number].count;
        if (__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST) == 0 && Lock->writer != 0) {
            ke_engine->lock_wake(count);
        }
    }
    LockState->LockState = 0;
    leave_dispatch(LockState);
}
