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
#include "ndis/rwexplored.h"

#include "ke/step.h"

#define WAIT_NS 50000u
#define SPIN_LIMIT 100

enum { HELD_READ = 1, HELD_WRITE = 2 }; /* LOCK_STATE_EX.LockState */

struct reader_count {
    volatile uint32_t count;
    volatile uint32_t word; /* of the explored engine (rwexplored.h) */
    char pad[56];
};

struct _NDIS_RW_LOCK_EX {
    volatile uint32_t writer; /* processor number plus one; 0: none */
    uint32_t depth;           /* the writer's acquisitions */
    volatile uint32_t word;   /* of the explored engine */
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

#if UNDIS_CHECKED
static struct rw_words words_of(struct _NDIS_RW_LOCK_EX *lock)
{
    return (struct rw_words){&lock->writer, &lock->word, &lock->readers[0].count, sizeof(lock->readers[0])};
}
#endif

static void enter_dispatch(LOCK_STATE_EX *state, UCHAR flags)
{
    KIRQL old = ke_irql();
    state->OldIrql = old;
    state->Flags = flags;
    if ((flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0 && old < DISPATCH_LEVEL) {
        ke_about_to_raise(DISPATCH_LEVEL);
        ke_irql_store(DISPATCH_LEVEL);
        event_send(EVENT_IRQL, NULL, old, DISPATCH_LEVEL, IRQL_CAUSE_LOCK, 0);
    }
}

static void leave_dispatch(const LOCK_STATE_EX *state)
{
    KIRQL present = ke_irql();
    if ((state->Flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0 && state->OldIrql < present) {
        ke_about_to_lower(state->OldIrql);
        event_send(EVENT_IRQL, NULL, present, state->OldIrql, IRQL_CAUSE_LOCK, 0);
        ke_unmask(state->OldIrql);
    }
}

/* Takes a share for this processor when nobody writes; recursion always succeeds (RW-8). */
static bool try_read(struct _NDIS_RW_LOCK_EX *lock, unsigned processor)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        return rw_explored_try_read(&words);
    }
#endif
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

static void read_lock(struct _NDIS_RW_LOCK_EX *lock)
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
        uint32_t writer = lock->writer;
        if (writer != 0) {
            wait_while(&lock->writer, writer);
        }
    }
}

static void write_lock(struct _NDIS_RW_LOCK_EX *lock)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        rw_explored_write(&words);
        return;
    }
#endif
    unsigned processor = ke_processor()->number, reader;
    if (lock->writer == processor + 1) {
        return;
    }
    while (!try_claim(lock, processor)) {
        uint32_t writer = lock->writer;
        if (writer != 0) {
            wait_while(&lock->writer, writer);
        }
    }
    while (others_read(lock, &reader)) {
        uint32_t count = lock->readers[reader].count;
        if (count != 0) {
            wait_while(&lock->readers[reader].count, count);
        }
    }
}

static bool try_write(struct _NDIS_RW_LOCK_EX *lock)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        return rw_explored_try_write(&words);
    }
#endif
    unsigned processor = ke_processor()->number, reader;
    if (lock->writer == processor + 1) {
        return true;
    }
    if (!try_claim(lock, processor)) {
        return false;
    }
    if (others_read(lock, &reader)) {
        __atomic_store_n(&lock->writer, 0, __ATOMIC_SEQ_CST);
        return false;
    }
    return true;
}

static void end_write(struct _NDIS_RW_LOCK_EX *lock)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        rw_explored_end_write(&words);
        return;
    }
#endif
    __atomic_store_n(&lock->writer, 0, __ATOMIC_SEQ_CST);
    ke_engine->lock_wake(&lock->writer);
}

static void end_read(struct _NDIS_RW_LOCK_EX *lock)
{
#if UNDIS_CHECKED
    if (ke_stepping) {
        struct rw_words words = words_of(lock);
        rw_explored_end_read(&words);
        return;
    }
#endif
    volatile uint32_t *count = &lock->readers[ke_processor()->number].count;
    if (__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST) == 0 && lock->writer != 0) {
        ke_engine->lock_wake(count);
    }
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
    read_lock(Lock);
    LockState->LockState = HELD_READ;
}

/*
 * Acquires for writing, again on the processor that holds it too.  <= DISPATCH_LEVEL, ends at DISPATCH_LEVEL.
 * RW-3, RW-9, nf-ndis-ndisacquirerwlockwrite.
 */
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    enter_dispatch(LockState, Flags);
    write_lock(Lock);
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
    if (!try_write(Lock)) {
        leave_dispatch(LockState);
        return FALSE;
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
            end_write(Lock);
        }
    } else {
        end_read(Lock);
    }
    LockState->LockState = 0;
    leave_dispatch(LockState);
}
