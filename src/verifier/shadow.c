/*
 * shadow.c - the table from pages to their shadows.
 *
 * Pages are never taken out: a look needs no guard.  Not guaranteed: anything beyond as many pages as the
 * table holds.
 */
#include "verifier/shadow.h"

#include "host/memory.h"
#include "ke/observer.h"

#include <string.h>

#define PAGES (1u << 15)
#define PROBES 64u

/* No actor allocates from it, so that what the verifier notes moves no driver's block. */
#define OWN_STREAM 63u

static struct {
    volatile uintptr_t page; /* number + 1; 0: free */
    struct shadow_page *volatile shadow;
} table[PAGES];
static struct ke_guard guard;
/* No page below the first, or above the last, has one: most of what drivers touch is no pool. */
static volatile uintptr_t first_page = UINTPTR_MAX, last_page;

void *shadow_allocate(size_t size)
{
    if (!host_arena_is_open()) {
        return host_allocate(size);
    }
    host_arena_stream(OWN_STREAM);
    void *block = host_allocate(size);
    host_arena_stream(ke_actor);
    return block;
}

static size_t slot_of(uintptr_t page)
{
    return (page * 0x9E3779B97F4A7C15u) >> 40 & (PAGES - 1);
}

struct shadow_page *shadow_find(uintptr_t address)
{
    uintptr_t page = address / SHADOW_PAGE + 1;
    if (page < first_page || page > last_page) {
        return NULL;
    }
    size_t slot = slot_of(page);
    for (unsigned i = 0; i < PROBES; i++, slot = (slot + 1) & (PAGES - 1)) {
        uintptr_t there = table[slot].page;
        if (there == page) {
            return __atomic_load_n(&table[slot].shadow, __ATOMIC_ACQUIRE);
        }
        if (there == 0) {
            return NULL;
        }
    }
    return NULL;
}

static struct shadow_page *make(uintptr_t address)
{
    struct shadow_page *shadow = shadow_find(address);
    if (shadow != NULL) {
        return shadow;
    }
    uintptr_t page = address / SHADOW_PAGE + 1;
    KIRQL old = ke_guard_enter_quietly(&guard);
    size_t slot = slot_of(page);
    for (unsigned i = 0; i < PROBES && table[slot].page != 0 && table[slot].page != page; i++) {
        slot = (slot + 1) & (PAGES - 1);
    }
    if (table[slot].page == page) {
        shadow = table[slot].shadow;
    } else if (table[slot].page == 0) {
        shadow = shadow_allocate(sizeof(*shadow));
        if (shadow != NULL) {
            __atomic_store_n(&table[slot].shadow, shadow, __ATOMIC_RELEASE);
            first_page = page < first_page ? page : first_page;
            last_page = page > last_page ? page : last_page;
            __atomic_store_n(&table[slot].page, page, __ATOMIC_RELEASE);
        }
    }
    ke_guard_leave(&guard, old);
    return shadow;
}

void shadow_mark(uintptr_t start, uintptr_t end, uint8_t state)
{
    while (start < end) {
        uintptr_t stop = (start | (SHADOW_PAGE - 1)) + 1;
        stop = stop < end ? stop : end;
        /* Where nothing was marked everything is open. */
        struct shadow_page *shadow = state != SHADOW_OPEN ? make(start) : shadow_find(start);
        if (shadow != NULL) {
            size_t from = start % SHADOW_PAGE / SHADOW_GRANULE;
            size_t count = (stop - start + SHADOW_GRANULE - 1) / SHADOW_GRANULE;
            memset(&shadow->state[from], state, count);
            memset(&shadow->unwritten[from], 0, count);
        }
        start = stop;
    }
}

void shadow_mark_unwritten(uintptr_t start, size_t size)
{
    uintptr_t end = start + size;
    while (start < end) {
        uintptr_t stop = (start | (SHADOW_PAGE - 1)) + 1;
        stop = stop < end ? stop : end;
        struct shadow_page *shadow = make(start);
        if (shadow != NULL) {
            size_t from = start % SHADOW_PAGE / SHADOW_GRANULE, whole = (stop - start) / SHADOW_GRANULE;
            memset(&shadow->unwritten[from], 0xFF, whole);
            if ((stop - start) % SHADOW_GRANULE != 0) {
                shadow->unwritten[from + whole] = (uint8_t)((1u << (stop - start) % SHADOW_GRANULE) - 1);
            }
        }
        start = stop;
    }
}

struct event shadow_event(void)
{
    struct ke_processor *processor = ke_processor();
    KIRQL irql = ke_irql();
    if (irql == KE_MASKED) { /* in the library: what the driver came in with */
        irql = processor->callback != NULL ? processor->callback->irql : PASSIVE_LEVEL;
    }
    return (struct event){.processor = processor, .irql = irql};
}
