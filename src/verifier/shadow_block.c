/*
 * shadow_block.c - the pool blocks that there are, and those freed lately: where they lie and who made them.
 *
 * On the free-running engine only blocks of the pool proper: what it frees stays out of use for a while, and
 * EVENT_POOL_REUSE says when that is over.  The explored engine never uses freed memory again, so there
 * NET_BUFFER_LISTs and NET_BUFFERs are watched, too.
 */
#include "verifier/shadow.h"

#include "ex/pool.h"
#include "host/memory.h"

#include <string.h>

#define BUCKETS 1024
#define EXPLORED_BUCKETS 16

struct bucket {
    struct ke_guard guard;
    struct shadow_block *first;
};
static struct bucket buckets[BUCKETS];
/* The explored engine's: nearly every execution changes one, and there are few blocks. */
static HOST_HOT struct bucket explored_buckets[EXPLORED_BUCKETS] = {{.first = NULL}};

static struct bucket *bucket_of(uintptr_t address)
{
    size_t hash = (address * 0x9E3779B97F4A7C15u) >> 40;
    return host_arena_holds((const void *)address) ? &explored_buckets[hash & (EXPLORED_BUCKETS - 1)]
                                                   : &buckets[hash & (BUCKETS - 1)];
}

static uintptr_t round_down(uintptr_t value)
{
    return value & ~(uintptr_t)(SHADOW_GRANULE - 1);
}

/* The end of what lies beside a block: the header of whatever comes next, or slack. */
static uintptr_t end_beside(const struct shadow_block *block)
{
    return (block->address + block->size + SHADOW_GRANULE + 15) & ~(uintptr_t)15;
}

/* ---- the table ----------------------------------------------------------------------------------- */

static void put(struct shadow_block *block)
{
    struct bucket *bucket = bucket_of(block->address);
    KIRQL old = ke_guard_enter_quietly(&bucket->guard);
    block->next = bucket->first;
    bucket->first = block;
    ke_guard_leave(&bucket->guard, old);
}

static struct shadow_block *take_out(uintptr_t address)
{
    struct bucket *bucket = bucket_of(address);
    struct shadow_block *found = NULL;
    KIRQL old = ke_guard_enter_quietly(&bucket->guard);
    for (struct shadow_block **link = &bucket->first; *link != NULL; link = &(*link)->next) {
        if ((*link)->address == address) {
            found = *link;
            *link = found->next;
            break;
        }
    }
    ke_guard_leave(&bucket->guard, old);
    return found;
}

/* How far the address is from the block; 0: in it. */
static size_t distance(const struct shadow_block *block, uintptr_t address)
{
    if (address < block->address) {
        return block->address - address;
    }
    return address < block->address + block->size ? 0 : address - (block->address + block->size) + 1;
}

static void look_near(struct bucket *bucket, uintptr_t address, size_t *best, struct shadow_block *block)
{
    KIRQL old = ke_guard_enter_quietly(&bucket->guard);
    for (struct shadow_block *at = bucket->first; at != NULL; at = at->next) {
        size_t away = distance(at, address);
        if (away < *best) {
            *best = away;
            *block = *at;
        }
    }
    ke_guard_leave(&bucket->guard, old);
}

bool shadow_block_near(uintptr_t address, struct shadow_block *block)
{
    size_t best = 64;
    for (unsigned i = 0; i < BUCKETS; i++) {
        look_near(&buckets[i], address, &best, block);
    }
    for (unsigned i = 0; i < EXPLORED_BUCKETS; i++) {
        look_near(&explored_buckets[i], address, &best, block);
    }
    return best < 64;
}

/* ---- what comes and goes ------------------------------------------------------------------------- */

static bool is_watched(const struct event *event)
{
    switch (event->value[0]) {
    case OBJECT_POOL:
        return true;
    case OBJECT_NBL:
    case OBJECT_NB:
        return host_arena_holds(event->object);
    default:
        return false;
    }
}

static uint8_t note_stack(const struct event *event, uintptr_t pc[SHADOW_FRAMES])
{
    struct stack_trace trace;
    stack_trace_take(&trace, event);
    unsigned depth = trace.depth < SHADOW_FRAMES ? trace.depth : SHADOW_FRAMES;
    memcpy(pc, trace.pc, depth * sizeof(pc[0]));
    return (uint8_t)depth;
}

/* The pool fills what the driver did not ask to be zeroed. */
static bool is_unwritten(const struct event *event)
{
    const unsigned char *bytes = event->object;
    return event->value[0] == OBJECT_POOL && event->value[1] > 0 && bytes[0] == EX_POOL_NEW_BYTE &&
           bytes[event->value[1] - 1] == EX_POOL_NEW_BYTE;
}

static void forget(uintptr_t address)
{
    struct shadow_block *block = take_out(address);
    if (block != NULL) {
        shadow_mark(round_down(block->address - SHADOW_GRANULE), end_beside(block), SHADOW_OPEN);
        host_free(block);
    }
}

static void hear_create(const struct event *event)
{
    forget((uintptr_t)event->object);
    struct shadow_block *block = shadow_allocate(sizeof(*block));
    if (block == NULL) {
        return;
    }
    *block = (struct shadow_block){
        .address = (uintptr_t)event->object,
        .size = event->value[1],
        .tag = (uint32_t)event->value[2],
        .kind = (uint8_t)event->value[0],
    };
    block->allocated_depth = note_stack(event, block->allocated);
    uintptr_t end = block->address + block->size;
    shadow_mark(block->address - SHADOW_GRANULE, block->address, SHADOW_BESIDE);
    bool paged = block->kind == OBJECT_POOL && ex_pool_is_paged(event->object);
    shadow_mark(block->address, round_down(end), paged ? SHADOW_PAGED : SHADOW_OPEN);
    shadow_mark(round_down(end), end_beside(block), SHADOW_BESIDE);
    if (end % SHADOW_GRANULE != 0) {
        shadow_mark(round_down(end), round_down(end) + SHADOW_GRANULE, (uint8_t)(end % SHADOW_GRANULE));
    }
    if (is_unwritten(event)) {
        shadow_mark_unwritten(block->address, block->size);
    }
    put(block);
}

static void hear_destroy(const struct event *event)
{
    shadow_read_end((uintptr_t)event->object);
    struct shadow_block *block = take_out((uintptr_t)event->object);
    if (block == NULL || block->freed) {
        return;
    }
    block->freed = true;
    block->freed_depth = note_stack(event, block->released);
    uintptr_t end = block->address + block->size;
    shadow_mark(block->address, round_down(end + SHADOW_GRANULE - 1), SHADOW_FREED);
    put(block);
}

static void hear(struct event *event)
{
    if (event->kind == EVENT_POOL_REUSE) {
        if (!host_arena_holds(event->object)) {
            forget((uintptr_t)event->object);
        }
    } else if (is_watched(event)) {
        if (event->kind == EVENT_OBJECT_CREATE) {
            hear_create(event);
        } else {
            hear_destroy(event);
        }
    }
}

static struct event_listener listener = {
    .name = "pool blocks",
    .kinds = 1ull << EVENT_OBJECT_CREATE | 1ull << EVENT_OBJECT_DESTROY | 1ull << EVENT_POOL_REUSE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
