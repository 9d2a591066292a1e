/*
 * arena.c - the machine's heap and stacks at fixed addresses.
 *
 * The arena is divided into lanes: for each stream one for its blocks, one for its stacks, and one for the
 * blocks that every execution writes, of whose last page a restore copies what is in use.  A lane is a bump
 * pointer that only a restore moves back; what lies above it is zero.  The lanes themselves survive a
 * restore, which puts back `used`.
 */
#include "host/arena.h"
#include "host/memory.h"
#include "host/pages.h"

#include <string.h>
#include <sys/mman.h>

#ifdef HOST_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* Clear of where Linux puts programs, libraries and stacks, and AddressSanitizer its own heap. */
#define ARENA_BASE UINT64_C(0x500000000000)
#define STREAMS ARENA_STREAMS
#define HOT (2 * STREAMS)
#define RESERVED (3 * STREAMS) /* the lane of host_reserve: closed where nobody opens it */
#define LANES ARENA_LANES      /* blocks, then stacks, then hot blocks, then that */
#define LANE_SIZE (UINT64_C(1) << 30)
#define LANE_STEP (UINT64_C(1) << 16) /* opened at a time */

struct block_header {
    size_t size;
    size_t reserved;
};

static struct {
    bool open;
    unsigned stream;
    struct page_range lane[LANES];
    size_t used[LANES];
    unsigned known_count; /* lanes that have been used, in any execution, in that order */
    uint8_t known[LANES];
} arena HOST_KEPT;
_Static_assert(LANES <= UINT8_MAX, "known[]");

bool host_arena_open(void)
{
    void *base = mmap((void *)ARENA_BASE, LANES * LANE_SIZE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (base == MAP_FAILED) {
        return false;
    }
    if (base != (void *)ARENA_BASE) { /* a kernel that does not know MAP_FIXED_NOREPLACE */
        munmap(base, LANES * LANE_SIZE);
        return false;
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        arena.lane[lane].start = arena.lane[lane].end = ARENA_BASE + lane * LANE_SIZE;
    }
    arena.open = true;
    return true;
}

bool host_arena_is_open(void)
{
    return arena.open;
}

void host_arena_stream(unsigned stream)
{
    arena.stream = stream % STREAMS;
}

bool host_arena_holds(const void *address)
{
    return arena.open && (uintptr_t)address - ARENA_BASE < LANES * LANE_SIZE;
}

/* Before the lane is used for the first time. */
static bool lane_describe(struct page_range *lane)
{
    if (lane->word == NULL) {
        lane->word = pages_reserve(LANE_SIZE / PAGE_BYTES * sizeof(*lane->word));
        if (lane->word != NULL) {
            arena.known[arena.known_count++] = (uint8_t)(lane - arena.lane);
        }
    }
    return lane->word != NULL;
}

/* Makes the lane's first `size` bytes usable. */
static bool lane_open(struct page_range *lane, size_t size)
{
    if (size <= lane->end - lane->start) {
        return true;
    }
    if (size > LANE_SIZE) {
        return false;
    }
    size_t more = lane->start + ((size + LANE_STEP - 1) & ~(LANE_STEP - 1)) - lane->end;
    if (!lane_describe(lane) || !snapshot_open(lane->end, more)) {
        return false;
    }
    lane->end += more;
    return true;
}

/* That much of a lane of hot blocks is in use, in this execution or in another one. */
static void lane_use(struct page_range *lane, size_t size)
{
    uintptr_t before = lane->used != 0 ? lane->used : lane->start, used = lane->start + size;
    if (used > before) {
        lane->used = used;
        snapshot_use_more(lane, before);
    }
}

void *arena_allocate(size_t alignment, size_t size, bool hot)
{
    unsigned number = arena.stream + (hot ? HOT : 0);
    struct page_range *lane = &arena.lane[number];
    if (size > LANE_SIZE || alignment > LANE_SIZE) {
        return NULL;
    }
    size_t step = alignment > ARENA_ALIGNMENT ? alignment : ARENA_ALIGNMENT;
    size_t offset = (arena.used[number] + sizeof(struct block_header) + step - 1) & ~(step - 1);
    if (!lane_open(lane, offset + size)) {
        return NULL;
    }
    if (hot) {
        lane_use(lane, offset + size);
    }
    arena.used[number] = offset + size;
    char *block = (char *)lane->start + offset;
    ((struct block_header *)(void *)block - 1)->size = size;
    return block;
}

size_t arena_size(const void *block)
{
    return ((const struct block_header *)block - 1)->size;
}

void *arena_reserve(size_t size)
{
    struct page_range *lane = &arena.lane[RESERVED];
    size_t offset = arena.used[RESERVED], end = page_up(offset + size);
    if (size > LANE_SIZE - offset || !lane_describe(lane)) {
        return NULL;
    }
    while (lane->end < lane->start + end) { /* for the first time */
        lane->word[(lane->end - lane->start) / PAGE_BYTES] = PAGE_CLOSED;
        lane->end += PAGE_BYTES;
    }
    arena.used[RESERVED] = end;
    return (char *)lane->start + offset;
}

/* The page below is the guard.  What was one in another execution may be in the middle of this stack. */
static bool guard_stack(struct page_range *lane, uintptr_t base, size_t size)
{
    for (uintptr_t page = base; page < base + size; page += PAGE_BYTES) {
        if (!snapshot_reopen_page(lane, page)) {
            return false;
        }
        snapshot_halve_page(lane, page, page + PAGE_BYTES == base + size);
    }
    return snapshot_close_page(lane, base - PAGE_BYTES);
}

void *arena_stack(size_t size)
{
    unsigned number = STREAMS + arena.stream;
    struct page_range *lane = &arena.lane[number];
    size_t offset = arena.used[number] + PAGE_BYTES;
    uintptr_t base = lane->start + offset;
    if (size > LANE_SIZE || !lane_open(lane, offset + size) || !guard_stack(lane, base, size)) {
        return NULL;
    }
    arena.used[number] = offset + size;
    return (void *)base;
}

/* ---- for snapshot.c ---------------------------------------------------------------------------- */

struct page_range *arena_range(uintptr_t address)
{
    uint64_t offset = address - ARENA_BASE;
    if (!arena.open || offset >= LANES * LANE_SIZE) {
        return NULL;
    }
    struct page_range *lane = &arena.lane[offset / LANE_SIZE];
    return address < lane->end ? lane : NULL;
}

void arena_each(void (*visit)(struct page_range *range))
{
    for (unsigned lane = 0; arena.open && lane < LANES; lane++) {
        visit(&arena.lane[lane]);
    }
}

void arena_note(struct arena_mark *mark)
{
    for (unsigned i = 0; i < arena.known_count; i++) {
        mark->used[i] = arena.used[arena.known[i]];
    }
    mark->count = arena.known_count;
    mark->stream = arena.stream;
}

/* Frames that never returned have left their traces in AddressSanitizer's shadow. */
static void forget_frames(void)
{
#ifdef HOST_ASAN
    for (unsigned lane = STREAMS; arena.open && lane < HOT; lane++) {
        __asan_unpoison_memory_region((void *)arena.lane[lane].start, arena.used[lane]);
    }
#endif
}

void arena_rewind(const struct arena_mark *mark)
{
    forget_frames();
    for (unsigned i = 0; i < arena.known_count; i++) {
        arena.used[arena.known[i]] = i < mark->count ? mark->used[i] : 0;
    }
    arena.stream = mark->stream;
}
