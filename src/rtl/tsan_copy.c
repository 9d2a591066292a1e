/*
 * tsan_copy.c - a copy that a driver makes itself, as the two transitions that it is.
 *
 * The read is announced, then the write; only then does the driver's code read and write.  Should another
 * actor have changed the source between the two, the old contents are put there for the time of the copy: it
 * is over before the next step, and so nobody else sees them.
 */
#include "rtl/tsan.h"

#if UNDIS_CHECKED

#include "rtl/kept.h"

/* What really stands in the source of the unsettled copy. */
static struct {
    void *address;
    size_t size;
    void *contents;
} source;

static void settle(void)
{
    memcpy(source.address, source.contents, source.size);
    host_free(source.contents);
}

/* Puts the old contents back into the source until the transition is over. */
static void tear(void *from, const void *old, size_t size)
{
    void *contents = host_allocate(size);
    if (contents != NULL) {
        source.contents = memcpy(contents, from, size);
        source.address = memcpy(from, old, size);
        source.size = size;
        ke_step_epilogue = settle;
    }
}

void tsan_copy(volatile void *to, const volatile void *from, size_t size, uintptr_t pc)
{
    struct kept kept;
    void *present = (void *)(uintptr_t)from;
    ke_access(from, size, 0, pc);
    const void *old = kept_take(&kept, present, size);
    ke_access(to, size, ACCESS_WRITE, pc);
    if (old != present && memcmp(old, present, size) != 0) {
        tear(present, old, size);
    }
    kept_drop(&kept);
}

#endif
