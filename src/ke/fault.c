/*
 * fault.c - who decides whether a call fails.
 */
#include "ke/fault.h"

#if UNDIS_CHECKED

#include <link.h>

bool (*ke_fault)(const char *function, const void *from);
volatile unsigned ke_failed_calls;

/* Where libundis itself is mapped: what it calls for itself does not fail. */
static uintptr_t own_low, own_high;

static int find_own_image(struct dl_phdr_info *info, size_t size, void *argument)
{
    uintptr_t low = UINTPTR_MAX, high = 0, here = (uintptr_t)argument;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD) {
            uintptr_t start = info->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
            low = start < low ? start : low;
            high = end > high ? end : high;
        }
    }
    if (here < low || here >= high) {
        return 0;
    }
    own_low = low;
    own_high = high;
    return 1;
}

static __attribute__((constructor)) void find_own_range(void)
{
    dl_iterate_phdr(find_own_image, (void *)(uintptr_t)ke_call_fails);
}

bool ke_call_fails(const char *function, const void *from)
{
    if ((uintptr_t)from >= own_low && (uintptr_t)from < own_high) {
        return false;
    }
    bool fails = ke_fails() || (ke_fault != NULL && ke_fault(function, from));
    if (fails) {
        __atomic_fetch_add(&ke_failed_calls, 1, __ATOMIC_RELAXED);
    }
    return fails;
}

#endif
