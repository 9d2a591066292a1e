/*
 * rwlock.c - NDIS_RW_LOCK_EX (spec section 4a), the lock that NDIS allocates (rwcore.h).
 *
 * Each processor's count of readers has a cache line of its own, as the page suggests: readers share nothing
 * that they write.  What is not guaranteed: a waiting writer keeps new readers out, which is one of the
 * orders that the lock allows (RW-7).
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"
#include "ndis/rwcore.h"

#define LINE 64 /* bytes that cores pass to each other */

struct own_line {
    struct rw_reader reader;
    char pad[LINE - sizeof(struct rw_reader)];
};

struct _NDIS_RW_LOCK_EX {
    volatile uint32_t writer; /* rwcore.h */
    uint32_t depth;           /* the writer's acquisitions */
    volatile uint32_t word;   /* of the explored engine */
    void *block;              /* that this lies in, aligned */
    char pad[LINE - 24];
    struct own_line readers[KE_MAXIMUM_PROCESSORS];
};
C_ASSERT(sizeof(struct own_line) == LINE && offsetof(struct _NDIS_RW_LOCK_EX, readers) == LINE);

struct rw_lock rw_lock_ex(void *object)
{
    struct _NDIS_RW_LOCK_EX *lock = object;
    return (struct rw_lock){
        .object = lock,
        .words = {&lock->writer, &lock->word, &lock->readers[0].reader.count, sizeof(lock->readers[0])},
        .depth = &lock->depth,
    };
}

/* At DISPATCH_LEVEL. */
static inline struct rw_reader *own_reader(PNDIS_RW_LOCK_EX lock)
{
    return &lock->readers[ke_processor_number()].reader;
}

static enum lock_flavor flavor_of(bool write, UCHAR flags)
{
    bool at_dispatch = (flags & NDIS_RWL_AT_DISPATCH_LEVEL) != 0;
    return write ? (at_dispatch ? LOCK_RW_WRITE_DPC : LOCK_RW_WRITE)
                 : (at_dispatch ? LOCK_RW_READ_DPC : LOCK_RW_READ);
}

/* Notes the acquisition in the caller's state and goes to DISPATCH_LEVEL; false: the verifier objects. */
static inline bool begin(PNDIS_RW_LOCK_EX lock, PLOCK_STATE_EX state, UCHAR flags, bool write, bool tries)
{
    if (!rw_may_acquire(lock, flavor_of(write, flags), state, tries)) {
        *state = (LOCK_STATE_EX){.OldIrql = ke_irql(), .Flags = flags};
        return false;
    }
    *state = (LOCK_STATE_EX){.LockState = write ? RW_HELD_WRITE : RW_HELD_READ, .Flags = flags};
    state->OldIrql = (flags & NDIS_RWL_AT_DISPATCH_LEVEL) != 0 ? DISPATCH_LEVEL : rw_raise();
    return true;
}

static void acquired(PNDIS_RW_LOCK_EX lock, PLOCK_STATE_EX state)
{
    event_send(EVENT_RW_ACQUIRED, lock, flavor_of(state->LockState == RW_HELD_WRITE, state->Flags),
               state->OldIrql, 0, (uintptr_t)state);
}

/*
 * Makes a lock.  NULL when memory is short.  <= DISPATCH_LEVEL.  RW-1, nf-ndis-ndisallocaterwlock.
 */
PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
    ddi_enter(NdisAllocateRWLock);
    if (ddi_fails(NdisAllocateRWLock)) {
        return NULL;
    }
    struct _NDIS_RW_LOCK_EX *lock = NULL;
    void *block = ke_allocate(sizeof *lock + LINE - 1);
    if (block != NULL) {
        lock = (struct _NDIS_RW_LOCK_EX *)(((uintptr_t)block + LINE - 1) & ~(uintptr_t)(LINE - 1));
        lock->block = block;
        event_send(EVENT_OBJECT_CREATE, lock, OBJECT_HANDLE, sizeof *lock, 0, (uintptr_t)NdisHandle);
        event_send(EVENT_RW_INIT, lock, LOCK_RW_READ, 0, 0, 0);
    }
    return lock;
}

/* Frees a lock that nobody holds.  <= DISPATCH_LEVEL.  RW-2, nf-ndis-ndisfreerwlock. */
VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
    ddi_enter(NdisFreeRWLock);
    bool refused = event_send(EVENT_RW_FREE, Lock, LOCK_RW_READ, 0, 0, 0);
    event_send(EVENT_OBJECT_DESTROY, Lock, OBJECT_HANDLE, 0, 0, 0);
    if (!refused) {
        ke_free(Lock->block);
    }
}

static __attribute__((noinline)) void read_slowly(PNDIS_RW_LOCK_EX lock)
{
    struct rw_lock own = rw_lock_ex(lock);
    rw_read_slowly(&own);
}

/*
 * Acquires for reading, as often as wanted on one processor.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL. RW-3
 * to RW-8, nf-ndis-ndisacquirerwlockread.
 */
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisAcquireRWLockRead);
    if (begin(Lock, LockState, Flags, false, false)) {
        if (!rw_read_quickly(&Lock->writer, own_reader(Lock))) {
            read_slowly(Lock);
        }
        acquired(Lock, LockState);
    }
}

/*
 * Acquires for writing, again on the processor that holds it too.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL.
 * RW-3, RW-9, nf-ndis-ndisacquirerwlockwrite.
 */
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisAcquireRWLockWrite);
    if (begin(Lock, LockState, Flags, true, false)) {
        struct rw_lock lock = rw_lock_ex(Lock);
        rw_write(&lock);
        acquired(Lock, LockState);
    }
}

static BOOLEAN try(PNDIS_RW_LOCK_EX lock, PLOCK_STATE_EX state, UCHAR flags, bool write)
{
    if (!begin(lock, state, flags, write, true)) {
        return FALSE;
    }
    struct rw_lock own = rw_lock_ex(lock);
    if (write ? rw_try_write(&own) : rw_try_read(&own)) {
        acquired(lock, state);
        return TRUE;
    }
    state->LockState = 0;
    rw_lower(state->OldIrql);
    return FALSE;
}

/* As NdisAcquireRWLockRead, but FALSE, with IRQL as it was, when it would have to wait. */
BOOLEAN NdisTryAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisTryAcquireRWLockRead);
    return try(Lock, LockState, Flags, false);
}

/* As NdisAcquireRWLockWrite, but FALSE, with IRQL as it was, when it would have to wait. */
BOOLEAN NdisTryAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisTryAcquireRWLockWrite);
    return try(Lock, LockState, Flags, true);
}

/*
 * Makes a writer of the only reader: TRUE, and LockState's release ends the writing.  FALSE, and it reads on,
 * when somebody else reads or writes or this processor reads more than once.  DISPATCH_LEVEL.
 */
BOOLEAN NdisTryPromoteRWLockFromReadToWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    ddi_enter(NdisTryPromoteRWLockFromReadToWrite);
    struct rw_lock lock = rw_lock_ex(Lock);
    if (LockState->LockState != RW_HELD_READ || !rw_try_promote(&lock)) {
        return FALSE;
    }
    LockState->LockState = RW_HELD_WRITE;
    event_send(EVENT_RW_CONVERTED, Lock, flavor_of(true, LockState->Flags), 0, 0, (uintptr_t)LockState);
    return TRUE;
}

static __attribute__((noinline)) void release(PNDIS_RW_LOCK_EX lock, PLOCK_STATE_EX state)
{
    enum lock_flavor flavor = flavor_of(state->LockState == RW_HELD_WRITE, state->Flags);
    KIRQL irql = state->OldIrql;
    if (rw_may_release(lock, &flavor, state, &irql)) {
        struct rw_lock own = rw_lock_ex(lock);
        rw_end(&own, rw_flavor_writes(flavor));
    }
    state->LockState = 0;
    rw_lower(irql);
}

/* What is left of a release when rw_end_read_quickly is not all. */
static __attribute__((noinline)) void end_read_slowly(PNDIS_RW_LOCK_EX lock, KIRQL irql)
{
    struct rw_lock own = rw_lock_ex(lock);
    rw_end_read_slowly(&own);
    rw_lower(irql);
}

/*
 * Releases one acquisition on the processor that made it and restores the IRQL saved then.  DISPATCH_LEVEL.
 * RW-11, RW-12, nf-ndis-ndisreleaserwlock.
 */
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    ddi_enter(NdisReleaseRWLock);
    if (UNDIS_CHECKED || LockState->LockState == RW_HELD_WRITE) {
        release(Lock, LockState);
        return;
    }
    KIRQL irql = LockState->OldIrql;
    LockState->LockState = 0;
    if (rw_end_read_quickly(&Lock->writer, own_reader(Lock))) {
        rw_lower(irql);
    } else {
        end_read_slowly(Lock, irql);
    }
}
