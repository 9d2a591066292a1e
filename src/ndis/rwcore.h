/*
 * rwcore.h - what NDIS's two reader-writer locks have in common (spec section 4): one writer or many readers,
 * owned by processors.
 *
 * A reader only writes what is its own processor's; a writer announces himself in the lock's word and waits
 * until no processor reads.  Not fair: readers that come and go may keep a writer waiting (RW-7).
 *
 * Both store one word and then look at the other's, so each needs a full fence in between, or both may get
 * in. A lock that is mostly read is asymmetric: there the writer has the fence made for the readers, by
 * host_barrier, and a reader's part is a store and a load.  The word says which holds:
 *
 *   RW_ASYMMETRIC    free, readers go without fences
 *   0 in RW_WRITER   free, readers make fences; a new lock, a zeroed one, and one that was written lately
 *   else             processor RW_WRITER - 1 writes, or waits until it may; readers make fences
 *
 * What a reader stores is its processor's count in the lock.  Or, in the free build, where the lock is an
 * NDIS_RW_LOCK_EX and the processor reads under no other: the lock's name, a number that no other lock has,
 * in the processor's region (undis/free/rwlock.h).  That one is good only if the word is RW_ASYMMETRIC then.
 *
 * Why no reader is missed.  A reader stores its count or name, then loads the word.  If it finds
 * RW_ASYMMETRIC, that load came before the writer's exchange, which replaced just that, and the store before
 * the load: the writer's host_barrier, after his exchange, makes the store visible to his look at counts and
 * names. If the reader finds anything else, it takes a name back and stores its count instead, makes a fence
 * and loads the word again; the writer's exchange is a fence too, and of two who store, fence and load, one
 * sees the other.  Going back to RW_ASYMMETRIC takes an exchange by a reader on a word that is free, or by a
 * writer who gives up: every writer to come finds it and calls host_barrier, and readers that loaded the old
 * word have made their fence.
 *
 * A writer who finds anything but RW_ASYMMETRIC need not look for names, which saves him, and all the others,
 * a cache line for each processor: whoever replaced RW_ASYMMETRIC waited until there was none, or put it
 * back.
 *
 * The end of a count is the same two steps as its beginning, so that no writer sleeps for a count that is
 * zero. The end of a name looks at the word first and then takes the name back, since the lock may be freed
 * right after; a writer that comes in between and goes to sleep for it sleeps for WAIT_NS.  The release store
 * of a count or name and the acquire load of it order the read before the write; the word's release store and
 * acquire load, the write before the read.
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
    uint32_t name;   /* that a processor's `reading` says when it reads under the lock; 0: none does */
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
 * A read by the count, in two parts: the quick one for the two words of this processor and lock, and when it
 * is false, the other.  The free build's; the checked one always takes the other, which does it all.
 */
void rw_read_slowly(const struct rw_lock *lock);
void rw_end_read_slowly(const struct rw_lock *lock);
void rw_end_write(const struct rw_lock *lock);

/* After the processor's count was raised and a fence made: no writer is there.  False: there is one, who may
 * be this processor itself, or wait for it. */
bool rw_may_read(volatile uint32_t *word, struct undis_rw_reader *own);

/* The free build: takes this processor's name back. */
void rw_end_named(const struct rw_lock *lock);

static inline void rw_count_store(struct undis_rw_reader *reader, uint32_t value)
{
    __atomic_store_n(&reader->count, value, __ATOMIC_RELEASE);
    __asm__ volatile("" ::: "memory"); /* the half of the fence that is the compiler's */
}

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

/*
 * The branches store constants, so that the store need not wait for the load before it, nor the next
 * acquisition for this one's release.
 */
static inline bool rw_read_quickly(volatile uint32_t *word, struct undis_rw_reader *own)
{
    uint32_t before = own->count;
    if (undis_likely(before == 0)) {
        rw_count_store(own, 1);
    } else {
        rw_count_store(own, before + 1);
    }
    return undis_likely(__atomic_load_n(word, __ATOMIC_ACQUIRE) == RW_ASYMMETRIC);
}

static inline bool rw_end_read_quickly(volatile uint32_t *word, struct undis_rw_reader *own)
{
    uint32_t before = own->count;
    if (undis_likely(before == 1)) {
        rw_count_store(own, 0);
    } else {
        rw_count_store(own, before - 1);
    }
    return undis_likely(__atomic_load_n(word, __ATOMIC_ACQUIRE) == RW_ASYMMETRIC);
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
