/*
 * rwlock.c - NDIS_RW_LOCK_EX (spec section 4a), the lock that NDIS allocates (rwcore.h).
 *
 * Each processor's count of readers has a cache line of its own, as the page suggests, and its region more
 * so: readers share nothing that they write.  What is not guaranteed: a waiting writer keeps new readers out,
 * which is one of the orders that the lock allows (RW-7).
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"
#include "ndis/rwcore.h"

struct _NDIS_RW_LOCK_EX {
    struct undis_rw_lock words;
};
C_ASSERT(UNDIS_RW_PROCESSORS == KE_MAXIMUM_PROCESSORS);

struct rw_lock rw_lock_ex(void *object)
{
    struct undis_rw_lock *lock = &((struct _NDIS_RW_LOCK_EX *)object)->words;
    return (struct rw_lock){
        .object = object,
        .words = {&lock->writer, &lock->word, &lock->readers[0].reader.count, sizeof(lock->readers[0])},
        .depth = &lock->depth,
        .name = (uint32_t)(lock->held >> 32),
    };
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

/* Not 0, and another one each time: for as many locks as a run can make before it makes one anew. */
static uint32_t new_name(void)
{
    static uint32_t last;
    uint32_t name;
    do {
        name = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    } while (name == 0);
    return name;
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
    void *block = ke_allocate(sizeof *lock + UNDIS_RW_LINE - 1);
    if (block != NULL) {
        lock = (struct _NDIS_RW_LOCK_EX *)(((uintptr_t)block + UNDIS_RW_LINE - 1) &
                                           ~(uintptr_t)(UNDIS_RW_LINE - 1));
        lock->words.block = block;
        lock->words.held = (uint64_t)new_name() << 32 | DISPATCH_LEVEL;
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
        ke_free(Lock->words.block);
    }
}

/*
 * Acquires for reading, as often as wanted on one processor.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL. RW-3
 * to RW-8, nf-ndis-ndisacquirerwlockread.
 */
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    ddi_enter(NdisAcquireRWLockRead);
#if UNDIS_CHECKED
    if (begin(Lock, LockState, Flags, false, false)) {
        struct rw_lock lock = rw_lock_ex(Lock);
        rw_read_slowly(&lock);
        acquired(Lock, LockState);
    }
#else
    undis_rw_acquire_read(Lock, LockState, Flags);
#endif
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
    if (LockState->LockState == 0 || LockState->LockState == RW_HELD_WRITE || !rw_try_promote(&lock)) {
        return FALSE;
    }
    LockState->LockState = RW_HELD_WRITE;
    event_send(EVENT_RW_CONVERTED, Lock, flavor_of(true, LockState->Flags), 0, 0, (uintptr_t)LockState);
    return TRUE;
}

static void release(PNDIS_RW_LOCK_EX lock, PLOCK_STATE_EX state)
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

/*
 * Releases one acquisition on the processor that made it and restores the IRQL saved then.  DISPATCH_LEVEL.
 * RW-11, RW-12, nf-ndis-ndisreleaserwlock.
 */
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    ddi_enter(NdisReleaseRWLock);
#if UNDIS_CHECKED
    release(Lock, LockState);
#else
    undis_rw_release(Lock, LockState);
#endif
}

#if !UNDIS_CHECKED

static inline struct undis_rw_reader *own_reader(PNDIS_RW_LOCK_EX lock)
{
    return &lock->words.readers[ke_processor_number()].reader;
}

void undis_free(rw_read)(PNDIS_RW_LOCK_EX Lock)
{
    if (!rw_read_quickly(&Lock->words.writer, own_reader(Lock))) {
        struct rw_lock lock = rw_lock_ex(Lock);
        rw_read_slowly(&lock);
    }
}

/* Nobody sleeps for long because of a name that was there for a moment (rwcore.h). */
void undis_free(rw_read_named)(PNDIS_RW_LOCK_EX Lock)
{
    struct undis_rw_reader *own = own_reader(Lock);
    undis_region_reading_store(0);
    __atomic_exchange_n(&own->count, own->count + 1, __ATOMIC_SEQ_CST);
    if (undis_unlikely(!rw_may_read(&Lock->words.writer, own))) {
        struct rw_lock lock = rw_lock_ex(Lock);
        rw_read_slowly(&lock);
    }
}

void undis_free(rw_end_read)(PNDIS_RW_LOCK_EX Lock, UCHAR OldIrql)
{
    struct undis_rw_reader *own = own_reader(Lock);
    bool freely = Lock->words.writer == RW_ASYMMETRIC;
    if (freely) {
        rw_count_store(own, own->count - 1);
    } else {
        __atomic_exchange_n(&own->count, own->count - 1, __ATOMIC_SEQ_CST);
    }
    uint32_t seen = Lock->words.writer;
    if (undis_unlikely(freely ? seen != RW_ASYMMETRIC : (seen & RW_AWAITED) != 0)) {
        struct rw_lock lock = rw_lock_ex(Lock);
        rw_end_read_slowly(&lock);
    }
    rw_lower(OldIrql);
}

void undis_free(rw_end)(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    if (LockState->LockState < UNDIS_RW_HELD_NAMED) {
        release(Lock, LockState);
    } else {
        struct rw_lock lock = rw_lock_ex(Lock);
        rw_end_named(&lock);
        rw_lower(LockState->OldIrql);
    }
}

#endif
