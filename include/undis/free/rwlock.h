/*
 * rwlock.h - NDIS_RW_LOCK_EX and the quick side of reading, in the free build.
 *
 * Why no reader is missed is told in src/ndis/rwcore.h.  Only a processor itself changes its count, at
 * DISPATCH_LEVEL: no atomic operation.  The branches store constants, so that the store need not wait for
 * the load before it, nor the next acquisition for this one's release.
 *
 * After <ndis.h>.
 */
#ifndef UNDIS_FREE_RWLOCK_H
#define UNDIS_FREE_RWLOCK_H

#include <undis/free/irql.h>

#include <stdbool.h>

#define UNDIS_RW_HELD_READ 1 /* LockState of LOCK_STATE and LOCK_STATE_EX */
#define UNDIS_RW_HELD_WRITE 2
#define UNDIS_RW_ASYMMETRIC 0x80000000u
#define UNDIS_RW_LINE 64 /* bytes that cores pass to each other */
#define UNDIS_RW_PROCESSORS 64

/* What a lock keeps for each processor. */
struct undis_rw_reader {
    volatile uint32_t count;  /* reads that this processor is in */
    volatile uint32_t word;   /* of the explored engine (src/ex/rwexplored.h) */
    volatile uint32_t streak; /* an epoch, and how many reads made a fence in it (src/ndis/rwcore.c) */
};

struct undis_rw_line {
    struct undis_rw_reader reader;
    char pad[UNDIS_RW_LINE - sizeof(struct undis_rw_reader)];
};

/* The lock that a PNDIS_RW_LOCK_EX points at. */
struct undis_rw_lock {
    volatile uint32_t writer; /* src/ndis/rwcore.h */
    uint32_t depth;           /* the writer's acquisitions */
    volatile uint32_t word;   /* of the explored engine */
    void *block;              /* that this lies in, aligned */
    char pad[UNDIS_RW_LINE - 24];
    struct undis_rw_line readers[UNDIS_RW_PROCESSORS];
};
UNDIS_FREE_ASSERT(sizeof(struct undis_rw_line) == UNDIS_RW_LINE, "a line for each processor");
UNDIS_FREE_ASSERT(__builtin_offsetof(struct undis_rw_lock, readers) == UNDIS_RW_LINE, "and one for the lock");

EXTERN_C_START

UNDIS_FREE_INLINE void undis_rw_count_store(volatile uint32_t *count, uint32_t value)
{
    __atomic_store_n(count, value, __ATOMIC_RELEASE);
    __asm__ volatile("" ::: "memory"); /* the half of the fence that is the compiler's */
}

/* Begins a read; false: a slow side finishes it. */
UNDIS_FREE_INLINE bool undis_rw_begin_read(volatile uint32_t *writer, volatile uint32_t *count)
{
    uint32_t before = *count;
    if (undis_likely(before == 0)) {
        undis_rw_count_store(count, 1);
    } else {
        undis_rw_count_store(count, before + 1);
    }
    return undis_likely(__atomic_load_n(writer, __ATOMIC_ACQUIRE) == UNDIS_RW_ASYMMETRIC);
}

/* Ends a read; false: a slow side finishes that. */
UNDIS_FREE_INLINE bool undis_rw_end_read(volatile uint32_t *writer, volatile uint32_t *count)
{
    uint32_t before = *count;
    if (undis_likely(before == 1)) {
        undis_rw_count_store(count, 0);
    } else {
        undis_rw_count_store(count, before - 1);
    }
    return undis_likely(__atomic_load_n(writer, __ATOMIC_ACQUIRE) == UNDIS_RW_ASYMMETRIC);
}

/* The slow sides.  rw_read: the count is raised; waits until this processor may read.  rw_read_ended: the
   count is lowered; wakes a writer.  rw_write_end: releases what is held for writing, and restores IRQL. */
void undis_free(rw_read)(PNDIS_RW_LOCK_EX Lock);
void undis_free(rw_read_ended)(PNDIS_RW_LOCK_EX Lock);
void undis_free(rw_write_end)(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);

/* At DISPATCH_LEVEL. */
UNDIS_FREE_INLINE volatile uint32_t *undis_rw_own_count(struct undis_rw_lock *lock)
{
    return &lock->readers[undis_region_number()].reader.count;
}

/*
 * NdisAcquireRWLockRead.  No address of *LockState is given away here, nor by the end of a read: the state of
 * a function that acquires and releases is in registers.
 */
UNDIS_FREE_INLINE void undis_rw_acquire_read(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    struct undis_rw_lock *lock = (struct undis_rw_lock *)(void *)Lock;
    uint8_t old = DISPATCH_LEVEL;
    if ((Flags & NDIS_RWL_AT_DISPATCH_LEVEL) == 0) {
        old = undis_region_irql();
    }
    if (undis_likely(old == PASSIVE_LEVEL)) {
        undis_region_irql_store(DISPATCH_LEVEL);
        LockState->OldIrql = PASSIVE_LEVEL;
    } else {
        if (old < DISPATCH_LEVEL) {
            undis_region_irql_store(DISPATCH_LEVEL);
        }
        LockState->OldIrql = old;
    }
    LockState->LockState = UNDIS_RW_HELD_READ;
    LockState->Flags = Flags;
    if (!undis_rw_begin_read(&lock->writer, undis_rw_own_count(lock))) {
        undis_free(rw_read)(Lock);
    }
}

/* NdisReleaseRWLock */
UNDIS_FREE_INLINE void undis_rw_release(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    struct undis_rw_lock *lock = (struct undis_rw_lock *)(void *)Lock;
    if (undis_unlikely(LockState->LockState == UNDIS_RW_HELD_WRITE)) {
        LOCK_STATE_EX written = *LockState;
        undis_free(rw_write_end)(Lock, &written);
        return;
    }
    uint8_t old = LockState->OldIrql;
    if (!undis_rw_end_read(&lock->writer, undis_rw_own_count(lock))) {
        undis_free(rw_read_ended)(Lock);
    }
    if (old < DISPATCH_LEVEL) {
        undis_irql_lower(old);
    }
}

EXTERN_C_END

#endif
