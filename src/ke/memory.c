/*
 * memory.c - memory of the library's own (contract in memory.h): the host's, with interrupts masked around
 * it.
 */
#include "ke/memory.h"

#include "host/memory.h"
#include "ke/processor.h"

void *ke_allocate(size_t size)
{
    KIRQL old = ke_mask();
    void *memory = host_allocate(size);
    ke_unmask(old);
    return memory;
}

void *ke_allocate_hot(size_t size)
{
    KIRQL old = ke_mask();
    void *memory = host_allocate_hot(size);
    ke_unmask(old);
    return memory;
}

void ke_free(void *memory)
{
    KIRQL old = ke_mask();
    host_free(memory);
    ke_unmask(old);
}
