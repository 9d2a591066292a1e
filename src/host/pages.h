/*
 * pages.h - between arena.c and snapshot.c: which pages the machine can write, and what became of each.
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
};
#define PAGE_HOT 0x80000000u    /* may be written; every restore copies it back */
#define PAGE_CLOSED 0x40000000u /* not even readable: a guard page, or reserved */
#define PAGE_SAVED 0x3FFFFFFFu

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

/* ---- arena.c ------------------------------------------------------------------------------------- */

/* The part of the arena that `address` lies in, as far as it has been opened; NULL when it is not. */
struct page_range *arena_range(uintptr_t address);
void arena_each(void (*visit)(struct page_range *range));
/* Notes how much is in use, and goes back to that. */
void arena_mark(void);
void arena_rewind(void);
/* A stack of `size` bytes (whole pages) with a guard page below; NULL when memory is short. */
void *arena_stack(size_t size);

/* ---- snapshot.c ---------------------------------------------------------------------------------- */

/* Makes pages of the arena usable for the first time. */
bool snapshot_open(uintptr_t start, size_t size);
/* Makes one a guard page, and ordinary again. */
bool snapshot_close_page(struct page_range *range, uintptr_t page);
bool snapshot_reopen_page(struct page_range *range, uintptr_t page);
/* host_pages_open and host_pages_close for reserved pages; a restore undoes them. */
bool snapshot_pages_open(uintptr_t start, size_t size);
void snapshot_pages_close(uintptr_t start, size_t size);

#endif
