/*
 * kept.h - what a library function has read, while it waits for its next step.
 *
 * Under the explored engine another actor may run between the announcement of a read and that of what comes
 * next.  The function goes on with what stood there at the read.  Elsewhere nothing is copied.
 */
#ifndef UNDIS_RTL_KEPT_H
#define UNDIS_RTL_KEPT_H

#include "host/memory.h"
#include "ke/step.h"

#include <string.h>

#if UNDIS_CHECKED

struct kept {
    void *large;
    char small[512];
};

/* The `size` bytes as they are now; `from` itself when nothing can come between or memory is short. */
static inline const void *kept_take(struct kept *kept, const void *from, size_t size)
{
    kept->large = NULL;
    if (!ke_stepping) {
        return from;
    }
    if (size <= sizeof(kept->small)) {
        return memcpy(kept->small, from, size);
    }
    kept->large = host_allocate(size);
    return kept->large != NULL ? memcpy(kept->large, from, size) : from;
}

static inline void kept_drop(struct kept *kept)
{
    if (kept->large != NULL) {
        host_free(kept->large);
    }
}

#else

struct kept {
    char none;
};

static inline const void *kept_take(struct kept *kept, const void *from, size_t size)
{
    (void)kept, (void)size;
    return from;
}

static inline void kept_drop(struct kept *kept)
{
    (void)kept;
}

#endif

#endif
