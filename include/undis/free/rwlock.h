/*
 * rwlock.h - NDIS_RW_LOCK_EX and the quick side of reading, in the free build.
 *
 * A processor that reads under one lock says which in its control region, beside IRQL: where that is raised,
 * both are one store, and so they are at the end.  Who reads under several, or where readers make fences, is
 * counted in the lock.  Why no reader is missed is told in src/ndis/rwcore.h.  Only a processor itself
 * changes its count and its region, at DISPATCH_LEVEL: no atomic operation.
 *
 * After <ndis.h>.
 */
#ifndef UNDIS_FREE_RWLOCK_H
#define UNDIS_FREE_RWLOCK_H

#include <undis/free/irql.h>

#include <stdbool.h>

#define UNDIS_RW_HELD_READ 1 /* LockState of LOCK_STATE and LOCK_STATE_EX */
#define UNDIS_RW_HELD_WRITE 2
#define UNDIS_RW_HELD_NAMED 3        /* read, by the name in the region */
#define UNDIS_RW_HELD_NAMED_RAISED 4 /* the same, and IRQL was raised from PASSIVE_LEVEL with it */
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
    uint64_t held;            /* the lock's name, and DISPATCH_LEVEL: undis_region_irql_reading_store */
    volatile uint32_t word;   /* of the explored engine */
    void *block;              /* that this lies in, aligned */
    char pad[UNDIS_RW_LINE - 32];
    struct undis_rw_line readers[UNDIS_RW_PROCESSORS];
};
UNDIS_FREE_ASSERT(sizeof(struct undis_rw_line) == UNDIS_RW_LINE, "a line for each processor");
UNDIS_FREE_ASSERT(__builtin_offsetof(struct undis_rw_lock, readers) == UNDIS_RW_LINE, "and one for the lock");

EXTERN_C_START

/*
 * The slow sides.  rw_read: by the count, until this processor may read.  rw_read_named: the same where the
 * name was stored and the lock's word was not that of a lock without fences.  rw_end_read: releases what is
 * counted, and restores IRQL.  rw_end: the same for what is held in whichever way.
 */
void undis_free(rw_read)(PNDIS_RW_LOCK_EX Lock);
void undis_free(rw_read_named)(PNDIS_RW_LOCK_EX Lock);
void undis_free(rw_end_read)(PNDIS_RW_LOCK_EX Lock, UCHAR OldIrql);
void undis_free(rw_end)(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);

/* No reader makes a fence, no writer is there. */
UNDIS_FREE_INLINE bool undis_rw_is_read_freely(const struct undis_rw_lock *lock)
{
    return undis_likely(__atomic_load_n(&lock->writer, __ATOMIC_ACQUIRE) == UNDIS_RW_ASYMMETRIC);
}

/* NdisAcquireRWLockRead where IRQL is not PASSIVE_LEVEL; returns the new LockState. */
UNDIS_FREE_INLINE uint8_t undis_rw_read_raised(PNDIS_RW_LOCK_EX Lock, uint8_t old)
{
    struct undis_rw_lock *lock = (struct undis_rw_lock *)(void *)Lock;
    if (undis_likely(old >= DISPATCH_LEVEL && undis_region_reading() == 0)) {
        undis_region_reading_store((uint32_t)(lock->held >> 32));
        if (undis_rw_is_read_freely(lock)) {
            return UNDIS_RW_HELD_NAMED;
        }
        undis_free(rw_read_named)(Lock);
        return UNDIS_RW_HELD_READ;
    }
    if (old < DISPATCH_LEVEL) {
        undis_region_irql_store(DISPATCH_LEVEL);
    }
    undis_free(rw_read)(Lock);
    return UNDIS_RW_HELD_READ;
}

/*
 * NdisAcquireRWLockRead.  No address of *LockState is given away here, nor by the end of a read: the state of
 * a function that acquires and releases is in registers.  Nothing is read under at PASSIVE_LEVEL, so there
 * the region need not be asked.
 */
UNDIS_FREE_INLINE void undis_rw_acquire_read(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    struct undis_rw_lock *lock = (struct undis_rw_lock *)(void *)Lock;
    uint8_t old = (Flags & NDIS_RWL_AT_DISPATCH_LEVEL) != 0 ? DISPATCH_LEVEL : undis_region_irql();
    LockState->Flags = Flags;
    if (undis_likely(old == PASSIVE_LEVEL)) {
        undis_region_irql_reading_store(lock->held);
        LockState->OldIrql = PASSIVE_LEVEL;
        if (undis_rw_is_read_freely(lock)) {
            LockState->LockState = UNDIS_RW_HELD_NAMED_RAISED;
        } else {
            undis_free(rw_read_named)(Lock);
            LockState->LockState = UNDIS_RW_HELD_READ;
        }
    } else {
        LockState->OldIrql = old;
        LockState->LockState = undis_rw_read_raised(Lock, old);
    }
}

/* NdisReleaseRWLock.  Looks for a writer first: the lock may be gone as soon as nobody reads under it. */
UNDIS_FREE_INLINE void undis_rw_release(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    const struct undis_rw_lock *lock = (const struct undis_rw_lock *)(const void *)Lock;
    if (undis_likely(LockState->LockState == UNDIS_RW_HELD_NAMED_RAISED) && undis_rw_is_read_freely(lock)) {
        undis_region_irql_reading_store(0);
        if (undis_unlikely((undis_region_pending() & ~1u) != 0)) {
            undis_free(deliver)();
        }
    } else if (undis_likely(LockState->LockState == UNDIS_RW_HELD_NAMED) && undis_rw_is_read_freely(lock)) {
        undis_region_reading_store(0);
    } else if (LockState->LockState == UNDIS_RW_HELD_READ) {
        undis_free(rw_end_read)(Lock, LockState->OldIrql);
    } else {
        LOCK_STATE_EX held = *LockState;
        undis_free(rw_end)(Lock, &held);
    }
}

EXTERN_C_END

#endif
