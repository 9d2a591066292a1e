/*
 * buffer.h - how NET_BUFFER_LISTs, NET_BUFFERs and their MDLs are made: shared by pool.c, clone.c and data.c.
 */
#ifndef UNDIS_NDIS_BUFFER_H
#define UNDIS_NDIS_BUFFER_H

#include "ndis/adapter.h"

struct ndis_pool {
    uint32_t signature; /* NDIS_SIGNATURE_NBL_POOL or NDIS_SIGNATURE_NB_POOL */
    NDIS_HANDLE owner;
    ULONG tag;
    ULONG data_size;
    USHORT context_size;
    UCHAR protocol;
    BOOLEAN with_net_buffer;
    volatile LONG live;
};

/* Bytes of an MDL that describes [address, address + length). */
static inline size_t mdl_size(const void *address, size_t length)
{
    return sizeof(MDL) + sizeof(ULONG_PTR) * (size_t)ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, length);
}

/* Makes an MDL for non-paged memory in `memory`, which has mdl_size bytes. */
static inline MDL *mdl_build(void *memory, void *address, size_t length)
{
    MDL *mdl = memory;
    MmInitializeMdl(mdl, address, (ULONG)length);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

static inline void *mdl_address(MDL *mdl)
{
    return mdl->MappedSystemVa;
}

/* Points the NET_BUFFER at its data: DataOffset bytes into the chain, which may be NULL. */
void net_buffer_place(NET_BUFFER *buffer, MDL *chain, ULONG offset, SIZE_T length);

/* An MDL with its buffer in one piece of NDIS memory; what NDIS itself adds in a retreat or clone. */
MDL *mdl_allocate_with_buffer(ULONG length);
MDL *mdl_allocate_for(void *address, ULONG length);
void mdl_free(MDL *mdl);
void mdl_free_chain(MDL *first); /* NULL: none */

#endif
