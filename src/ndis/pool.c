/*
 * pool.c - pools of NET_BUFFER_LISTs and NET_BUFFERs, and what is allocated from them.
 *
 * Each structure is a piece of memory of its own, with its context space, its NET_BUFFER, MDL and data behind
 * it, so that a use after free is seen by a memory checker.
 *
 * What is not guaranteed: NDIS_POOL tags and protocol ids mean nothing here but to findings.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/buffer.h"

#define ALIGNMENT MEMORY_ALLOCATION_ALIGNMENT
#define ROUND_UP(n) (((size_t)(n) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))

/* In NdisReserved of a NET_BUFFER_LIST: the context space that lies in the same piece of memory. */
#define BUILT_IN_CONTEXT(list) ((list)->NdisReserved[1])

static struct ndis_pool *pool_of(NDIS_HANDLE handle, uint32_t signature)
{
    struct ndis_pool *pool = handle;
    if (pool == NULL || pool->signature != signature) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)pool, 0);
    }
    return pool;
}

static struct ndis_pool *pool_create(uint32_t signature, NDIS_HANDLE owner, ULONG tag, enum object_kind kind)
{
    struct ndis_pool *pool = ke_allocate(sizeof *pool);
    if (pool != NULL) {
        pool->signature = signature;
        pool->owner = owner;
        pool->tag = tag;
        event_send(EVENT_OBJECT_CREATE, pool, kind, sizeof *pool, tag, (uintptr_t)owner);
    }
    return pool;
}

static void pool_destroy(struct ndis_pool *pool, enum object_kind kind)
{
    event_send(EVENT_OWNER_END, pool, 0, 0, 0, 0); /* what is still allocated from it leaked */
    event_send(EVENT_OBJECT_DESTROY, pool, kind, 0, 0, 0);
    pool->signature = NDIS_SIGNATURE_DEAD;
    ke_free(pool);
}

/*
 * Makes a pool of NET_BUFFER_LISTs.  ContextSize must be a multiple of MEMORY_ALLOCATION_ALIGNMENT, DataSize
 * needs fAllocateNetBuffer; else, and when memory is short, NULL.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisallocatenetbufferlistpool.
 */
NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
                                          const NET_BUFFER_LIST_POOL_PARAMETERS *Parameters)
{
    ddi_enter(NdisAllocateNetBufferListPool);
    if (ddi_fails(NdisAllocateNetBufferListPool)) {
        return NULL;
    }
    if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || Parameters->ContextSize % ALIGNMENT != 0 ||
        (Parameters->DataSize != 0 && !Parameters->fAllocateNetBuffer)) {
        return NULL;
    }
    struct ndis_pool *pool =
        pool_create(NDIS_SIGNATURE_NBL_POOL, NdisHandle, Parameters->PoolTag, OBJECT_NBL_POOL);
    if (pool != NULL) {
        pool->context_size = Parameters->ContextSize;
        pool->data_size = Parameters->DataSize;
        pool->protocol = Parameters->ProtocolId;
        pool->with_net_buffer = Parameters->fAllocateNetBuffer;
    }
    return pool;
}

/* Frees a pool, from which nothing is allocated any more.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisfreenetbufferlistpool. */
VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle)
{
    ddi_enter(NdisFreeNetBufferListPool);
    pool_destroy(pool_of(PoolHandle, NDIS_SIGNATURE_NBL_POOL), OBJECT_NBL_POOL);
}

/* Makes a pool of NET_BUFFERs.  <= DISPATCH_LEVEL.  NULL when memory is short.
 * nf-ndis-ndisallocatenetbufferpool. */
NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters)
{
    ddi_enter(NdisAllocateNetBufferPool);
    if (ddi_fails(NdisAllocateNetBufferPool)) {
        return NULL;
    }
    if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT) {
        return NULL;
    }
    struct ndis_pool *pool =
        pool_create(NDIS_SIGNATURE_NB_POOL, NdisHandle, Parameters->PoolTag, OBJECT_NB_POOL);
    if (pool != NULL) {
        pool->data_size = Parameters->DataSize;
    }
    return pool;
}

/* Frees a NET_BUFFER pool.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreenetbufferpool. */
VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle)
{
    ddi_enter(NdisFreeNetBufferPool);
    pool_destroy(pool_of(PoolHandle, NDIS_SIGNATURE_NB_POOL), OBJECT_NB_POOL);
}

/* The driver handle with which the pool was made.  nf-ndis-ndisgetpoolfromnetbufferlist's sibling. */
NDIS_HANDLE NdisGetPoolFromNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
    ddi_enter(NdisGetPoolFromNetBufferList);
    return NetBufferList->NdisPoolHandle;
}

/* The pool that a NET_BUFFER came from.  Any IRQL.  nf-ndis-ndisgetpoolfromnetbuffer. */
NDIS_HANDLE NdisGetPoolFromNetBuffer(PNET_BUFFER NetBuffer)
{
    ddi_enter(NdisGetPoolFromNetBuffer);
    return NetBuffer->NdisPoolHandle;
}

static void add_context(NET_BUFFER_LIST *list, NET_BUFFER_LIST_CONTEXT *context, size_t size, size_t used)
{
    context->Next = list->Context;
    context->Size = (USHORT)size;
    context->Offset = (USHORT)(size - used);
    list->Context = context;
}

/* The MDL with data that a pool's DataSize asks for, behind `memory`; NULL memory only counts the bytes. */
static size_t data_space(ULONG data_size)
{
    return data_size == 0
               ? 0
               : ROUND_UP(sizeof(MDL) + sizeof(ULONG_PTR) * (data_size / PAGE_SIZE + 2)) + data_size;
}

static MDL *data_build(unsigned char *memory, ULONG data_size)
{
    unsigned char *data = memory + ROUND_UP(sizeof(MDL) + sizeof(ULONG_PTR) * (data_size / PAGE_SIZE + 2));
    return mdl_build(memory, data, data_size);
}

static NET_BUFFER_LIST *list_create(struct ndis_pool *pool, size_t context_size, size_t context_used,
                                    size_t extra)
{
    size_t head = ROUND_UP(sizeof(NET_BUFFER_LIST));
    size_t context = context_size == 0 ? 0 : ROUND_UP(sizeof(NET_BUFFER_LIST_CONTEXT) + context_size);
    unsigned char *memory = ke_allocate(head + context + extra);
    if (memory == NULL) {
        return NULL;
    }
    NET_BUFFER_LIST *list = (NET_BUFFER_LIST *)(void *)memory;
    list->NdisPoolHandle = pool;
    if (context != 0) {
        BUILT_IN_CONTEXT(list) = memory + head;
        add_context(list, (NET_BUFFER_LIST_CONTEXT *)(void *)(memory + head), context_size, context_used);
    }
    InterlockedIncrement(&pool->live);
    event_send(EVENT_OBJECT_CREATE, list, OBJECT_NBL, head + context + extra, pool->tag, (uintptr_t)pool);
    return list;
}

static size_t context_total(const struct ndis_pool *pool, USHORT size, USHORT back_fill)
{
    size_t total = (size_t)size + back_fill;
    return total > pool->context_size ? total : pool->context_size;
}

/* With one NET_BUFFER, freed with its list, and with MDL and data of the pool's size when it has one. */
static NET_BUFFER_LIST *list_create_full(struct ndis_pool *pool, size_t context, size_t context_used,
                                         PMDL mdl, ULONG offset, SIZE_T length)
{
    size_t buffer_size = ROUND_UP(sizeof(NET_BUFFER));
    NET_BUFFER_LIST *list =
        list_create(pool, context, context_used, buffer_size + data_space(pool->data_size));
    if (list == NULL) {
        return NULL;
    }
    unsigned char *after = (unsigned char *)list + ROUND_UP(sizeof *list);
    after += context == 0 ? 0 : ROUND_UP(sizeof(NET_BUFFER_LIST_CONTEXT) + context);
    NET_BUFFER *buffer = (NET_BUFFER *)(void *)after;
    buffer->NdisPoolHandle = NULL;
    if (pool->data_size != 0) {
        mdl = data_build(after + buffer_size, pool->data_size);
    }
    net_buffer_place(buffer, mdl, offset, length);
    list->FirstNetBuffer = buffer;
    return list;
}

/*
 * Allocates a NET_BUFFER_LIST; from a pool that was made with fAllocateNetBuffer, with an empty NET_BUFFER,
 * and MDL and data when it has a DataSize.  ContextSize and ContextBackFill must be multiples of
 * MEMORY_ALLOCATION_ALIGNMENT.  <= DISPATCH_LEVEL.  NULL when memory is short or a size is wrong.
 * nf-ndis-ndisallocatenetbufferlist.
 */
PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill)
{
    ddi_enter(NdisAllocateNetBufferList);
    if (ddi_fails(NdisAllocateNetBufferList)) {
        return NULL;
    }
    struct ndis_pool *pool = pool_of(PoolHandle, NDIS_SIGNATURE_NBL_POOL);
    if (ContextSize % ALIGNMENT != 0 || ContextBackFill % ALIGNMENT != 0) {
        return NULL;
    }
    size_t context = context_total(pool, ContextSize, ContextBackFill);
    return pool->with_net_buffer ? list_create_full(pool, context, ContextSize, NULL, 0, 0)
                                 : list_create(pool, context, ContextSize, 0);
}

/*
 * Allocates a NET_BUFFER_LIST with one NET_BUFFER, and with MDL and data when the pool has a DataSize; then
 * MdlChain must be NULL.  The pool must have been made with fAllocateNetBuffer.  <= DISPATCH_LEVEL.  NULL
 * when memory is short or the arguments do not fit the pool.  nf-ndis-ndisallocatenetbufferandnetbufferlist.
 */
PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                                       USHORT ContextBackFill, PMDL MdlChain,
                                                       ULONG DataOffset, SIZE_T DataLength)
{
    ddi_enter(NdisAllocateNetBufferAndNetBufferList);
    if (ddi_fails(NdisAllocateNetBufferAndNetBufferList)) {
        return NULL;
    }
    struct ndis_pool *pool = pool_of(PoolHandle, NDIS_SIGNATURE_NBL_POOL);
    if (!pool->with_net_buffer || ContextSize % ALIGNMENT != 0 || ContextBackFill % ALIGNMENT != 0 ||
        (pool->data_size != 0 && MdlChain != NULL)) {
        return NULL;
    }
    return list_create_full(pool, context_total(pool, ContextSize, ContextBackFill), ContextSize, MdlChain,
                            DataOffset, DataLength);
}

static void free_contexts(NET_BUFFER_LIST *list)
{
    NET_BUFFER_LIST_CONTEXT *context = list->Context;
    while (context != NULL) {
        NET_BUFFER_LIST_CONTEXT *next = context->Next;
        if ((void *)context != BUILT_IN_CONTEXT(list)) {
            ke_free(context);
        }
        context = next;
    }
}

/*
 * Frees a NET_BUFFER_LIST with everything that was allocated together with it; NET_BUFFERs, MDLs and buffers
 * that the driver added are the driver's.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreenetbufferlist.
 */
VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
    ddi_enter(NdisFreeNetBufferList);
    struct ndis_pool *pool = pool_of(NetBufferList->NdisPoolHandle, NDIS_SIGNATURE_NBL_POOL);
    event_send(EVENT_OBJECT_DESTROY, NetBufferList, OBJECT_NBL, 0, 0, 0);
    free_contexts(NetBufferList);
    InterlockedDecrement(&pool->live);
    ke_free(NetBufferList);
}

/*
 * Makes ContextSize more bytes of context space the current ones, from the back fill when it has room, else
 * freshly allocated with ContextBackFill bytes to spare.  <= DISPATCH_LEVEL.  NDIS_STATUS_RESOURCES when
 * memory is short, NDIS_STATUS_INVALID_PARAMETER for a size that is not aligned.
 * nf-ndis-ndisallocatenetbufferlistcontext.
 */
NDIS_STATUS NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize,
                                             USHORT ContextBackFill, ULONG PoolTag)
{
    ddi_enter(NdisAllocateNetBufferListContext);
    if (ddi_fails(NdisAllocateNetBufferListContext)) {
        return NDIS_STATUS_RESOURCES;
    }
    (void)PoolTag;
    if (ContextSize % ALIGNMENT != 0 || ContextBackFill % ALIGNMENT != 0) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    NET_BUFFER_LIST_CONTEXT *current = NetBufferList->Context;
    if (current != NULL && current->Offset >= ContextSize) {
        current->Offset = (USHORT)(current->Offset - ContextSize);
        return NDIS_STATUS_SUCCESS;
    }
    size_t total = (size_t)ContextSize + ContextBackFill;
    NET_BUFFER_LIST_CONTEXT *context = ke_allocate(sizeof *context + total);
    if (context == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    add_context(NetBufferList, context, total, ContextSize);
    return NDIS_STATUS_SUCCESS;
}

/* Undoes the latest NdisAllocateNetBufferListContext of that size.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisfreenetbufferlistcontext. */
VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize)
{
    ddi_enter(NdisFreeNetBufferListContext);
    NET_BUFFER_LIST_CONTEXT *context = NetBufferList->Context;
    if (context == NULL) {
        return;
    }
    context->Offset = (USHORT)(context->Offset + ContextSize);
    if (context->Offset >= context->Size && (void *)context != BUILT_IN_CONTEXT(NetBufferList)) {
        NetBufferList->Context = context->Next;
        ke_free(context);
    }
}

static NET_BUFFER *buffer_create(struct ndis_pool *pool, size_t extra)
{
    size_t size = ROUND_UP(sizeof(NET_BUFFER)) + extra;
    NET_BUFFER *buffer = ke_allocate(size);
    if (buffer != NULL) {
        buffer->NdisPoolHandle = pool;
        InterlockedIncrement(&pool->live);
        event_send(EVENT_OBJECT_CREATE, buffer, OBJECT_NB, size, pool->tag, (uintptr_t)pool);
    }
    return buffer;
}

/* Allocates a NET_BUFFER for that MDL chain.  <= DISPATCH_LEVEL.  NULL when memory is short.
 * nf-ndis-ndisallocatenetbuffer. */
PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength)
{
    ddi_enter(NdisAllocateNetBuffer);
    if (ddi_fails(NdisAllocateNetBuffer)) {
        return NULL;
    }
    NET_BUFFER *buffer = buffer_create(pool_of(PoolHandle, NDIS_SIGNATURE_NB_POOL), 0);
    if (buffer != NULL) {
        net_buffer_place(buffer, MdlChain, DataOffset, DataLength);
    }
    return buffer;
}

/*
 * Allocates a NET_BUFFER with an MDL and the pool's DataSize bytes; DataLength is 0 at first and all of it
 * unused space.
 * <= DISPATCH_LEVEL.  NULL when memory is short or the pool has no DataSize.
 * nf-ndis-ndisallocatenetbuffermdlanddata.
 */
PNET_BUFFER NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle)
{
    ddi_enter(NdisAllocateNetBufferMdlAndData);
    if (ddi_fails(NdisAllocateNetBufferMdlAndData)) {
        return NULL;
    }
    struct ndis_pool *pool = pool_of(PoolHandle, NDIS_SIGNATURE_NB_POOL);
    if (pool->data_size == 0) {
        return NULL;
    }
    NET_BUFFER *buffer = buffer_create(pool, data_space(pool->data_size));
    if (buffer != NULL) {
        unsigned char *after = (unsigned char *)buffer + ROUND_UP(sizeof *buffer);
        net_buffer_place(buffer, data_build(after, pool->data_size), 0, 0);
    }
    return buffer;
}

/* Frees a NET_BUFFER, with MDL and data when they were allocated together.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisfreenetbuffer. */
VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer)
{
    ddi_enter(NdisFreeNetBuffer);
    struct ndis_pool *pool = pool_of(NetBuffer->NdisPoolHandle, NDIS_SIGNATURE_NB_POOL);
    event_send(EVENT_OBJECT_DESTROY, NetBuffer, OBJECT_NB, 0, 0, 0);
    InterlockedDecrement(&pool->live);
    ke_free(NetBuffer);
}
