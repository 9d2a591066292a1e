/*
 * pool.h - pool memory, for the layers above.  Drivers come in through the ExAllocatePoolXxx functions.
 *
 * The blocks come from malloc, so that a sanitizer sees each of them.  What pool knows of a block
 * (size, tag) lies in a table beside it, so a driver that writes around a block cannot corrupt it, and
 * freeing something that is no live block is a bug check instead of a crash in malloc.
 */
#ifndef UNDIS_EX_POOL_H
#define UNDIS_EX_POOL_H

#include "ke/event.h"

#include <stdbool.h>
#include <stddef.h>

#define EX_POOL_ZERO 1u /* the block reads as zeroes; otherwise the checked build fills in a pattern */
#define EX_POOL_CACHE_ALIGNED 2u /* at the start of a cache line */
#define EX_POOL_PAGE_ALIGNED 4u  /* at the start of a page, whatever its size */
#define EX_POOL_PAGED 8u         /* might be paged out, on Windows; here it only knows of it */

/* What the checked build writes into new and into freed blocks. */
#define EX_POOL_NEW_BYTE 0xCD
#define EX_POOL_FREED_BYTE 0xDD

/* No single block is larger: a driver that asks for more has computed a negative size. */
#define EX_POOL_LARGEST ((size_t)1 << 31)

/*
 * Allocates `size` bytes: 16-byte aligned, page-aligned from PAGE_SIZE on, and not crossing a page
 * below.  `kind` and `owner` go into EVENT_OBJECT_CREATE (owner NULL: the calling driver).  Any IRQL,
 * any host thread.  NULL when memory is short.
 */
void *ex_pool_allocate(size_t size, ULONG tag, unsigned flags, enum object_kind kind, const void *owner);

/*
 * Frees a block of that kind.  tag 0: whatever the tag.  Any IRQL, any host thread.  Anything but a live
 * block, its tag or kind ends in bug check 0xC2 (BAD_POOL_CALLER).
 */
void ex_pool_free(void *block, ULONG tag, enum object_kind kind);

/* Finds size and tag of the live block that starts at `block`; false when there is none. */
bool ex_pool_query(const void *block, size_t *size, ULONG *tag);

/* Is it a live block, and of paged pool? */
bool ex_pool_is_paged(const void *block);

#endif
