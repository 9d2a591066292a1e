/*
 * race_history.c - the accesses that a later one can race with, per 8 bytes of memory.
 *
 * An access is dropped when one that comes after it, of the same bytes, races with all that it would race
 * with; so at most one of each kind is kept per actor and byte.
 */
#include "verifier/race.h"

#include "report/finding.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_FIRST 4096
#define ACCESSES_FIRST 4096
#define ACCESSES_MANY 65536
#define GRANULE 8

struct cell {
    uintptr_t granule;
    uint32_t generation;
    uint32_t first; /* in accesses; 0: none */
};

static HOST_KEPT struct cell *cells = NULL;
static HOST_KEPT size_t cell_capacity = 0;            /* a power of two */
static HOST_KEPT struct race_access *accesses = NULL; /* [0] is not used */
static HOST_KEPT uint32_t access_capacity = 0;
static HOST_KEPT struct {
    uint32_t cells, accesses; /* used so far */
    uint32_t free;            /* of those, the first that is free again; 0: none */
} used = {0};
static HOST_KEPT struct race_stack *stacks = NULL;
static HOST_KEPT uint32_t stack_count = 0, stack_capacity = 0;

void race_history_begin(void)
{
    used.cells = 0;
    used.accesses = 1;
    used.free = 0;
    stack_count = 1;
}

/* ---- tables ------------------------------------------------------------------------------------ */

static struct cell *cell_slot(struct cell *in, size_t capacity, uintptr_t granule)
{
    size_t i = (granule * 0x9E3779B97F4A7C15u) >> 20;
    while (in[i &= capacity - 1].generation == race_generation && in[i].granule != granule) {
        i++;
    }
    return &in[i];
}

static __attribute__((noinline)) bool cells_grow(void)
{
    size_t capacity = cell_capacity == 0 ? CELLS_FIRST : 2 * cell_capacity;
    struct cell *grown = calloc(capacity, sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    for (size_t i = 0; i < cell_capacity; i++) {
        if (cells[i].generation == race_generation) {
            *cell_slot(grown, capacity, cells[i].granule) = cells[i];
        }
    }
    host_journal_void();
    free(cells);
    cells = grown;
    cell_capacity = capacity;
    return true;
}

static struct cell *cell_make(uintptr_t granule)
{
    if (2 * used.cells >= cell_capacity && !cells_grow()) {
        return NULL;
    }
    struct cell *cell = cell_slot(cells, cell_capacity, granule);
    if (cell->generation != race_generation) {
        host_journal(cell, sizeof(*cell));
        host_journal(&used, sizeof(used));
        *cell = (struct cell){.granule = granule, .generation = race_generation};
        used.cells++;
    }
    return cell;
}

/* NULL when nothing is known of it. */
static struct cell *cell_find(uintptr_t granule)
{
    if (used.cells == 0) {
        return NULL;
    }
    struct cell *cell = cell_slot(cells, cell_capacity, granule);
    return cell->generation == race_generation ? cell : NULL;
}

static __attribute__((noinline)) bool accesses_grow(void)
{
    uint32_t capacity = access_capacity == 0 ? ACCESSES_FIRST : 2 * access_capacity;
    struct race_access *grown = realloc(accesses, capacity * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    host_journal_void();
    accesses = grown;
    access_capacity = capacity;
    return true;
}

/* 0 when memory is short. */
static uint32_t access_make(void)
{
    uint32_t made = used.free;
    host_journal(&used, sizeof(used));
    if (made != 0) {
        host_journal(&accesses[made], sizeof(accesses[made]));
        used.free = accesses[made].next;
        return made;
    }
    if (used.accesses >= access_capacity && !accesses_grow()) {
        return 0;
    }
    used.accesses += used.accesses == 0;
    return used.accesses++;
}

/* Takes out the access that *link stands for.  A new one takes its place only where there are many: else
 * nothing that a journal has to keep is ever written over. */
static void access_drop(uint32_t *link)
{
    uint32_t dropped = *link;
    host_journal(link, sizeof(*link));
    *link = accesses[dropped].next;
    if (used.accesses >= ACCESSES_MANY) {
        host_journal(&used, sizeof(used));
        host_journal(&accesses[dropped].next, sizeof(accesses[dropped].next));
        accesses[dropped].next = used.free;
        used.free = dropped;
    }
}

/* 0 when memory is short. */
static uint32_t stack_make(void)
{
    if (stack_count >= stack_capacity) {
        uint32_t capacity = stack_capacity == 0 ? 256 : 2 * stack_capacity;
        struct race_stack *grown = realloc(stacks, capacity * sizeof(*grown));
        if (grown == NULL) {
            return 0;
        }
        stacks = grown;
        stack_capacity = capacity;
    }
    stack_count += stack_count == 0;
    return stack_count++;
}

uint32_t race_stack_take(void)
{
    uint32_t number = __builtin_expect(ke_observer_stacks, 0) ? stack_make() : 0;
    if (number != 0) {
        struct stack_trace trace;
        stack_trace_take(&trace, NULL);
        stacks[number].depth = trace.depth < RACE_FRAMES ? trace.depth : RACE_FRAMES;
        memcpy(stacks[number].pc, trace.pc, stacks[number].depth * sizeof(trace.pc[0]));
    }
    return number;
}

const struct race_stack *race_stack(uint32_t number)
{
    return number != 0 ? &stacks[number] : NULL;
}

/* ---- comparison -------------------------------------------------------------------------------- */

static bool conflict(unsigned a, unsigned b)
{
    return ((a | b) & RACE_WRITE) != 0 && (a & b & RACE_ATOMIC) == 0;
}

/* Does `a` race with everything that `b` races with? */
static bool subsumes(unsigned a, unsigned b)
{
    return (a & RACE_WRITE || (b & RACE_WRITE) == 0) && ((a & RACE_ATOMIC) == 0 || b & RACE_ATOMIC);
}

static __attribute__((noinline)) void found(uintptr_t granule, const struct race_access *older,
                                            const struct race_access *newer, unsigned mask)
{
    unsigned both = older->mask & mask, first = (unsigned)__builtin_ctz(both), size = 0;
    for (unsigned bits = both; bits != 0; bits &= bits - 1) {
        size++;
    }
    struct race race = {
        .address = granule * GRANULE + first,
        .size = size,
        .older = *older,
        .newer = *newer,
    };
    race.newer.mask = (uint8_t)mask;
    race_found(&race);
}

/* The same actor has made an access of these bytes since its last release that stands for this one. */
static bool stands_for(const struct race_access *older, const struct race_access *access, unsigned mask)
{
    return older->time == access->time && older->slot == access->slot && (mask & ~older->mask) == 0 &&
           subsumes(older->kind, access->kind);
}

/* Compares with what is known of the granule, and drops what the access stands for from now on. */
static void compare(struct cell *cell, const struct race_clock *clock, const struct race_access *access,
                    unsigned mask)
{
    uint32_t *link = &cell->first;
    while (*link != 0) {
        struct race_access *older = &accesses[*link];
        unsigned left = older->mask;
        if ((left & mask) != 0) {
            if (race_clock_covers(clock, older->slot, older->time)) {
                left = subsumes(access->kind, older->kind) ? left & ~mask : left;
            } else if (conflict(older->kind, access->kind)) {
                found(cell->granule, older, access, mask);
            }
        }
        if (left == 0) {
            access_drop(link);
            continue;
        }
        if (left != older->mask) {
            host_journal(&older->mask, sizeof(older->mask));
            older->mask = (uint8_t)left;
        }
        link = &older->next;
    }
}

static void access_granule(const struct race_clock *clock, uintptr_t granule, unsigned mask,
                           const struct race_access *access)
{
    struct cell *cell = cell_make(granule);
    if (cell == NULL || (cell->first != 0 && stands_for(&accesses[cell->first], access, mask))) {
        return;
    }
    compare(cell, clock, access, mask);
    uint32_t made = access_make();
    if (made != 0) {
        struct race_access *here = &accesses[made];
        host_journal(&cell->first, sizeof(cell->first));
        *here = *access;
        here->mask = (uint8_t)mask;
        here->next = cell->first;
        cell->first = made;
    }
}

/* The bytes of [address, end) in that granule. */
static unsigned mask_of(uintptr_t granule, uintptr_t address, uintptr_t end)
{
    uintptr_t low = granule * GRANULE, high = low + GRANULE;
    unsigned from = address > low ? (unsigned)(address - low) : 0;
    unsigned to = end < high ? (unsigned)(end - low) : GRANULE;
    return (0xFFu << from) & (0xFFu >> (GRANULE - to));
}

void race_history_access(const struct race_clock *clock, uintptr_t address, size_t size,
                         const struct race_access *access)
{
    uintptr_t end = address + size;
    for (uintptr_t granule = address / GRANULE; granule * GRANULE < end; granule++) {
        access_granule(clock, granule, mask_of(granule, address, end), access);
    }
}

static void forget_in(struct cell *cell, uintptr_t address, uintptr_t end)
{
    unsigned mask = mask_of(cell->granule, address, end);
    for (uint32_t i = cell->first; i != 0; i = accesses[i].next) {
        host_journal(&accesses[i].mask, sizeof(accesses[i].mask));
        accesses[i].mask &= (uint8_t)~mask; /* the next comparison drops what has no bytes left */
    }
}

void race_history_forget(uintptr_t address, size_t size)
{
    uintptr_t end = address + size;
    if (used.cells == 0 || size == 0) {
        return;
    }
    if (size / GRANULE > cell_capacity) {
        for (size_t i = 0; i < cell_capacity; i++) {
            uintptr_t low = cells[i].granule * GRANULE;
            if (cells[i].generation == race_generation && low < end && low + GRANULE > address) {
                forget_in(&cells[i], address, end);
            }
        }
        return;
    }
    for (uintptr_t granule = address / GRANULE; granule * GRANULE < end; granule++) {
        struct cell *cell = cell_find(granule);
        if (cell != NULL) {
            forget_in(cell, address, end);
        }
    }
}
