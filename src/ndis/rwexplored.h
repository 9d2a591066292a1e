/*
 * rwexplored.h - reader-writer locks on the explored engine, which knows exclusive lock words only.
 *
 * A processor's first reader takes that processor's word, a writer takes the lock's own word and then every
 * processor's.  So readers exclude a writer and not each other, recursion on one processor is free, and a
 * waiting writer keeps new readers out, which is one of the orders that the locks allow (RW-7).
 */
#ifndef UNDIS_NDIS_RWEXPLORED_H
#define UNDIS_NDIS_RWEXPLORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_words {
    volatile uint32_t *writer; /* processor number plus one; 0: none */
    volatile uint32_t *word;   /* among writers */
    volatile uint32_t *first;  /* the first processor's count of readers; its word follows it */
    size_t stride;             /* bytes from one processor to the next */
};

/* At DISPATCH_LEVEL, under ke_stepping.  The writer's depth is the caller's. */
void rw_explored_read(const struct rw_words *words);
bool rw_explored_try_read(const struct rw_words *words);
void rw_explored_end_read(const struct rw_words *words);
void rw_explored_write(const struct rw_words *words);
bool rw_explored_try_write(const struct rw_words *words);
void rw_explored_end_write(const struct rw_words *words);

#endif
