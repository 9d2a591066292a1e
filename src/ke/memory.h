/*
 * memory.h - memory of the library's own, which no rule counts.
 */
#ifndef UNDIS_KE_MEMORY_H
#define UNDIS_KE_MEMORY_H

#include <stddef.h>

/* Any IRQL, whatever an interrupt broke into.  Zeroed; NULL when memory is short. */
void *ke_allocate(size_t size);
void *ke_allocate_hot(size_t size); /* host_allocate_hot's */
void ke_free(void *memory);         /* NULL: nothing */

#endif
