/*
 * map.h - a table from addresses to three words, for what the library knows of an object beside the
 * object itself (design contract 4: opaque stays opaque).
 *
 * Open addressing; a zeroed struct is an empty map.  It does not lock: the caller holds the guard that
 * the map belongs to, and thereby has interrupts masked, which the memory allocation inside needs.
 */
#ifndef UNDIS_EX_MAP_H
#define UNDIS_EX_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ex_map_entry {
    const void *key; /* NULL: the slot is free */
    uintptr_t value[3];
};

struct ex_map {
    struct ex_map_entry *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t used;
};

/* The entry of `key`, or NULL.  Valid until the next ex_map_put or ex_map_remove. */
struct ex_map_entry *ex_map_find(const struct ex_map *map, const void *key);

/* Adds an entry for a key that has none.  False when memory is short. */
bool ex_map_put(struct ex_map *map, struct ex_map_entry entry);

/* Removes the entry of `key`, if there is one. */
void ex_map_remove(struct ex_map *map, const void *key);

/* Spreads an address over all the bits of a word. */
static inline size_t ex_map_hash(const void *key)
{
    uint64_t bits = (uintptr_t)key >> 3;
    bits *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(bits ^ bits >> 32);
}

#endif
