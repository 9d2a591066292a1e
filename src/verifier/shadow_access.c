/*
 * shadow_access.c - PoolUseAfterFree, PoolOverrun and PagedAtDispatch: each access against the state of its
 * bytes.
 *
 * What is not guaranteed: the last bytes of a paged block whose size is no multiple of 8 are not told from
 * nonpaged ones.
 */
#include "verifier/frame.h"
#include "verifier/shadow.h"

#include <stdio.h>

#define PAGE_FAULT_IN_FREED_SPECIAL_POOL 0xCC
#define PAGE_FAULT_BEYOND_END_OF_ALLOCATION 0xCD

/* ---- words --------------------------------------------------------------------------------------- */

static void tag_text(uint32_t tag, char text[16])
{
    char letters[5] = "";
    for (unsigned i = 0; i < 4; i++) {
        char c = (char)(tag >> 8 * i & 0x7F);
        letters[i] = c >= ' ' && c < 0x7F ? c : '.';
    }
    snprintf(text, 16, tag != 0 ? ", tag '%s'" : "%.0s", letters);
}

static const char *kind_text(const struct shadow_block *block)
{
    return block->kind == OBJECT_NBL  ? "NET_BUFFER_LIST"
           : block->kind == OBJECT_NB ? "NET_BUFFER"
                                      : "pool block";
}

static void describe(const struct shadow_block *block, const char *what, char text[80])
{
    char tag[16];
    tag_text(block->tag, tag);
    snprintf(text, 80, "a %s of %zu byte%s%s%s", kind_text(block), block->size, block->size == 1 ? "" : "s",
             what, tag);
}

static const char *access_text(const struct access *access)
{
    return access->flags & ACCESS_WRITE ? "write" : "read";
}

/* ---- findings ------------------------------------------------------------------------------------ */

static void add_stacks(struct finding *finding, const struct shadow_block *block)
{
    struct stack_trace trace = {.depth = block->allocated_depth};
    for (unsigned i = 0; i < trace.depth; i++) {
        trace.pc[i] = block->allocated[i];
    }
    finding_add_stack(finding, "allocated at", -1, &trace);
    trace.depth = block->freed ? block->freed_depth : 0;
    for (unsigned i = 0; i < trace.depth; i++) {
        trace.pc[i] = block->released[i];
    }
    if (block->freed) {
        finding_add_stack(finding, "freed at", -1, &trace);
    }
}

static void finish(struct finding *finding, const struct event *event, const struct shadow_block *block,
                   const struct access *access, uint32_t code, uintptr_t bad)
{
    if (finding != NULL) {
        finding_bugcheck(finding, code, bad, access->flags & ACCESS_WRITE ? 1 : 0, access->pc, 0);
        add_stacks(finding, block);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void report_freed(const struct access *access, const struct shadow_block *block, uintptr_t bad)
{
    char text[80];
    struct event event = shadow_event();
    describe(block, " that was freed", text);
    if (verifier_processor(&event) != NULL) {
        frame_note_freed(&event);
    }
    finish(finding_begin("PoolUseAfterFree", &event, "a %s of %zu byte%s at offset %zu of %s",
                         access_text(access), access->size, access->size == 1 ? "" : "s",
                         (size_t)(bad - block->address), text),
           &event, block, access, PAGE_FAULT_IN_FREED_SPECIAL_POOL, bad);
}

static void report_beside(const struct access *access, const struct shadow_block *block, uintptr_t bad)
{
    char text[80];
    struct event event = shadow_event();
    bool before = bad < block->address;
    size_t away = before ? block->address - access->address
                         : access->address + access->size - (block->address + block->size);
    describe(block, "", text);
    finish(finding_begin("PoolOverrun", &event, "a %s of %zu byte%s reaches %zu byte%s %s %s",
                         access_text(access), access->size, access->size == 1 ? "" : "s", away,
                         away == 1 ? "" : "s", before ? "before the start of" : "beyond the end of", text),
           &event, block, access, PAGE_FAULT_BEYOND_END_OF_ALLOCATION, bad);
}

static void report_paged(const struct access *access, const struct shadow_block *block, uintptr_t at,
                         const struct event *event)
{
    char text[80];
    size_t offset = (size_t)(at - block->address);
    KIRQL irql = event->irql < DISPATCH_LEVEL ? DISPATCH_LEVEL : event->irql;
    describe(block, "", text);
    struct finding *finding =
        event->irql < DISPATCH_LEVEL
            ? finding_begin(
                  "PagedAtDispatch", event,
                  "a lock, event or the like at offset %zu of %s, in paged pool: the system touches it "
                  "at DISPATCH_LEVEL",
                  offset, text)
            : finding_begin("PagedAtDispatch", event,
                            "a %s of %zu byte%s at offset %zu of %s, in paged pool, at %s",
                            access_text(access), access->size, access->size == 1 ? "" : "s", offset, text,
                            irql_name(event->irql));
    if (finding != NULL) {
        finding_bugcheck(finding, DRIVER_IRQL_NOT_LESS_OR_EQUAL, at, irql,
                         access->flags & ACCESS_WRITE ? 1 : 0, access->pc);
        add_stacks(finding, block);
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

/* Bytes of paged pool are touched: no harm below DISPATCH_LEVEL, unless they have to be resident. */
static __attribute__((noinline)) void judge_paged(const struct access *access, uintptr_t at)
{
    struct shadow_block block;
    struct event event = shadow_event();
    bool harmless = event.irql < DISPATCH_LEVEL && (access->flags & ACCESS_RESIDENT) == 0;
    if (harmless || verifier_processor(&event) == NULL || frame_is_forgiven(&event)) {
        return;
    }
    KIRQL old = ke_mask();
    if (shadow_block_near(at, &block) && !block.freed) {
        report_paged(access, &block, at, &event);
        shadow_mark(block.address, block.address + (block.size & ~(size_t)(SHADOW_GRANULE - 1)),
                    SHADOW_OPEN); /* said once */
    }
    ke_unmask(old);
}

static __attribute__((noinline)) void report(const struct access *access, uintptr_t bad, unsigned state)
{
    struct shadow_block block;
    KIRQL old = ke_mask();
    if (shadow_block_near(bad, &block)) {
        if (state == SHADOW_FREED && block.freed) {
            report_freed(access, &block, bad);
            shadow_mark(block.address, block.address + block.size, SHADOW_OPEN); /* said once */
        } else if (state != SHADOW_FREED && !block.freed) {
            report_beside(access, &block, bad);
        }
    }
    ke_unmask(old);
}

/* ---- each access --------------------------------------------------------------------------------- */

/* The first byte of [from, to), which lie in one granule, that may not be touched; `to`: none. */
static uintptr_t first_bad(unsigned state, uintptr_t from, uintptr_t to)
{
    if (state == SHADOW_OPEN) {
        return to;
    }
    uintptr_t open = state < SHADOW_GRANULE ? (from & ~(uintptr_t)(SHADOW_GRANULE - 1)) + state : from;
    return open < from ? from : open < to ? open : to;
}

static void mark_written(uint8_t *unwritten, uint8_t mask)
{
    if ((*unwritten & mask) != 0) {
        __atomic_fetch_and(unwritten, (uint8_t)~mask, __ATOMIC_RELAXED);
    }
}

static uint8_t mask_of(uintptr_t from, uintptr_t to)
{
    unsigned low = from % SHADOW_GRANULE, count = (unsigned)(to - from);
    return (uint8_t)(((1u << count) - 1) << low);
}

/* Goes through the granules; true when every byte was never written. */
static bool look(const struct access *access)
{
    uintptr_t at = access->address, end = at + access->size;
    struct shadow_page *shadow = shadow_find(at);
    bool unwritten = true;
    while (at < end) {
        uintptr_t to = (at | (SHADOW_GRANULE - 1)) + 1;
        to = to < end ? to : end;
        if (shadow == NULL) {
            return false;
        }
        size_t granule = at % SHADOW_PAGE / SHADOW_GRANULE;
        uintptr_t bad = first_bad(shadow->state[granule], at, to);
        if (__builtin_expect(bad < to, 0)) {
            if (shadow->state[granule] != SHADOW_PAGED) {
                report(access, bad, shadow->state[granule]);
                return false;
            }
            judge_paged(access, at);
        }
        uint8_t mask = mask_of(at, to);
        unwritten &= (shadow->unwritten[granule] & mask) == mask;
        if (access->flags & ACCESS_WRITE) {
            mark_written(&shadow->unwritten[granule], mask);
        }
        at = to;
        if (at % SHADOW_PAGE == 0 && at < end) {
            shadow = shadow_find(at);
        }
    }
    return unwritten;
}

/* Copies, and what the DDI reads, may be of things with holes: only single values count as a use. */
static bool is_use(const struct access *access)
{
    return (access->flags & (ACCESS_WRITE | ACCESS_LIBRARY)) == 0 && access->size <= 8 &&
           (access->size & (access->size - 1)) == 0;
}

static void check(const struct access *access)
{
    if (access->size == 0) {
        return;
    }
    if (__builtin_expect(shadow_reads_pending != 0, 0)) {
        shadow_read_settle(access);
    }
    if (look(access) && is_use(access)) {
        shadow_read_suspect(access);
    }
}

static struct access_checker checker = {.check = check};

static __attribute__((constructor)) void listen(void)
{
    access_check_add(&checker);
}
