/*
 * memory.h - memory that can be put back to what it was (explore.md C, "undo log").
 *
 * The explored engine runs a machine again and again from one moment.  All that the machine can write is in
 * known ranges: the writable segments of libundis and of the drivers, and the arena, which holds everything
 * that the machine allocates, stacks included.  host_snapshot_take remembers their contents,
 * host_snapshot_restore puts back every page that was written since.  Pages are found by write protection at
 * their first write after the snapshot and are from then on copied back each time, without a fault.
 *
 * What must survive (the search, findings, totals) lies in plain malloc memory or in HOST_KEPT variables.
 * One machine a process, one host thread.
 */
#ifndef UNDIS_HOST_MEMORY_H
#define UNDIS_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A variable of libundis that a restore leaves alone. */
#define HOST_KEPT __attribute__((section("undis_kept")))

/* A small one that nearly every execution changes: these share a few pages, and a restore copies pages. */
#define HOST_HOT __attribute__((section("undis_hot")))

/* ---- the machine's heap -------------------------------------------------------------------------- */

/*
 * malloc, calloc and free for everything that belongs to the simulated machine.  In a free-running process
 * they are malloc's.  After host_arena_open they come from the arena: each stream (an actor, see
 * host_arena_stream) bumps through its own chunks, so that what one actor allocates never depends on what
 * another one did, addresses are the same in every process, and freed memory is not used again.
 * The caller masks interrupts.
 */
void *host_allocate(size_t size); /* zeroed; 16-byte aligned; NULL when memory is short */
/* The same for a small block that nearly every execution changes (as HOST_HOT). */
void *host_allocate_hot(size_t size);
void *host_allocate_aligned(size_t alignment, size_t size);
void *host_reallocate(void *block, size_t size); /* of host_allocate */
void host_free(void *block);

/* Page-aligned addresses where nothing can be read or written.  NULL: none left. */
void *host_reserve(size_t size);
/* Makes whole pages of them usable, all zero; and again not, what they held is gone. */
bool host_pages_open(void *start, size_t size);
void host_pages_close(void *start, size_t size);

/* Reserves the arena at its fixed address and makes host_allocate use it.  False: the address is taken or
 * memory is short. */
bool host_arena_open(void);
bool host_arena_is_open(void);
void host_arena_stream(unsigned stream); /* whose allocations come next; 0 to 63 */
bool host_arena_holds(const void *address);

/* ---- snapshots ----------------------------------------------------------------------------------- */

/* Adds the writable segments of the shared object that `address` lies in (without HOST_KEPT variables and
 * RELRO).  Before the first snapshot.  False: there is none. */
bool host_snapshot_add(const void *address);

/* Only the first `size` bytes from `start`, a page's, are ever written in the pages that they lie in; a
 * restore copies no more.  May be said again of a larger size, before more is written. */
void host_snapshot_extent(const void *start, size_t size);

/* Remembers all contents, at most once a process.  The fault handler is host_traps_install's: it calls
 * host_snapshot_fault first. */
bool host_snapshot_take(void);
void host_snapshot_restore(void);
/* A write to `address` faulted: true when that was the protection of a snapshot, now lifted. Signal-safe. */
bool host_snapshot_fault(uintptr_t address);

/* How many pages a restore copies at present. */
size_t host_snapshot_pages(void);

/* ---- checkpoints --------------------------------------------------------------------------------- */

/*
 * Later moments of the same execution, the newest last.  A checkpoint is a copy of the hot pages; going back
 * to it costs what going back to the snapshot does, and saves the way from there.  host_snapshot_restore
 * forgets them all.
 */
#define HOST_CHECKPOINTS 64u

struct host_context;
/*
 * `suspended`: contexts that run later, if at all; what lies below their stack pointers is nobody's, and is
 * not put back.  False: there are enough, or memory is short.
 */
bool host_checkpoint_take(const struct host_context *const *suspended, unsigned count);
unsigned host_checkpoint_count(void);
void host_checkpoint_drop(void); /* the newest */
/* Back to the newest, which stays.  False, and nothing has changed: it cannot be done any more. */
bool host_checkpoint_restore(void);

/*
 * HOST_KEPT variables and malloc memory that belong to the execution nevertheless: `size` bytes at `at` are
 * about to be changed, and going back to an earlier checkpoint undoes it.  What a restore of the snapshot
 * must do to them is their owner's business.
 */
extern bool host_journal_open;
void host_journal_write(void *at, size_t size);
/* What was noted has moved: the checkpoints that there are cannot be gone back to. */
void host_journal_void(void);
static inline void host_journal(void *at, size_t size)
{
    if (host_journal_open) {
        host_journal_write(at, size);
    }
}

#endif
