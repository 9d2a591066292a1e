/*
 * pages.h - between arena.c, snapshot.c and checkpoint.c: which pages the machine can write, and what became
 * of each.
 */
#ifndef UNDIS_HOST_PAGES_H
#define UNDIS_HOST_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096u

#if defined(__SANITIZE_ADDRESS__)
#define HOST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOST_ASAN 1
#endif
#endif

#ifdef HOST_ASAN
#define HOST_UNCHECKED __attribute__((no_sanitize("address")))
#else
#define HOST_UNCHECKED
#endif

/* Adjacent pages and a word for each: 0, or the number of its saved page plus one, and these. */
struct page_range {
    uintptr_t start, end;
    uint32_t *word;
    uintptr_t used; /* nothing from here to the end is ever written; 0: all may be */
};
#define PAGE_HOT 0x80000000u    /* may be written; every restore copies it back */
#define PAGE_CLOSED 0x40000000u /* not even readable: a guard page, or reserved */
#define PAGE_HALF 0x20000000u   /* its upper half is never written */
#define PAGE_SAVED 0x1FFFFFFFu

static inline uintptr_t page_down(uintptr_t address)
{
    return address & ~(uintptr_t)(PAGE_BYTES - 1);
}

static inline uintptr_t page_up(uintptr_t address)
{
    return page_down(address + PAGE_BYTES - 1);
}

/* Zeroed memory for bookkeeping, not committed until it is used; signal-safe.  NULL: memory is short. */
void *pages_reserve(size_t size);

#define ARENA_STREAMS 64u
#define ARENA_LANES (3 * ARENA_STREAMS + 1)

/* ---- bytes, unseen by sanitizers: redzones are copied too ----------------------------------------- */

static inline void bytes_copy(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

/* The first `size` bytes of a page; a multiple of PAGE_PIECE. */
#define PAGE_PIECE 64u
static inline void page_copy(void *to, const void *from, size_t size)
{
    if (size == 0) {
        return;
    }
    __asm__ volatile("1: movaps (%1), %%xmm0; movaps 16(%1), %%xmm1; movaps 32(%1), %%xmm2; "
                     "movaps 48(%1), %%xmm3; add $64, %1; movaps %%xmm0, (%0); movaps %%xmm1, 16(%0); "
                     "movaps %%xmm2, 32(%0); movaps %%xmm3, 48(%0); add $64, %0; sub $64, %2; jnz 1b"
                     : "+r"(to), "+r"(from), "+r"(size)
                     :
                     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3");
}

static inline void page_zero(void *to, size_t size)
{
    size_t words = size / 8;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(UINT64_C(0)) : "memory");
}

/* ---- arena.c ------------------------------------------------------------------------------------- */

/* The part of the arena that `address` lies in, as far as it has been opened; NULL when it is not. */
struct page_range *arena_range(uintptr_t address);
void arena_each(void (*visit)(struct page_range *range));
/* How much is in use of the lanes that are: what a later moment goes back to. */
struct arena_mark {
    unsigned stream, count;
    size_t used[ARENA_LANES];
};
void arena_note(struct arena_mark *mark);
void arena_rewind(const struct arena_mark *mark);
/*
 * A stack of `size` bytes (whole pages) with a guard page below; NULL when memory is short.  The last
 * STACK_SPARE of them are not to be used, so whoever wants so many asks for STACK_EXTRA more: most stacks are
 * never deep, and a restore copies what is used of a page.
 */
#define STACK_SPARE (PAGE_BYTES / 2)
#define STACK_EXTRA PAGE_BYTES
void *arena_stack(size_t size);

/* ---- snapshot.c ---------------------------------------------------------------------------------- */

/* A page that has been written since the snapshot. */
struct saved_page {
    char *page;
    char *copy; /* NULL: it was all zero */
    uint32_t hot_place;
    uint16_t idle;
    uint16_t live; /* so many bytes, from its first one on, are ever written */
};

/* Reserved pages that the execution opened or closed. */
struct change {
    uintptr_t start;
    size_t size;
    bool opened;
};

/* A part of a page that is never protected. */
struct edge {
    char *start;
    size_t size;
    char *copy;
};
#define SNAPSHOT_EDGES 2u

/* Whole pages of which only the first part is written: their owner says so. */
struct extent {
    uintptr_t start, used;
};
#define SNAPSHOT_EXTENTS 8u

struct snapshot {
    bool taken;
    unsigned range_count, edge_count, extent_count;
    struct page_range *ranges;
    struct edge edges[SNAPSHOT_EDGES];
    struct extent extents[SNAPSHOT_EXTENTS];
    struct saved_page *saved;
    uint32_t saved_count;
    uint32_t *hot; /* indices of `saved` */
    size_t hot_count;
    char *copies, *copies_end;
    struct change *changes;
    size_t change_count;
    uint64_t restores, census; /* how many restores there were, and when hot pages were looked at last */
    uint64_t
        layout; /* changes when a page becomes a guard page, or is one no more, or more of it is written */
    struct arena_mark mark;
};
extern struct snapshot snapshot;

uint32_t *snapshot_word(const struct saved_page *saved); /* the page's word of its range */
void snapshot_page_restore(const struct saved_page *saved);
/* Undoes the changes after the first `count`. */
void snapshot_undo_changes(size_t count);

/* ---- checkpoint.c -------------------------------------------------------------------------------- */

void host_checkpoints_forget(void);

/* Makes pages of the arena usable for the first time. */
bool snapshot_open(uintptr_t start, size_t size);
/* More of the pages from `start` on, up to range->used, will be written than was said so far. */
void snapshot_use_more(struct page_range *range, uintptr_t start);
/* Says of a page, none of which has been written in this execution, whether its upper half will be. */
void snapshot_halve_page(struct page_range *range, uintptr_t page, bool half);
/* Makes one a guard page, and ordinary again. */
bool snapshot_close_page(struct page_range *range, uintptr_t page);
bool snapshot_reopen_page(struct page_range *range, uintptr_t page);
/* host_pages_open and host_pages_close for reserved pages; a restore undoes them. */
bool snapshot_pages_open(uintptr_t start, size_t size);
void snapshot_pages_close(uintptr_t start, size_t size);

#endif
