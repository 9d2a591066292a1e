/*
 * map.c - the address table of map.h: linear probing, removal by moving later entries back, so that no
 * tombstones collect in a pool that lives for millions of allocations.
 */
#include "ex/map.h"
#include "host/memory.h"

#define MAP_SMALLEST 64

static size_t home(const struct ex_map *map, const void *key)
{
    return ex_map_hash(key) & (map->capacity - 1);
}

static size_t next(const struct ex_map *map, size_t slot)
{
    return (slot + 1) & (map->capacity - 1);
}

struct ex_map_entry *ex_map_find(const struct ex_map *map, const void *key)
{
    if (map->capacity == 0 || key == NULL) {
        return NULL;
    }
    for (size_t slot = home(map, key); map->slots[slot].key != NULL; slot = next(map, slot)) {
        if (map->slots[slot].key == key) {
            return &map->slots[slot];
        }
    }
    return NULL;
}

static void place(struct ex_map *map, struct ex_map_entry entry)
{
    size_t slot = home(map, entry.key);
    while (map->slots[slot].key != NULL) {
        slot = next(map, slot);
    }
    map->slots[slot] = entry;
}

/* Doubles the table; at most three quarters of it are ever in use. */
static bool grow(struct ex_map *map)
{
    struct ex_map larger = {.capacity = map->capacity ? map->capacity * 2 : MAP_SMALLEST, .used = map->used};
    larger.slots = host_allocate(larger.capacity * sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t slot = 0; slot < map->capacity; slot++) {
        if (map->slots[slot].key != NULL) {
            place(&larger, map->slots[slot]);
        }
    }
    host_free(map->slots);
    *map = larger;
    return true;
}

bool ex_map_put(struct ex_map *map, struct ex_map_entry entry)
{
    if ((map->used + 1) * 4 > map->capacity * 3 && !grow(map)) {
        return false;
    }
    place(map, entry);
    map->used++;
    return true;
}

void ex_map_remove(struct ex_map *map, const void *key)
{
    struct ex_map_entry *entry = ex_map_find(map, key);
    if (entry == NULL) {
        return;
    }
    size_t hole = (size_t)(entry - map->slots);
    map->slots[hole].key = NULL;
    map->used--;
    for (size_t slot = next(map, hole); map->slots[slot].key != NULL; slot = next(map, slot)) {
        /* An entry may fill the hole unless its home lies cyclically in (hole, slot]. */
        size_t from_home = (slot - home(map, map->slots[slot].key)) & (map->capacity - 1);
        size_t from_hole = (slot - hole) & (map->capacity - 1);
        if (from_home >= from_hole) {
            map->slots[hole] = map->slots[slot];
            map->slots[slot].key = NULL;
            hole = slot;
        }
    }
}
