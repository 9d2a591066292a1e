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
#include "ke/processor.h"

enum { RW_HELD_READ = 1, RW_HELD_WRITE = 2 }; /* LockState of LOCK_STATE and LOCK_STATE_EX */

/* At DISPATCH_LEVEL.  A processor that reads or writes may read again, one that writes may write again; the
 * writer's depth is the caller's: rw_end_write is for the last of its releases. */
void rw_read(const struct rw_words *words);
bool rw_try_read(const struct rw_words *words);
void rw_end_read(const struct rw_words *words);
void rw_write(const struct rw_words *words);
bool rw_try_write(const struct rw_words *words);
void rw_end_write(const struct rw_words *words);

/* To DISPATCH_LEVEL from wherever the processor is below it; returns that.  And back. */
KIRQL rw_raise(void);
void rw_lower(KIRQL old);

#endif
