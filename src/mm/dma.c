/*
 * dma.c - physical addresses, shared memory and mapped buffers; the contract is in dma.h.
 *
 * Shared memory lies in one reserved range of addresses, so that both directions of its translation are a
 * subtraction.  All other memory has made-up page frames: bit 47 set, neighbouring pages swapped.
 */
#include "mm/dma.h"

#include "dev/device.h"
#include "host/memory.h"
#include "ke/step.h"

#include <string.h>

#define ARENA_PAGES 65536u /* 256 MiB, reserved but not committed */
#define ARENA_SIZE ((uint64_t)ARENA_PAGES * DMA_PAGE_SIZE)
#define ARENA_PA 0x100000000u /* above the 32-bit addresses that device windows use */

#define FRAME_BIT (UINT64_C(1) << 47) /* above every user-mode virtual address */
#define FRAME_SWAP 0x5000u            /* no virtual neighbours are physical neighbours */

#define MAP_NODES 65536u
#define MAP_BUCKETS 16384u

enum page_use { PAGE_FREE, PAGE_FIRST, PAGE_FURTHER, GUARD_PAGE };

static struct ke_guard dma_guard;
static uint8_t *arena;                /* NULL until the first allocation */
static uint8_t page_use[ARENA_PAGES]; /* enum page_use */
static uint16_t page_valid[ARENA_PAGES];
static uint32_t page_next; /* where the next search starts, so that freed pages rest for a while */

struct map_node {
    uintptr_t va; /* never crosses a page */
    uint32_t length;
    uint32_t count;
    uint32_t next; /* index + 1; 0: none */
};
static struct map_node map_nodes[MAP_NODES];
static uint32_t map_buckets[MAP_BUCKETS]; /* index + 1 */
static uint32_t map_free;                 /* index + 1 of a used and freed node */
static uint32_t map_fresh;                /* nodes from here on have never been used */
static size_t map_count;

/* ---- translation ------------------------------------------------------------------------------- */

uint64_t mm_physical_address(const void *virtual_address)
{
    uintptr_t va = (uintptr_t)virtual_address;
    uintptr_t base = (uintptr_t)__atomic_load_n(&arena, __ATOMIC_ACQUIRE);
    if (base != 0 && va - base < ARENA_SIZE) {
        return ARENA_PA + (va - base);
    }
    return (va ^ FRAME_SWAP) | FRAME_BIT;
}

static uintptr_t frame_va(uint64_t pa)
{
    return (uintptr_t)((pa & ~FRAME_BIT) ^ FRAME_SWAP);
}

/* ---- shared memory ----------------------------------------------------------------------------- */

static bool arena_reserve(void)
{
    if (arena == NULL) {
        void *base = host_reserve(ARENA_SIZE);
        if (base == NULL) {
            return false;
        }
        __atomic_store_n(&arena, (uint8_t *)base, __ATOMIC_RELEASE);
    }
    return true;
}

/* The first of `pages` free pages in a row in [from, to); `to` when there are none. */
static uint32_t find_pages(uint32_t from, uint32_t to, uint32_t pages)
{
    uint32_t run = 0;
    for (uint32_t page = from; page < to; page++) {
        run = page_use[page] == PAGE_FREE ? run + 1 : 0;
        if (run == pages) {
            return page + 1 - pages;
        }
    }
    return to;
}

static void *shared_allocate_guarded(size_t length, uint64_t *pa)
{
    uint32_t pages = (uint32_t)((length + DMA_PAGE_SIZE - 1) / DMA_PAGE_SIZE);
    if (!arena_reserve()) {
        return NULL;
    }
    uint32_t first = find_pages(page_next, ARENA_PAGES, pages + 1);
    if (first == ARENA_PAGES) {
        first = find_pages(0, ARENA_PAGES, pages + 1);
    }
    if (first == ARENA_PAGES) {
        return NULL;
    }
    uint8_t *va = arena + (size_t)first * DMA_PAGE_SIZE;
    if (!host_pages_open(va, (size_t)pages * DMA_PAGE_SIZE)) {
        return NULL;
    }
    for (uint32_t page = 0; page < pages; page++) {
        size_t left = length - (size_t)page * DMA_PAGE_SIZE;
        page_use[first + page] = page == 0 ? PAGE_FIRST : PAGE_FURTHER;
        page_valid[first + page] = (uint16_t)(left < DMA_PAGE_SIZE ? left : DMA_PAGE_SIZE);
    }
    page_use[first + pages] = GUARD_PAGE;
    page_next = first + pages + 1;
    *pa = ARENA_PA + (uint64_t)first * DMA_PAGE_SIZE;
    return va;
}

void *dma_shared_allocate(size_t length, uint64_t *pa)
{
    if (length == 0 || length >= ARENA_SIZE) {
        return NULL;
    }
    ke_about_to_change(&page_use);
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    void *va = shared_allocate_guarded(length, pa);
    ke_guard_leave(&dma_guard, old);
    return va;
}

static bool shared_free_guarded(void *va, size_t length, uint64_t pa)
{
    uint64_t offset = pa - ARENA_PA;
    if (arena == NULL || offset >= ARENA_SIZE || arena + offset != va || length == 0) {
        return false;
    }
    uint32_t first = (uint32_t)(offset / DMA_PAGE_SIZE);
    if (offset % DMA_PAGE_SIZE != 0 || page_use[first] != PAGE_FIRST) {
        return false;
    }
    uint32_t end = first + 1;
    while (page_use[end] == PAGE_FURTHER) {
        end++;
    }
    if ((size_t)(end - first - 1) * DMA_PAGE_SIZE + page_valid[end - 1] != length) {
        return false;
    }
    /* The contents go, and who still uses the pages faults. */
    host_pages_close(va, (size_t)(end - first) * DMA_PAGE_SIZE);
    for (uint32_t page = first; page <= end; page++) { /* the guard page too */
        page_use[page] = PAGE_FREE;
        page_valid[page] = 0;
    }
    return true;
}

bool dma_shared_free(void *va, size_t length, uint64_t pa)
{
    ke_about_to_change_both(&page_use, dma_mappings());
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    bool was_live = shared_free_guarded(va, length, pa);
    ke_guard_leave(&dma_guard, old);
    return was_live;
}

/* ---- mapped buffers ---------------------------------------------------------------------------- */

static uint32_t *map_bucket(uintptr_t va)
{
    uintptr_t page = va / DMA_PAGE_SIZE;
    return &map_buckets[(page ^ page >> 14) % MAP_BUCKETS];
}

static struct map_node *map_find_exact(uintptr_t va, uint32_t length)
{
    for (uint32_t index = *map_bucket(va); index != 0; index = map_nodes[index - 1].next) {
        struct map_node *node = &map_nodes[index - 1];
        if (node->va == va && node->length == length) {
            return node;
        }
    }
    return NULL;
}

static bool map_contains(uintptr_t va, size_t length)
{
    for (uint32_t index = *map_bucket(va); index != 0; index = map_nodes[index - 1].next) {
        const struct map_node *node = &map_nodes[index - 1];
        if (va >= node->va && va - node->va <= node->length && length <= node->length - (va - node->va)) {
            return true;
        }
    }
    return false;
}

static bool map_node_add(uintptr_t va, uint32_t length)
{
    struct map_node *node = map_find_exact(va, length);
    if (node != NULL) {
        node->count++;
        return true;
    }
    uint32_t index = map_free;
    if (index != 0) {
        map_free = map_nodes[index - 1].next;
    } else if (map_fresh < MAP_NODES) {
        index = ++map_fresh;
    } else {
        return false;
    }
    uint32_t *bucket = map_bucket(va);
    map_nodes[index - 1] = (struct map_node){.va = va, .length = length, .count = 1, .next = *bucket};
    *bucket = index;
    return true;
}

static bool map_node_drop(uintptr_t va, uint32_t length)
{
    for (uint32_t *link = map_bucket(va); *link != 0; link = &map_nodes[*link - 1].next) {
        uint32_t index = *link;
        struct map_node *node = &map_nodes[index - 1];
        if (node->va == va && node->length == length) {
            if (--node->count == 0) {
                *link = node->next;
                node->next = map_free;
                map_free = index;
            }
            return true;
        }
    }
    return false;
}

/* The piece of [va, va + length) that lies in va's page. */
static uint32_t first_piece(uintptr_t va, size_t length)
{
    size_t room = DMA_PAGE_SIZE - va % DMA_PAGE_SIZE;
    return (uint32_t)(length < room ? length : room);
}

static bool in_arena(uintptr_t va)
{
    return arena != NULL && va - (uintptr_t)arena < ARENA_SIZE;
}

unsigned dma_fragment_count(const void *va, size_t length)
{
    if (length == 0) {
        return 0;
    }
    uintptr_t first = (uintptr_t)va / DMA_PAGE_SIZE, last = ((uintptr_t)va + length - 1) / DMA_PAGE_SIZE;
    return (unsigned)(last - first + 1);
}

/* Unmaps the pieces of [va, va + length), stopping at the first that is not mapped. */
static bool unmap_guarded(uintptr_t va, size_t length)
{
    while (length != 0) {
        uint32_t piece = first_piece(va, length);
        if (!in_arena(va) && !map_node_drop(va, piece)) {
            return false;
        }
        va += piece;
        length -= piece;
    }
    return true;
}

static unsigned map_guarded(uintptr_t start, size_t length, struct dma_fragment *fragments)
{
    unsigned count = 0;
    for (uintptr_t va = start; length != 0; count++) {
        uint32_t piece = first_piece(va, length);
        if (!in_arena(va) && !map_node_add(va, piece)) {
            unmap_guarded(start, va - start);
            return 0;
        }
        fragments[count] = (struct dma_fragment){mm_physical_address((void *)va), piece};
        va += piece;
        length -= piece;
    }
    map_count++;
    return count;
}

unsigned dma_map(const void *va, size_t length, struct dma_fragment *fragments, unsigned room)
{
    unsigned needed = dma_fragment_count(va, length);
    if (needed == 0 || needed > room) {
        return 0;
    }
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    unsigned count = map_guarded((uintptr_t)va, length, fragments);
    ke_guard_leave(&dma_guard, old);
    return count;
}

bool dma_unmap(const void *va, size_t length)
{
    ke_about_to_look(dma_mappings());
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    bool mapped = length != 0 && map_count != 0 && unmap_guarded((uintptr_t)va, length);
    map_count -= mapped;
    ke_guard_leave(&dma_guard, old);
    return mapped;
}

/* Makers and enders of mappings do not disturb each other, only the devices: for those they are changes. */
const void *dma_mappings(void)
{
    return (const void *)&map_count;
}

size_t dma_mapped_count(void)
{
    return __atomic_load_n(&map_count, __ATOMIC_ACQUIRE);
}

/* ---- the device's side ------------------------------------------------------------------------- */

static void *shared_host_address(uint64_t offset, size_t length)
{
    if (length > ARENA_SIZE - offset) {
        return NULL;
    }
    uint8_t *start = arena + offset;
    while (length != 0) {
        uint32_t in_page = (uint32_t)(offset % DMA_PAGE_SIZE), piece = first_piece(offset, length);
        if (in_page + piece > page_valid[offset / DMA_PAGE_SIZE]) {
            return NULL;
        }
        offset += piece;
        length -= piece;
    }
    return start;
}

static void *host_address_guarded(uint64_t pa, size_t length)
{
    if (length == 0) {
        return NULL;
    }
    if (arena != NULL && pa - ARENA_PA < ARENA_SIZE) {
        return shared_host_address(pa - ARENA_PA, length);
    }
    if ((pa & FRAME_BIT) == 0 || pa >> 48 != 0 || first_piece(pa, length) != length) {
        return NULL; /* the next physical page belongs to somebody else */
    }
    uintptr_t va = frame_va(pa);
    return map_contains(va, length) ? (void *)va : NULL;
}

void *dma_host_address(uint64_t pa, size_t length)
{
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    void *address = host_address_guarded(pa, length);
    ke_guard_leave(&dma_guard, old);
    return address;
}

bool dma_read(uint64_t pa, void *to, size_t length)
{
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    const void *from = host_address_guarded(pa, length);
    if (from != NULL) {
        memcpy(to, from, length);
    }
    ke_guard_leave(&dma_guard, old);
    return from != NULL;
}

bool dma_write(uint64_t pa, const void *from, size_t length)
{
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    void *to = host_address_guarded(pa, length);
    if (to != NULL) {
        memcpy(to, from, length);
    }
    ke_guard_leave(&dma_guard, old);
    return to != NULL;
}

bool dma_publish(uint64_t pa, uint32_t value)
{
    KIRQL old = ke_guard_enter_quietly(&dma_guard);
    uint32_t *to = pa % sizeof(*to) == 0 ? host_address_guarded(pa, sizeof(*to)) : NULL;
    if (to != NULL) {
        __atomic_store_n(to, value, __ATOMIC_RELEASE);
    }
    ke_guard_leave(&dma_guard, old);
    return to != NULL;
}
