/*
 * shadow.h - what is known of each byte of the driver's pool memory, beside the memory itself.
 *
 * Per 8 bytes one byte of state and one bit mask of bytes that were never written.  Memory that is no pool
 * is open and written.  On the free-running engine any processor may look and mark at any time; where two do
 * so at once for one granule, what one of them marked may be lost, which can only hide a finding.
 */
#ifndef UNDIS_VERIFIER_SHADOW_H
#define UNDIS_VERIFIER_SHADOW_H

#include "ke/step.h"
#include "verifier/verifier.h"

#define SHADOW_GRANULE 8u
#define SHADOW_PAGE 4096u

enum shadow_state {
    SHADOW_OPEN = 0,
    /* 1 to 7: only that many bytes belong to the block */
    SHADOW_PAGED = 0xF8,  /* all of a block of paged pool: not at DISPATCH_LEVEL */
    SHADOW_BESIDE = 0xFA, /* next to a block */
    SHADOW_FREED = 0xFD,
};

struct shadow_page {
    uint8_t state[SHADOW_PAGE / SHADOW_GRANULE];
    uint8_t unwritten[SHADOW_PAGE / SHADOW_GRANULE];
};

/* The shadow of the page that `address` lies in; NULL: nothing was ever marked there. */
struct shadow_page *shadow_find(uintptr_t address);
/* Marks whole granules; where memory is short they stay as they are.  Interrupts are masked. */
void shadow_mark(uintptr_t start, uintptr_t end, uint8_t state);
void shadow_mark_unwritten(uintptr_t start, size_t size);

/* Memory for the verifier's own notes that an execution's end puts back.  Interrupts are masked. */
void *shadow_allocate(size_t size);

/* A block of pool, live or freed lately (shadow_block.c). */
#define SHADOW_FRAMES 12
struct shadow_block {
    struct shadow_block *next;
    uintptr_t address;
    size_t size;
    uint32_t tag;
    uint8_t kind;
    bool freed;
    uint8_t allocated_depth, freed_depth;
    uintptr_t allocated[SHADOW_FRAMES];
    uintptr_t released[SHADOW_FRAMES];
};
/* The block that holds the address, or else is next to it; a copy, false: none. */
bool shadow_block_near(uintptr_t address, struct shadow_block *block);

/* UninitializedRead (shadow_read.c): a read whose bytes were all never written; an access of this context. */
void shadow_read_suspect(const struct access *access);
void shadow_read_settle(const struct access *access);
/* The block at that address is about to be marked as freed, and with that goes what could tell. */
void shadow_read_end(uintptr_t address);
extern volatile uint32_t shadow_reads_pending;

/* The event of an access, for a finding. */
struct event shadow_event(void);

#endif
