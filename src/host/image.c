/*
 * image.c - where libundis itself is mapped.
 */
#include "host/host.h"

#include <link.h>

struct host_image host_own_image;

static int find(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size;
    struct host_image image = {UINTPTR_MAX, 0};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD) {
            uintptr_t start = info->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
            image.low = start < image.low ? start : image.low;
            image.high = end > image.high ? end : image.high;
        }
    }
    uintptr_t here = (uintptr_t)argument;
    if (here < image.low || here >= image.high) {
        return 0;
    }
    host_own_image = image;
    return 1;
}

static __attribute__((constructor)) void find_own_image(void)
{
    dl_iterate_phdr(find, &host_own_image);
}
