/*
 * rwcore.h - what NDIS's two reader-writer locks have in common (spec section 4): one writer or many readers,
 * owned by processors.
 *
 * A reader only touches its own processor's count; a writer announces itself and waits until every
 * processor's count is zero.  Not fair: readers that come and go may keep a writer waiting (RW-7).
 */
#ifndef UNDIS_NDIS_RWCORE_H
#define UNDIS_NDIS_RWCORE_H

#include "ex/rwexplored.h"
#include "ke/event.h"
#include "ke/processor.h"

enum { RW_HELD_READ = 1, RW_HELD_WRITE = 2 }; /* LockState of LOCK_STATE and LOCK_STATE_EX */

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
void rw_read(const struct rw_lock *lock);
bool rw_try_read(const struct rw_lock *lock);
void rw_write(const struct rw_lock *lock);
bool rw_try_write(const struct rw_lock *lock);
/* The only reader, once, becomes the writer. */
bool rw_try_promote(const struct rw_lock *lock);
void rw_end(const struct rw_lock *lock, bool write);

/* To DISPATCH_LEVEL from wherever the processor is below it; returns that.  And back. */
KIRQL rw_raise(void);
void rw_lower(KIRQL old);

/* rwlock.c, readwrite.c: the lock of that flavour. */
struct rw_lock rw_lock_ex(void *object);
struct rw_lock rw_lock_old(void *object);

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
