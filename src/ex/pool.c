/*
 * pool.c - pool blocks and the table of the live ones.
 *
 * Safe at any IRQL although host_allocate is not: interrupts are masked around it.  Whether a driver may call
 * pool at its IRQL is the verifier's question, not answered here.  Paged and nonpaged pool are one.
 *
 * In the checked build a freed block is filled with a pattern and kept back for a while, so that a second
 * free of it is recognised and a late write does not land in somebody else's block.  Under AddressSanitizer,
 * which has a better quarantine, blocks go back at once.
 */
#include "ex/pool.h"

#include "ex/map.h"
#include "host/memory.h"
#include "ke/run.h"
#include "ke/step.h"

#include <string.h>

#define POOL_SHARDS 64
#define POOL_ALIGNMENT 16
#define POOL_CACHE_LINE 64

#if defined(__SANITIZE_ADDRESS__)
#define POOL_GUARDED_BY_HOST 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_GUARDED_BY_HOST 1
#endif
#endif
#if defined(POOL_GUARDED_BY_HOST) || !UNDIS_CHECKED
#define POOL_KEPT_BACK 0
#define POOL_SLACK 0u
#else
#define POOL_KEPT_BACK 32 /* blocks per shard */
/* Bytes behind a block: a driver that writes a little too far does not write what is malloc's, so that the
 * rule speaks and the run goes on. */
#define POOL_SLACK 16u
#endif
#define POOL_KEEP_LARGEST 65536 /* larger blocks are not kept back */

/* One of these per group of addresses, so that processors seldom meet. */
struct pool_shard {
    struct ke_guard guard;
    struct ex_map live; /* value: size, tag, kind */
    void *kept[POOL_KEPT_BACK + 1];
    unsigned kept_next;
} __attribute__((aligned(64)));

static struct pool_shard pool_shards[POOL_SHARDS];
#if UNDIS_CHECKED
/* The explored engine's: there nobody meets anybody, and every execution changes it. */
static HOST_HOT struct pool_shard explored_shard = {.kept_next = 0};
#endif

static struct pool_shard *shard_of(const void *block)
{
#if UNDIS_CHECKED
    if (host_arena_holds(block)) {
        return &explored_shard;
    }
#endif
    return &pool_shards[ex_map_hash(block) >> 8 & (POOL_SHARDS - 1)];
}

static size_t alignment_for(size_t size, unsigned flags)
{
    if (size >= PAGE_SIZE || flags & EX_POOL_PAGE_ALIGNED) {
        return PAGE_SIZE;
    }
    return flags & EX_POOL_CACHE_ALIGNED ? POOL_CACHE_LINE : POOL_ALIGNMENT;
}

static void *aligned_block(size_t alignment, size_t size)
{
    return alignment <= POOL_ALIGNMENT ? host_allocate(size + POOL_SLACK)
                                       : host_allocate_aligned(alignment, size + POOL_SLACK);
}

static bool crosses_page(const void *block, size_t size)
{
    uintptr_t first = (uintptr_t)block, last = first + size - 1;
    return size <= PAGE_SIZE && first / PAGE_SIZE != last / PAGE_SIZE;
}

/* Called with interrupts masked. */
static void *raw_block(size_t size, unsigned flags)
{
    void *block = aligned_block(alignment_for(size, flags), size);
    if (block != NULL && crosses_page(block, size)) {
        /* Aligned to the next power of two, a block of up to a page cannot cross one. */
        size_t alignment = POOL_ALIGNMENT;
        while (alignment < size) {
            alignment *= 2;
        }
        host_free(block);
        block = aligned_block(alignment, size);
    }
    return block;
}

/* What the table has of a block: its kind, and whether it is of paged pool. */
#define PAGED_BIT ((uintptr_t)1 << 16)

static uintptr_t kind_and(enum object_kind kind, unsigned flags)
{
    return (uintptr_t)kind | (flags & EX_POOL_PAGED ? PAGED_BIT : 0);
}

void *ex_pool_allocate(size_t size, ULONG tag, unsigned flags, enum object_kind kind, const void *owner)
{
    if (size > EX_POOL_LARGEST) {
        return NULL;
    }
    size_t real = size != 0 ? size : 1;
    KIRQL old = ke_mask();
    void *block = raw_block(real, flags);
    ke_unmask(old);
    if (block == NULL) {
        return NULL;
    }
    if (UNDIS_CHECKED && (flags & EX_POOL_ZERO) == 0) {
        memset(block, EX_POOL_NEW_BYTE, real);
    }
    struct pool_shard *shard = shard_of(block);
    old = ke_guard_enter_quietly(&shard->guard);
    bool known = ex_map_put(&shard->live, (struct ex_map_entry){block, {size, tag, kind_and(kind, flags)}});
    if (!known) {
        host_free(block);
    }
    ke_guard_leave(&shard->guard, old);
    if (!known) {
        return NULL;
    }
    event_send(EVENT_OBJECT_CREATE, block, kind, size, tag, (uintptr_t)owner);
    return block;
}

/* What the parameters of bug check 0xC2 are for that free, or 0 in *code when it is sound. */
static void judge_free(const struct ex_map_entry *entry, ULONG tag, enum object_kind kind, ULONG_PTR *code,
                       ULONG_PTR *owner_tag)
{
    *owner_tag = 0;
    if (entry == NULL || (entry->value[2] & ~PAGED_BIT) != (uintptr_t)kind) {
        *code = 0x46; /* not a valid pool address */
        return;
    }
    *owner_tag = entry->value[1];
    *code = tag != 0 && tag != entry->value[1] ? 0x0A : 0;
}

/* Keeps a block that is out of the table back; returns one that was kept long enough, or NULL.  Called under
 * the shard's guard. */
static void *retire(struct pool_shard *shard, void *block, size_t size)
{
    if (size > POOL_KEEP_LARGEST) {
        return block;
    }
    void *oldest = shard->kept[shard->kept_next];
    shard->kept[shard->kept_next] = block;
    shard->kept_next = (shard->kept_next + 1) % (POOL_KEPT_BACK + 1);
    return oldest;
}

static void give_back(void *block)
{
    event_send(EVENT_POOL_REUSE, block, 0, 0, 0, 0);
    KIRQL old = ke_mask();
    host_free(block);
    ke_unmask(old);
}

static bool is_kept_back(const struct pool_shard *shard, const void *block)
{
    for (unsigned i = 0; i <= POOL_KEPT_BACK; i++) {
        if (block != NULL && shard->kept[i] == block) {
            return true;
        }
    }
    return false;
}

#if UNDIS_CHECKED
/* Others may use the block until then: to the explored engine its end is like a write of all of it. */
static void about_to_free(const void *block)
{
    size_t size;
    ULONG tag;
    if (ex_pool_query(block, &size, &tag) && size != 0) {
        ke_about_to_free(block, size);
    }
}
#endif

void ex_pool_free(void *block, ULONG tag, enum object_kind kind)
{
    KE_STEP(about_to_free(block));
    struct pool_shard *shard = shard_of(block);
    ULONG_PTR code, owner_tag;
    KIRQL old = ke_guard_enter_quietly(&shard->guard);
    const struct ex_map_entry *entry = ex_map_find(&shard->live, block);
    judge_free(entry, tag, kind, &code, &owner_tag);
    size_t size = entry != NULL ? entry->value[0] : 0;
    bool again = code != 0 && is_kept_back(shard, block);
    if (code == 0) {
        ex_map_remove(&shard->live, block);
    }
    ke_guard_leave(&shard->guard, old);

    if (again) {
        ke_bugcheck(0xC2, 0x07, 0, 0, (ULONG_PTR)block);
    } else if (code == 0x0A) {
        ke_bugcheck(0xC2, code, (ULONG_PTR)block, owner_tag, tag);
    } else if (code != 0) {
        ke_bugcheck(0xC2, code, (ULONG_PTR)block, 0, 0);
    }
    /* Announced while the address is still ours: nobody can have been given it again. */
    event_send(EVENT_OBJECT_DESTROY, block, kind, size, owner_tag, 0);
    if (UNDIS_CHECKED) {
        memset(block, EX_POOL_FREED_BYTE, size != 0 ? size : 1);
    }
    if (POOL_KEPT_BACK == 0) {
        give_back(block);
        return;
    }
    old = ke_guard_enter_quietly(&shard->guard);
    block = retire(shard, block, size);
    if (block != NULL) {
        give_back(block);
    }
    ke_guard_leave(&shard->guard, old);
}

bool ex_pool_query(const void *block, size_t *size, ULONG *tag)
{
    struct pool_shard *shard = shard_of(block);
    KIRQL old = ke_guard_enter_quietly(&shard->guard);
    const struct ex_map_entry *entry = ex_map_find(&shard->live, block);
    if (entry != NULL) {
        *size = entry->value[0];
        *tag = (ULONG)entry->value[1];
    }
    ke_guard_leave(&shard->guard, old);
    return entry != NULL;
}

bool ex_pool_is_paged(const void *block)
{
    struct pool_shard *shard = shard_of(block);
    KIRQL old = ke_guard_enter_quietly(&shard->guard);
    const struct ex_map_entry *entry = ex_map_find(&shard->live, block);
    bool paged = entry != NULL && (entry->value[2] & PAGED_BIT) != 0;
    ke_guard_leave(&shard->guard, old);
    return paged;
}
