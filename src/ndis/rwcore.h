/*
 * rwcore.h - what NDIS's two reader-writer locks have in common (spec section 4): one writer or many readers,
 * owned by processors.
 *
 * A reader only writes its own processor's count; a writer announces himself in the lock's word and waits
 * until every processor's count is zero.  Not fair: readers that come and go may keep a writer waiting
 * (RW-7).
 *
 * Both store one word and then look at the other's, so each needs a full fence in between, or both may get
 * in. A lock that is mostly read is asymmetric: there the writer has the fence made for the readers, by
 * host_barrier, and a reader's part is a store and a load.  The word says which holds:
 *
 *   RW_ASYMMETRIC    free, readers go without fences
 *   0 in RW_WRITER   free, readers make fences; a new lock, a zeroed one, and one that was written lately
 *   else             processor RW_WRITER - 1 writes, or waits until it may; readers make fences
 *
 * Why no reader is missed.  A reader stores its count, then loads the word.  If it finds RW_ASYMMETRIC, that
 * load came before the writer's exchange, which replaced just that, and the store before the load: the
 * writer's host_barrier, after his exchange, makes the store visible to his look at the counts.  If the
 * reader finds anything else, it makes a fence and loads the word again; the writer's exchange is a fence
 * too, and of two who store, fence and load, one sees the other.  Going back to RW_ASYMMETRIC takes an
 * exchange by a reader on a word that is free: every writer to come finds it and calls host_barrier, and
 * readers that loaded the old word have made their fence.  The ends of reads are the same two steps, so that
 * no writer sleeps for a count that is zero. The release store of a count and the acquire load of it order
 * the read before the write; the word's release store and acquire load, the write before the read.
 */
#ifndef UNDIS_NDIS_RWCORE_H
#define UNDIS_NDIS_RWCORE_H

#include "ex/rwexplored.h"
#include "ke/event.h"
#include "ke/processor.h"

#include <ndis.h>
#include <undis/free/rwlock.h>

enum { RW_HELD_READ = UNDIS_RW_HELD_READ, RW_HELD_WRITE = UNDIS_RW_HELD_WRITE };

#define RW_ASYMMETRIC UNDIS_RW_ASYMMETRIC
#define RW_AWAITED                                                                                           \
    0x40000000u              /* somebody sleeps until the writer, or a reader that he waits for, has gone    \
                              */
#define RW_EPOCH 0x3FFFFF00u /* counts writes while readers make fences */
#define RW_EPOCH_ONE 0x00000100u
#define RW_WRITER 0x000000FFu /* processor number plus one; 0: none */

/* A lock as it is called here: whose words they are. */
struct rw_lock {
    const void *object; /* what events name: the NDIS_RW_LOCK_EX or NDIS_RW_LOCK */
    struct rw_words words;
    uint32_t *depth; /* the writer's acquisitions */
};

/*
 * At DISPATCH_LEVEL.  A processor that reads or writes may read again, one that writes may write again; each
 * acquisition is ended by one rw_end of its own kind.
 */
bool rw_try_read(const struct rw_lock *lock);
void rw_write(const struct rw_lock *lock);
bool rw_try_write(const struct rw_lock *lock);
/* The only reader, once, becomes the writer. */
bool rw_try_promote(const struct rw_lock *lock);
void rw_end(const struct rw_lock *lock, bool write);

/*
 * A read, in two parts: the quick one for the two words of this processor and lock, and when it is false, the
 * other.  The free build's; the checked one always takes the other, which does it all.
 */
void rw_read_slowly(const struct rw_lock *lock);
void rw_end_read_slowly(const struct rw_lock *lock);
void rw_end_write(const struct rw_lock *lock);

#if UNDIS_CHECKED

static inline bool rw_read_quickly(volatile uint32_t *word, struct undis_rw_reader *own)
{
    (void)word, (void)own;
    return false;
}

static inline bool rw_end_read_quickly(volatile uint32_t *word, struct undis_rw_reader *own)
{
    (void)word, (void)own;
    return false;
}

#else

static inline bool rw_read_quickly(volatile uint32_t *word, struct undis_rw_reader *own)
{
    return undis_rw_begin_read(word, &own->count);
}

static inline bool rw_end_read_quickly(volatile uint32_t *word, struct undis_rw_reader *own)
{
    return undis_rw_end_read(word, &own->count);
}

#endif

/* rwlock.c, readwrite.c: the lock of that flavour. */
struct rw_lock rw_lock_ex(void *object);
struct rw_lock rw_lock_old(void *object);

#if UNDIS_CHECKED

/* To DISPATCH_LEVEL from wherever the processor is below it; returns that.  And back. */
KIRQL rw_raise(void);
void rw_lower(KIRQL old);

#else

static inline KIRQL rw_raise(void)
{
    KIRQL old = ke_irql();
    if (old < DISPATCH_LEVEL) {
        ke_irql_store(DISPATCH_LEVEL);
    }
    return old;
}

static inline void rw_lower(KIRQL old)
{
    if (old < DISPATCH_LEVEL) {
        undis_irql_lower(old);
    }
}

#endif

#if UNDIS_CHECKED

/* Before an acquisition; false: leave the lock alone. */
bool rw_may_acquire(const void *object, enum lock_flavor flavor, const void *state, bool tries);
/* Before a release; false: leave the lock alone.  *irql: the level to restore, *flavor: how it was acquired.
 */
bool rw_may_release(const void *object, enum lock_flavor *flavor, const void *state, KIRQL *irql);

/* For the verifier: ends a hold of that processor, without a word to anybody. */
void rw_abandon(const void *object, enum lock_flavor flavor, unsigned processor);
/* And makes a free lock of garbage in the driver's memory. */
void rw_clear(const void *object);

#else

static inline bool rw_may_acquire(const void *object, enum lock_flavor flavor, const void *state, bool tries)
{
    (void)object, (void)flavor, (void)state, (void)tries;
    return true;
}

static inline bool rw_may_release(const void *object, enum lock_flavor *flavor, const void *state,
                                  KIRQL *irql)
{
    (void)object, (void)flavor, (void)state, (void)irql;
    return true;
}

#endif

static inline bool rw_flavor_writes(enum lock_flavor flavor)
{
    return flavor == LOCK_RW_WRITE || flavor == LOCK_RW_WRITE_DPC || flavor == LOCK_OLD_RW_WRITE ||
           flavor == LOCK_OLD_RW_WRITE_DPC;
}

#endif
