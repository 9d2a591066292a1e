/*
 * rwexplored.h - reader-writer locks on the explored engine, which knows exclusive lock words only.
 *
 * A processor's first reader takes that processor's word, a writer takes the lock's own word and then every
 * processor's.  So readers exclude a writer and not each other, reading again on one processor is free, and a
 * waiting writer keeps new readers out, which is one of the orders that the locks allow (RW-7).
 */
#ifndef UNDIS_EX_RWEXPLORED_H
#define UNDIS_EX_RWEXPLORED_H

#include "ke/step.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a lock keeps what. */
struct rw_words {
    volatile uint32_t *writer; /* processor number plus one, 0 for none; NULL: even the writer would wait */
    volatile uint32_t *word;   /* among writers */
    volatile uint32_t *first;  /* the first processor's count of readers; its word follows it */
    size_t stride;             /* bytes from one processor to the next */
};

/* Is what follows for the explored engine? */
#if UNDIS_CHECKED
#define rw_explored() __builtin_expect(ke_stepping, 0)
#else
#define rw_explored() false
#endif

static inline volatile uint32_t *rw_readers(const struct rw_words *words, unsigned processor)
{
    return (volatile uint32_t *)(void *)((char *)(uintptr_t)words->first + processor * words->stride);
}

/* At DISPATCH_LEVEL, when rw_explored().  The writer's depth is the caller's. */
void rw_explored_read(const struct rw_words *words);
bool rw_explored_try_read(const struct rw_words *words);
void rw_explored_end_read(const struct rw_words *words);
void rw_explored_write(const struct rw_words *words);
bool rw_explored_try_write(const struct rw_words *words);
void rw_explored_end_write(const struct rw_words *words);
/* The only reader, once, becomes the writer; false: others read, or want to write. */
bool rw_explored_try_convert(const struct rw_words *words);

#endif
