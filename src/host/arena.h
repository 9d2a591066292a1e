/*
 * arena.h - between memory.c and arena.c.
 */
#ifndef UNDIS_HOST_ARENA_H
#define UNDIS_HOST_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define ARENA_ALIGNMENT 16u

/* A zeroed block of the present stream; NULL when the stream's part of the arena is full.  `hot`: beside
 * others that every execution writes. */
void *arena_allocate(size_t alignment, size_t size, bool hot);
/* The size that a block of the arena was asked for with. */
size_t arena_size(const void *block);
/* Page-aligned addresses that are closed; NULL when there are no more. */
void *arena_reserve(size_t size);

#endif
