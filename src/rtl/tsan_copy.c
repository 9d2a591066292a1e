/*
 * tsan_copy.c - a copy that a driver makes itself, as the two transitions that it is.
 *
 * The read is announced, then the write; only then does the driver's code read and write.  Should another
 * actor have changed the source between the two, the old contents are put there for the time of the copy: it
 * is over before the next step, and so nobody else sees them.
 */
#include "rtl/tsan.h"

#if UNDIS_CHECKED

#include "host/memory.h"
#include "ke/step.h"

#include <string.h>

#define ON_STACK 256u

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

/* The two announcements; `seen` takes what the source holds at the first. */
static void announce(volatile void *to, const volatile void *from, size_t size, uintptr_t pc, void *seen)
{
    void *address = (void *)(uintptr_t)from;
    ke_access(from, size, 0, pc);
    memcpy(seen, address, size);
    ke_access(to, size, ACCESS_WRITE, pc);
    if (memcmp(seen, address, size) == 0) {
        return;
    }
    void *contents = host_allocate(size);
    if (contents != NULL) {
        memcpy(contents, address, size);
        memcpy(address, seen, size);
        source.address = address;
        source.size = size;
        source.contents = contents;
        ke_step_epilogue = settle;
    }
}

void tsan_copy(volatile void *to, const volatile void *from, size_t size, uintptr_t pc)
{
    char small[ON_STACK];
    void *large = ke_stepping && size > sizeof(small) ? host_allocate(size) : NULL;
    if (ke_stepping && (large != NULL || size <= sizeof(small))) {
        announce(to, from, size, pc, large != NULL ? large : small);
    } else {
        ke_access(from, size, 0, pc);
        ke_access(to, size, ACCESS_WRITE, pc);
    }
}

#endif
