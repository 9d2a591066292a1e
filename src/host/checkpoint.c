/*
 * checkpoint.c - moments after the snapshot that an execution can be taken back to, and the journal of what
 * changes in kept memory.
 *
 * Between two restores of the snapshot pages become hot and do not cease to be, so the pages that a
 * checkpoint copied are the first of snapshot.hot when it is gone back to; later ones were then as the
 * snapshot has them.
 */
#include "host/host.h"
#include "host/memory.h"
#include "host/pages.h"

#include <string.h>

#define COPIES_GROW 64u /* pages */
#define JOURNAL_BYTES (UINT64_C(1) << 28)
#define JOURNAL_WORD sizeof(uint64_t)

struct held_page {
    uint32_t saved; /* its index in snapshot.saved */
    uint32_t place; /* of its copy in `copies`: one behind the other, which caches like better than pages */
    uint16_t from;  /* of the page's bytes those before this one are nobody's */
    bool closed;    /* not readable at that moment: nothing was copied */
};

struct checkpoint {
    char *copies;
    struct held_page *pages;
    size_t count, capacity;
    size_t changes;
    uint64_t layout;
    struct arena_mark mark;
    size_t journal;
    char edge[SNAPSHOT_EDGES][PAGE_BYTES];
};

static struct {
    unsigned count;
    bool broken;
    struct checkpoint *checkpoint; /* HOST_CHECKPOINTS of them */
    char *journal;                 /* the old bytes, then struct journal_entry, of each note */
    size_t written;
} kept HOST_KEPT;

struct journal_entry {
    void *at;
    size_t size;
};

bool host_journal_open HOST_KEPT;

/* ---- the journal --------------------------------------------------------------------------------- */

static size_t rounded(size_t size)
{
    return (size + JOURNAL_WORD - 1) & ~(JOURNAL_WORD - 1);
}

void host_journal_void(void)
{
    kept.broken = true;
}

/* Notes are small, and there are many: no call of memcpy. */
static inline void note_copy(void *to, const void *from, size_t size)
{
    char *target = to;
    const char *source = from;
    for (; size >= JOURNAL_WORD; size -= JOURNAL_WORD) {
        uint64_t word;
        memcpy(&word, source, JOURNAL_WORD);
        __asm__("" : "+r"(word)); /* or compilers make a call of it after all */
        memcpy(target, &word, JOURNAL_WORD);
        source += JOURNAL_WORD;
        target += JOURNAL_WORD;
    }
    for (; size > 0; size--) {
        char byte = *source++;
        __asm__("" : "+r"(byte));
        *target++ = byte;
    }
}

void host_journal_write(void *at, size_t size)
{
    size_t end = kept.written + rounded(size);
    struct journal_entry entry = {at, size};
    if (kept.broken || end + sizeof(entry) > JOURNAL_BYTES) {
        kept.broken = true;
        return;
    }
    note_copy(kept.journal + kept.written, at, size);
    memcpy(kept.journal + end, &entry, sizeof(entry));
    kept.written = end + sizeof(entry);
}

static void journal_undo(size_t to)
{
    while (kept.written > to) {
        struct journal_entry entry;
        kept.written -= sizeof(entry);
        memcpy(&entry, kept.journal + kept.written, sizeof(entry));
        kept.written -= rounded(entry.size);
        note_copy(entry.at, kept.journal + kept.written, entry.size);
    }
}

/* ---- taking one ---------------------------------------------------------------------------------- */

static bool open_tables(void)
{
    if (kept.checkpoint == NULL) {
        kept.checkpoint = pages_reserve(HOST_CHECKPOINTS * sizeof(*kept.checkpoint));
        kept.journal = kept.checkpoint != NULL ? pages_reserve(JOURNAL_BYTES) : NULL;
    }
    return kept.journal != NULL;
}

/* The old ones are lost; their memory is the process's, like all that lasts as long as the machine. */
static bool make_room(struct checkpoint *checkpoint, size_t pages)
{
    if (pages <= checkpoint->capacity) {
        return true;
    }
    size_t capacity = pages + COPIES_GROW;
    char *copies = pages_reserve(capacity * PAGE_BYTES);
    struct held_page *held = pages_reserve(capacity * sizeof(*held));
    if (copies == NULL || held == NULL) {
        return false;
    }
    checkpoint->copies = copies;
    checkpoint->pages = held;
    checkpoint->capacity = capacity;
    return true;
}

/* Where an edge's copy begins: as far from the begin of a line as the edge itself, which copies faster. */
static char *edge_place(struct checkpoint *checkpoint, unsigned edge)
{
    return checkpoint->edge[edge] + ((uintptr_t)snapshot.edges[edge].start & (PAGE_BYTES - 1));
}

/* Where in the page what somebody has on his stack begins; 0, too, when it is no stack's. */
static uint16_t in_use_from(const struct saved_page *saved, const struct host_context *const *suspended,
                            unsigned count)
{
    uintptr_t page = (uintptr_t)saved->page;
    for (unsigned i = 0; i < count && host_arena_holds(saved->page); i++) {
        const struct host_context *context = suspended[i];
        if (page - (uintptr_t)context->stack.base < context->stack.size) {
            uintptr_t sp = (uintptr_t)context->sp;
            uintptr_t unused = sp > page ? (sp - page) & ~(uintptr_t)(PAGE_PIECE - 1) : 0;
            return unused < saved->live ? (uint16_t)unused : saved->live;
        }
    }
    return 0;
}

/* In between by lines, as pages are, for both lie alike (edge_place). */
static void edge_copy(char *to, const char *from, size_t size)
{
    size_t head = -(uintptr_t)to % 16, whole = 0;
    if (head < size && ((uintptr_t)to ^ (uintptr_t)from) % 16 == 0) {
        whole = (size - head) & ~(size_t)(PAGE_PIECE - 1);
    } else {
        head = 0;
    }
    bytes_copy(to, from, head);
    page_copy(to + head, from + head, whole);
    bytes_copy(to + head + whole, from + head + whole, size - head - whole);
}

static void copy_pages(struct checkpoint *checkpoint, const struct host_context *const *suspended,
                       unsigned count)
{
    uint32_t place = 0;
    checkpoint->count = snapshot.hot_count;
    for (size_t i = 0; i < snapshot.hot_count; i++) {
        const struct saved_page *saved = &snapshot.saved[snapshot.hot[i]];
        struct held_page *held = &checkpoint->pages[i];
        held->saved = snapshot.hot[i];
        held->closed = snapshot.change_count != 0 && (*snapshot_word(saved) & PAGE_CLOSED) != 0;
        held->place = place;
        held->from = in_use_from(saved, suspended, count);
        if (!held->closed) {
            uint32_t size = saved->live - held->from;
            page_copy(checkpoint->copies + place, saved->page + held->from, size);
            place += size;
        }
    }
}

bool host_checkpoint_take(const struct host_context *const *suspended, unsigned count)
{
    if (!snapshot.taken || kept.count == HOST_CHECKPOINTS || !open_tables()) {
        return false;
    }
    struct checkpoint *checkpoint = &kept.checkpoint[kept.count];
    if ((kept.broken && kept.count > 0) || !make_room(checkpoint, snapshot.hot_count)) {
        return false;
    }
    copy_pages(checkpoint, suspended, count);
    for (unsigned i = 0; i < snapshot.edge_count; i++) {
        edge_copy(edge_place(checkpoint, i), snapshot.edges[i].start, snapshot.edges[i].size);
    }
    checkpoint->changes = snapshot.change_count;
    checkpoint->layout = snapshot.layout;
    checkpoint->journal = kept.written;
    arena_note(&checkpoint->mark);
    kept.count++;
    kept.broken = false;
    host_journal_open = true;
    return true;
}

unsigned host_checkpoint_count(void)
{
    return kept.count;
}

void host_checkpoint_drop(void)
{
    /* What was noted since still has to be undone by those before it. */
    kept.count--;
    if (kept.count == 0) {
        host_checkpoints_forget();
    }
}

void host_checkpoints_forget(void)
{
    kept.count = 0;
    kept.written = 0;
    kept.broken = false;
    host_journal_open = false;
}

/* ---- going back ---------------------------------------------------------------------------------- */

static bool can_go_back(const struct checkpoint *checkpoint)
{
    return !kept.broken && checkpoint->layout == snapshot.layout && checkpoint->count <= snapshot.hot_count &&
           checkpoint->changes <= snapshot.change_count;
}

static void put_back_pages(const struct checkpoint *checkpoint)
{
    for (size_t i = 0; i < snapshot.hot_count; i++) {
        if (i >= checkpoint->count || snapshot.hot[i] != checkpoint->pages[i].saved) {
            snapshot_page_restore(&snapshot.saved[snapshot.hot[i]]);
        }
    }
    for (size_t i = 0; i < checkpoint->count; i++) {
        const struct held_page *held = &checkpoint->pages[i];
        const struct saved_page *saved = &snapshot.saved[held->saved];
        if (!held->closed) {
            page_copy(saved->page + held->from, checkpoint->copies + held->place,
                      (size_t)(saved->live - held->from));
        }
    }
}

bool host_checkpoint_restore(void)
{
    if (kept.count == 0 || !can_go_back(&kept.checkpoint[kept.count - 1])) {
        return false;
    }
    struct checkpoint *checkpoint = &kept.checkpoint[kept.count - 1];
    snapshot.restores++;
    snapshot_undo_changes(checkpoint->changes);
    journal_undo(checkpoint->journal);
    for (unsigned i = 0; i < snapshot.edge_count; i++) {
        edge_copy(snapshot.edges[i].start, edge_place(checkpoint, i), snapshot.edges[i].size);
    }
    put_back_pages(checkpoint);
    arena_rewind(&checkpoint->mark);
    return true;
}
