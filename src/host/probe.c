/*
 * probe.c - is an address readable?  Asked of the kernel, so that no fault is taken.
 */
#include "host/host.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE_BYTES 4096u

bool host_readable(const void *address)
{
    char byte = 0; /* written here too: the kernel may not write to a page that a snapshot protects */
    int saved = errno;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)address, 1};
    bool readable = process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
    if (!readable && errno != EFAULT) {
        /* The call itself is forbidden here: then a page that is mapped at all must do. */
        readable =
            msync((void *)((uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1)), PAGE_BYTES, MS_ASYNC) == 0;
    }
    errno = saved;
    return readable;
}
