/*
 * snapshot.c - write protection, the pages written since, and the way back.
 *
 * A page's contents are saved at its first write after the snapshot.  From then on it is hot: writable, and
 * copied back by each restore.  Now and then a restore looks which hot pages had really changed, and protects
 * again those that had not: a page that one execution in thousands writes costs a fault then, and
 * nothing otherwise.
 *
 * Everything here that changes is HOST_KEPT; the pages of that section are never protected, and what other
 * variables they hold (the edges) every restore copies.
 *
 * Not guaranteed: a system call that is handed a protected page to write to fails with EFAULT; hot pages that
 * lie apart are two mappings each, of which the kernel admits a process some 65,000.
 */
#include "host/memory.h"
#include "host/pages.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#define RANGES 64u
#define SAVED_PAGES (1u << 20)
#define CHANGES (1u << 16)
#define COPIES_AT_ONCE (1u << 20) /* bytes */
#define CENSUS_EVERY 128u         /* restores */
#define CENSUS_IDLE 32u           /* in a row, and a page is cold: a fault costs as much as 150 copies */

static struct page_range ranges[RANGES] HOST_KEPT;
struct snapshot snapshot HOST_KEPT __attribute__((aligned(PAGE_BYTES))) = {.ranges = ranges};

extern char __start_undis_kept[] __attribute__((visibility("hidden")));
extern char __stop_undis_kept[] __attribute__((visibility("hidden")));
extern char __bss_start[] __attribute__((visibility("hidden")));

/* ---- pages -------------------------------------------------------------------------------------- */

/* Never written. */
static uint64_t zeros[PAGE_BYTES / 8] __attribute__((used, aligned(PAGE_BYTES)));

HOST_UNCHECKED static bool page_equals(const struct saved_page *saved)
{
    const uint64_t *now = (const uint64_t *)(void *)saved->page;
    const uint64_t *then = saved->copy != NULL ? (const uint64_t *)(void *)saved->copy : zeros;
    uint64_t different = 0;
    for (size_t i = 0; i < PAGE_BYTES / 8; i++) {
        different |= now[i] ^ then[i];
    }
    return different == 0;
}

void *pages_reserve(size_t size)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

/* ---- what belongs to the machine --------------------------------------------------------------- */

static bool range_add(uintptr_t start, uintptr_t end, uintptr_t used)
{
    if (start >= end) {
        return true;
    }
    if (snapshot.range_count == RANGES) {
        return false;
    }
    uint32_t *word = pages_reserve((end - start) / PAGE_BYTES * sizeof(*word));
    if (word == NULL) {
        return false;
    }
    snapshot.ranges[snapshot.range_count++] = (struct page_range){start, end, word, used};
    return true;
}

static void edge_add(uintptr_t start, uintptr_t end)
{
    if (start < end) {
        snapshot.edges[snapshot.edge_count++] = (struct edge){(char *)start, end - start, NULL};
    }
}

/* The end of what the page behind the kept variables holds: when the zeroed ones are next, they begin a page
 * of their own, for one of them (zeros) does. */
static uintptr_t edge_end(uintptr_t kept_end)
{
    uintptr_t end = page_up(kept_end), bss = (uintptr_t)__bss_start;
    return bss >= kept_end && bss <= end && (uintptr_t)zeros >= bss ? bss : end;
}

/* A segment, in use up to `used`, without the kept variables, if those lie in it. */
static bool segment_add(uintptr_t start, uintptr_t end, uintptr_t used)
{
    uintptr_t kept = (uintptr_t)__start_undis_kept, kept_end = (uintptr_t)__stop_undis_kept;
    if (kept < start || kept >= end) {
        return range_add(start, end, used);
    }
    if (snapshot.edge_count == 0) {
        edge_add(page_down(kept), kept);
        edge_add(kept_end, edge_end(kept_end));
    }
    return range_add(start, page_down(kept), 0) && range_add(page_up(kept_end), end, used);
}

static bool range_known(uintptr_t address)
{
    for (unsigned i = 0; i < snapshot.range_count; i++) {
        if (address >= snapshot.ranges[i].start && address < snapshot.ranges[i].end) {
            return true;
        }
    }
    return false;
}

struct search {
    uintptr_t address;
    bool found, added;
};

static bool object_holds(const struct dl_phdr_info *object, uintptr_t address)
{
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && address - object->dlpi_addr - header->p_vaddr < header->p_memsz) {
            return true;
        }
    }
    return false;
}

/* Where the segment's part begins that stays writable once the object is relocated. */
static uintptr_t after_relro(const struct dl_phdr_info *object, uintptr_t start, uintptr_t end)
{
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        uintptr_t relro = page_down(object->dlpi_addr + header->p_vaddr);
        uintptr_t relro_end = page_down(object->dlpi_addr + header->p_vaddr + header->p_memsz);
        if (header->p_type == PT_GNU_RELRO && relro <= start && relro_end > start) {
            return relro_end < end ? relro_end : end;
        }
    }
    return start;
}

static int object_add(struct dl_phdr_info *object, size_t size, void *argument)
{
    struct search *search = argument;
    (void)size;
    if (!object_holds(object, search->address)) {
        return 0;
    }
    search->found = search->added = true;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && (header->p_flags & PF_W) != 0) {
            uintptr_t start = page_down(object->dlpi_addr + header->p_vaddr);
            uintptr_t used = object->dlpi_addr + header->p_vaddr + header->p_memsz, end = page_up(used);
            start = after_relro(object, start, end);
            if (!range_known(start)) {
                search->added = segment_add(start, end, used) && search->added;
            }
        }
    }
    return 1;
}

bool host_snapshot_add(const void *address)
{
    struct search search = {.address = (uintptr_t)address};
    dl_iterate_phdr(object_add, &search);
    return search.found && search.added;
}

/* ---- the snapshot ------------------------------------------------------------------------------ */

static uint32_t *word_of(const struct page_range *range, uintptr_t page)
{
    return &range->word[(page - range->start) / PAGE_BYTES];
}

/* All but the closed pages. */
static void range_protect(struct page_range *range)
{
    uintptr_t start = range->start;
    for (uintptr_t page = range->start; page <= range->end; page += PAGE_BYTES) {
        if (page == range->end || (*word_of(range, page) & PAGE_CLOSED) != 0) {
            if (start < page && mprotect((void *)start, page - start, PROT_READ) != 0) {
                snapshot.taken = false;
            }
            start = page + PAGE_BYTES;
        }
    }
}

bool host_snapshot_take(void)
{
    snapshot.saved = pages_reserve(SAVED_PAGES * sizeof(*snapshot.saved));
    snapshot.hot = pages_reserve(SAVED_PAGES * sizeof(*snapshot.hot));
    snapshot.changes = pages_reserve(CHANGES * sizeof(*snapshot.changes));
    if (snapshot.taken || snapshot.saved == NULL || snapshot.hot == NULL || snapshot.changes == NULL) {
        return false;
    }
    for (unsigned i = 0; i < snapshot.edge_count; i++) {
        struct edge *edge = &snapshot.edges[i];
        edge->copy = pages_reserve(edge->size);
        if (edge->copy == NULL) {
            return false;
        }
        bytes_copy(edge->copy, edge->start, edge->size);
    }
    arena_note(&snapshot.mark);
    snapshot.taken = true;
    for (unsigned i = 0; i < snapshot.range_count; i++) {
        range_protect(&snapshot.ranges[i]);
    }
    arena_each(range_protect);
    return snapshot.taken;
}

/* ---- parts of pages ------------------------------------------------------------------------------ */

static struct page_range *range_of(uintptr_t address);

static void live_until(uintptr_t page, uintptr_t used, uintptr_t *end)
{
    if (used >= page && used < *end) {
        *end = used;
    }
}

/* How much of a page, from its start, can be written. */
static uint16_t live_bytes(uintptr_t page, uint32_t word)
{
    uintptr_t end = page + ((word & PAGE_HALF) != 0 ? PAGE_BYTES - STACK_SPARE : PAGE_BYTES);
    const struct page_range *range = range_of(page);
    if (range != NULL && range->used != 0) {
        live_until(page, range->used, &end);
    }
    for (unsigned i = 0; i < snapshot.extent_count; i++) {
        const struct extent *extent = &snapshot.extents[i];
        if (page >= extent->start && page < page_up(extent->used)) {
            live_until(page, extent->used, &end);
        }
    }
    return (uint16_t)((end - page + PAGE_PIECE - 1) & ~(uintptr_t)(PAGE_PIECE - 1));
}

static void live_again(struct page_range *range, uintptr_t page)
{
    uint32_t word = *word_of(range, page);
    if ((word & PAGE_SAVED) != 0) {
        struct saved_page *saved = &snapshot.saved[(word & PAGE_SAVED) - 1];
        uint16_t live = live_bytes(page, word);
        snapshot.layout += live != saved->live;
        saved->live = live;
    }
}

void snapshot_use_more(struct page_range *range, uintptr_t start)
{
    for (uintptr_t page = page_down(start); page < range->used; page += PAGE_BYTES) {
        live_again(range, page);
    }
}

void snapshot_halve_page(struct page_range *range, uintptr_t page, bool half)
{
    uint32_t *word = word_of(range, page);
    if (((*word & PAGE_HALF) != 0) != half) {
        *word ^= PAGE_HALF;
        live_again(range, page);
    }
}

void host_snapshot_extent(const void *start, size_t size)
{
    uintptr_t first = (uintptr_t)start;
    unsigned i = 0;
    while (i < snapshot.extent_count && snapshot.extents[i].start != first) {
        i++;
    }
    if (i == SNAPSHOT_EXTENTS || first != page_down(first)) {
        return; /* then whole pages are copied */
    }
    snapshot.extent_count += i == snapshot.extent_count;
    snapshot.extents[i] = (struct extent){first, first + size};
    for (uintptr_t page = first; page < page_up(first + size); page += PAGE_BYTES) {
        struct page_range *range = range_of(page);
        if (range != NULL) {
            live_again(range, page);
        }
    }
}

/* ---- pages that are written -------------------------------------------------------------------- */

static char *copy_allocate(void)
{
    if (snapshot.copies == snapshot.copies_end) {
        char *copies = pages_reserve(COPIES_AT_ONCE);
        if (copies == NULL) {
            return NULL;
        }
        snapshot.copies = copies;
        snapshot.copies_end = copies + COPIES_AT_ONCE;
    }
    snapshot.copies += PAGE_BYTES;
    return snapshot.copies - PAGE_BYTES;
}

static bool page_save(char *page, uint32_t *word)
{
    if (snapshot.saved_count == SAVED_PAGES) {
        return false;
    }
    struct saved_page *saved = &snapshot.saved[snapshot.saved_count];
    *saved = (struct saved_page){.page = page, .live = PAGE_BYTES};
    if (!page_equals(saved)) {
        saved->copy = copy_allocate();
        if (saved->copy == NULL) {
            return false;
        }
        page_copy(saved->copy, page, PAGE_BYTES);
    }
    saved->live = live_bytes((uintptr_t)page, *word);
    *word |= ++snapshot.saved_count;
    return true;
}

static bool page_heat(char *page, uint32_t *word)
{
    if ((*word & PAGE_SAVED) == 0 && !page_save(page, word)) {
        return false;
    }
    if (mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    struct saved_page *saved = &snapshot.saved[(*word & PAGE_SAVED) - 1];
    saved->hot_place = (uint32_t)snapshot.hot_count;
    saved->idle = 0;
    snapshot.hot[snapshot.hot_count++] = (*word & PAGE_SAVED) - 1;
    *word |= PAGE_HOT;
    return true;
}

static struct page_range *range_of(uintptr_t address)
{
    for (unsigned i = 0; i < snapshot.range_count; i++) {
        if (address >= snapshot.ranges[i].start && address < snapshot.ranges[i].end) {
            return &snapshot.ranges[i];
        }
    }
    return arena_range(address);
}

bool host_snapshot_fault(uintptr_t address)
{
    struct page_range *range = snapshot.taken ? range_of(address) : NULL;
    if (range == NULL) {
        return false;
    }
    uint32_t *word = word_of(range, address);
    if (*word & (PAGE_HOT | PAGE_CLOSED)) {
        return false;
    }
    int error = errno;
    bool lifted = page_heat((char *)page_down(address), word);
    errno = error;
    return lifted;
}

size_t host_snapshot_pages(void)
{
    return snapshot.hot_count;
}

/* ---- and back ---------------------------------------------------------------------------------- */

void snapshot_page_restore(const struct saved_page *saved)
{
    if (saved->copy != NULL) {
        page_copy(saved->page, saved->copy, saved->live);
    } else {
        page_zero(saved->page, saved->live);
    }
}

uint32_t *snapshot_word(const struct saved_page *saved)
{
    return word_of(range_of((uintptr_t)saved->page), (uintptr_t)saved->page);
}

static void page_forget_hot(const struct saved_page *saved, uint32_t *word)
{
    uint32_t last = snapshot.hot[--snapshot.hot_count];
    snapshot.hot[saved->hot_place] = last;
    snapshot.saved[last].hot_place = saved->hot_place;
    *word &= ~PAGE_HOT;
}

/* Takes a page that has been restored out of the hot ones. */
static bool page_cool(struct saved_page *saved, uint32_t *word, int protection)
{
    if (mprotect(saved->page, PAGE_BYTES, protection) != 0) {
        return false;
    }
    page_forget_hot(saved, word);
    return true;
}

/* Instead of an ordinary restore of the hot pages: the same, and those that stay unchanged become cold. */
static void restore_and_count(void)
{
    for (size_t i = snapshot.hot_count; i-- > 0;) {
        struct saved_page *saved = &snapshot.saved[snapshot.hot[i]];
        if (!page_equals(saved)) {
            saved->idle = 0;
            snapshot_page_restore(saved);
        } else if (++saved->idle >= CENSUS_IDLE) {
            struct page_range *range = range_of((uintptr_t)saved->page);
            page_cool(saved, word_of(range, (uintptr_t)saved->page), PROT_READ);
        }
    }
}

/* What the execution opened is as it was before it is closed again: nothing of it is hot then. */
static void undo_open(struct page_range *range, uintptr_t start, size_t size)
{
    for (uintptr_t page = start; page < start + size; page += PAGE_BYTES) {
        uint32_t *word = word_of(range, page);
        if (*word & PAGE_HOT) {
            struct saved_page *saved = &snapshot.saved[(*word & PAGE_SAVED) - 1];
            snapshot_page_restore(saved);
            page_forget_hot(saved, word);
        }
        *word |= PAGE_CLOSED;
    }
    mprotect((void *)start, size, PROT_NONE);
}

static void undo_close(struct page_range *range, uintptr_t start, size_t size)
{
    mprotect((void *)start, size, PROT_READ);
    for (uintptr_t page = start; page < start + size; page += PAGE_BYTES) {
        uint32_t *word = word_of(range, page);
        *word &= ~PAGE_CLOSED;
        if (*word & PAGE_HOT) {
            mprotect((void *)page, PAGE_BYTES, PROT_READ | PROT_WRITE);
        }
    }
}

void snapshot_undo_changes(size_t count)
{
    while (snapshot.change_count > count) {
        const struct change *change = &snapshot.changes[--snapshot.change_count];
        struct page_range *range = range_of(change->start);
        if (change->opened) {
            undo_open(range, change->start, change->size);
        } else {
            undo_close(range, change->start, change->size);
        }
    }
}

void host_snapshot_restore(void)
{
    host_checkpoints_forget();
    snapshot_undo_changes(0);
    for (unsigned i = 0; i < snapshot.edge_count; i++) {
        bytes_copy(snapshot.edges[i].start, snapshot.edges[i].copy, snapshot.edges[i].size);
    }
    if (++snapshot.restores - snapshot.census >= CENSUS_EVERY) {
        snapshot.census = snapshot.restores;
        restore_and_count();
    } else {
        for (size_t i = 0; i < snapshot.hot_count; i++) {
            snapshot_page_restore(&snapshot.saved[snapshot.hot[i]]);
        }
    }
    arena_rewind(&snapshot.mark);
}

/* ---- pages of the arena ------------------------------------------------------------------------ */

bool snapshot_open(uintptr_t start, size_t size)
{
    return mprotect((void *)start, size, snapshot.taken ? PROT_READ : PROT_READ | PROT_WRITE) == 0;
}

bool snapshot_close_page(struct page_range *range, uintptr_t page)
{
    uint32_t *word = word_of(range, page);
    if (*word & PAGE_CLOSED) {
        return true;
    }
    snapshot.layout++;
    if (*word & PAGE_HOT) {
        struct saved_page *saved = &snapshot.saved[(*word & PAGE_SAVED) - 1];
        snapshot_page_restore(saved);
        if (!page_cool(saved, word, PROT_NONE)) {
            return false;
        }
    } else if (mprotect((void *)page, PAGE_BYTES, PROT_NONE) != 0) {
        return false;
    }
    *word |= PAGE_CLOSED;
    return true;
}

bool snapshot_reopen_page(struct page_range *range, uintptr_t page)
{
    uint32_t *word = word_of(range, page);
    if ((*word & PAGE_CLOSED) == 0) {
        return true;
    }
    snapshot.layout++;
    if (!snapshot_open(page, PAGE_BYTES)) {
        return false;
    }
    *word &= ~PAGE_CLOSED;
    return true;
}

/* Notes a change that a restore must undo. */
static bool change_add(uintptr_t start, size_t size, bool opened)
{
    if (!snapshot.taken) {
        return true;
    }
    if (snapshot.change_count == CHANGES) {
        return false;
    }
    snapshot.changes[snapshot.change_count++] = (struct change){start, size, opened};
    return true;
}

/* A page that was just made readable; what it held when it was closed last is not for its next user. */
static bool page_reuse(uintptr_t page, uint32_t *word)
{
    const struct saved_page present = {.page = (char *)page};
    bool known = (*word & PAGE_SAVED) != 0; /* will be written again: spare it the fault */
    *word &= ~PAGE_CLOSED;
    if (snapshot.taken && (*word & PAGE_HOT) != 0) {
        if (mprotect((void *)page, PAGE_BYTES, PROT_READ | PROT_WRITE) != 0) {
            return false;
        }
    } else if (snapshot.taken && known && !page_heat((char *)page, word)) {
        return false;
    }
    if (!page_equals(&present)) {
        page_zero((void *)page, PAGE_BYTES); /* may fault, as any write */
    }
    return true;
}

bool snapshot_pages_open(uintptr_t start, size_t size)
{
    struct page_range *range = range_of(start);
    if (range == NULL || !change_add(start, size, true) || !snapshot_open(start, size)) {
        return false;
    }
    for (uintptr_t page = start; page < start + size; page += PAGE_BYTES) {
        if (!page_reuse(page, word_of(range, page))) {
            return false;
        }
    }
    return true;
}

void snapshot_pages_close(uintptr_t start, size_t size)
{
    struct page_range *range = range_of(start);
    if (range == NULL || !change_add(start, size, false)) {
        return;
    }
    mprotect((void *)start, size, PROT_NONE);
    for (uintptr_t page = start; page < start + size; page += PAGE_BYTES) {
        *word_of(range, page) |= PAGE_CLOSED;
    }
}
