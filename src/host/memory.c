/*
 * memory.c - the machine's heap: malloc's, or the arena's once that is open.
 */
#include "host/arena.h"
#include "host/memory.h"
#include "host/pages.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* malloc keeps freed blocks up to this size for the next malloc of the same host thread, that is, of the same
 * processor, without a lock; its calloc does not look there. */
#define KEPT_SIZE 1024u

static void *allocate_zeroed(size_t size)
{
    if (size > KEPT_SIZE) {
        return calloc(1, size);
    }
    void *block = malloc(size != 0 ? size : 1);
    return block != NULL ? memset(block, 0, size) : NULL;
}

void *host_allocate(size_t size)
{
    return host_arena_is_open() ? arena_allocate(ARENA_ALIGNMENT, size, false) : allocate_zeroed(size);
}

void *host_allocate_hot(size_t size)
{
    return host_arena_is_open() ? arena_allocate(ARENA_ALIGNMENT, size, true) : allocate_zeroed(size);
}

void *host_allocate_aligned(size_t alignment, size_t size)
{
    void *block = NULL;
    if (host_arena_is_open()) {
        return arena_allocate(alignment, size, false);
    }
    if (posix_memalign(&block, alignment, size != 0 ? size : 1) != 0) {
        return NULL;
    }
    return memset(block, 0, size);
}

void *host_reallocate(void *block, size_t size)
{
    if (!host_arena_is_open()) {
        return realloc(block, size);
    }
    void *larger = arena_allocate(ARENA_ALIGNMENT, size, false);
    if (larger != NULL && block != NULL) {
        /* It may be older than the arena. */
        size_t old = host_arena_holds(block) ? arena_size(block) : malloc_usable_size(block);
        memcpy(larger, block, old < size ? old : size);
        host_free(block);
    }
    return larger;
}

void host_free(void *block)
{
    if (!host_arena_holds(block)) {
        free(block);
    }
}

void *host_reserve(size_t size)
{
    if (host_arena_is_open()) {
        return arena_reserve(size);
    }
    void *start = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return start != MAP_FAILED ? start : NULL;
}

bool host_pages_open(void *start, size_t size)
{
    if (host_arena_holds(start)) {
        return snapshot_pages_open((uintptr_t)start, size);
    }
    return mprotect(start, size, PROT_READ | PROT_WRITE) == 0;
}

void host_pages_close(void *start, size_t size)
{
    if (host_arena_holds(start)) {
        snapshot_pages_close((uintptr_t)start, size);
    } else {
        mmap(start, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    }
}
