/*
 * buffer.c - NET_BUFFER_LISTs, NET_BUFFERs, their MDLs, data and context space.
 */
#include <ndis.h>

#include "check.h"
#include "machine.h"

static NDIS_HANDLE list_pool(BOOLEAN with_buffer, USHORT context, ULONG data)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = with_buffer,
        .ContextSize = context,
        .PoolTag = 'tset',
        .DataSize = data,
    };
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static NDIS_HANDLE buffer_pool(ULONG data)
{
    NET_BUFFER_POOL_PARAMETERS parameters = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = 'tset',
        .DataSize = data,
    };
    return NdisAllocateNetBufferPool(NULL, &parameters);
}

static void pools(void *argument)
{
    (void)argument;
    CHECK(list_pool(FALSE, 8, 0) == NULL);   /* not a multiple of MEMORY_ALLOCATION_ALIGNMENT */
    CHECK(list_pool(FALSE, 0, 100) == NULL); /* data without a NET_BUFFER */
    NDIS_HANDLE pool = list_pool(FALSE, 0, 0);
    CHECK(NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0) == NULL);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    CHECK(list->FirstNetBuffer == NULL);
    CHECK(list->Context == NULL);
    CHECK_PTR(NdisGetPoolFromNetBufferList(list), pool);
    CHECK_EQ((uintptr_t)list % 16, 0);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    pool = list_pool(TRUE, 0, 2000);
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 100, 1500);
    NET_BUFFER *buffer = list->FirstNetBuffer;
    CHECK_EQ(NET_BUFFER_DATA_LENGTH(buffer), 1500);
    CHECK_EQ(NET_BUFFER_DATA_OFFSET(buffer), 100);
    CHECK_EQ(NET_BUFFER_FIRST_MDL(buffer)->ByteCount, 2000);
    memset(MmGetSystemAddressForMdlSafe(NET_BUFFER_FIRST_MDL(buffer), NormalPagePriority), 7, 2000);
    NdisFreeNetBufferList(list);
    list = NdisAllocateNetBufferList(pool, 0, 0); /* such a pool gives a NET_BUFFER here as well */
    buffer = list->FirstNetBuffer;
    CHECK_EQ(NET_BUFFER_FIRST_MDL(buffer)->ByteCount, 2000);
    CHECK(NET_BUFFER_NEXT_NB(buffer) == NULL);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

static void context_space(void *argument)
{
    (void)argument;
    NDIS_HANDLE pool = list_pool(FALSE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 32, 0);
    CHECK_EQ(list->Context->Size, 64);
    CHECK_EQ(list->Context->Offset, 32);
    PUCHAR first = NET_BUFFER_LIST_CONTEXT_DATA_START(list);
    memset(first, 1, 32);
    NET_BUFFER_LIST_CONTEXT *built_in = list->Context;
    CHECK_EQ(NdisAllocateNetBufferListContext(list, 32, 0, 0), NDIS_STATUS_SUCCESS); /* from the back fill */
    CHECK_PTR(list->Context, built_in);
    CHECK_PTR(NET_BUFFER_LIST_CONTEXT_DATA_START(list), first - 32);
    CHECK_EQ(NdisAllocateNetBufferListContext(list, 48, 16, 0), NDIS_STATUS_SUCCESS); /* a new one */
    CHECK(list->Context != built_in);
    CHECK_EQ(list->Context->Offset, 16);
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(list), 2, 48);
    CHECK_EQ(NdisAllocateNetBufferListContext(list, 8, 0, 0), NDIS_STATUS_INVALID_PARAMETER);
    NdisFreeNetBufferListContext(list, 48);
    CHECK_PTR(list->Context, built_in);
    NdisFreeNetBufferListContext(list, 32);
    CHECK_PTR(NET_BUFFER_LIST_CONTEXT_DATA_START(list), first);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* A NET_BUFFER over three MDLs of 10, 20 and 30 bytes with 12 bytes unused: bytes 0, 1, 2 ... */
static unsigned char memory[60];

static NET_BUFFER *fragmented(NDIS_HANDLE pool, MDL **mdls)
{
    for (unsigned n = 0; n < sizeof memory; n++) {
        memory[n] = (unsigned char)n;
    }
    mdls[0] = NdisAllocateMdl(NULL, memory, 10);
    mdls[1] = NdisAllocateMdl(NULL, memory + 10, 20);
    mdls[2] = NdisAllocateMdl(NULL, memory + 30, 30);
    mdls[0]->Next = mdls[1];
    mdls[1]->Next = mdls[2];
    return NdisAllocateNetBuffer(pool, mdls[0], 12, 40);
}

static void free_fragmented(NET_BUFFER *buffer, MDL **mdls)
{
    NdisFreeNetBuffer(buffer);
    for (int n = 0; n < 3; n++) {
        NdisFreeMdl(mdls[n]);
    }
}

static void data_start(void *argument)
{
    MDL *mdls[3];
    (void)argument;
    NDIS_HANDLE pool = buffer_pool(0);
    NET_BUFFER *buffer = fragmented(pool, mdls);
    CHECK_PTR(NET_BUFFER_CURRENT_MDL(buffer), mdls[1]);
    CHECK_EQ(NET_BUFFER_CURRENT_MDL_OFFSET(buffer), 2);
    NdisAdvanceNetBufferDataStart(buffer, 18, FALSE, NULL);
    CHECK_PTR(NET_BUFFER_CURRENT_MDL(buffer), mdls[2]);
    CHECK_EQ(NET_BUFFER_CURRENT_MDL_OFFSET(buffer), 0);
    CHECK_EQ(NET_BUFFER_DATA_LENGTH(buffer), 22);
    CHECK_EQ(NdisRetreatNetBufferDataStart(buffer, 30, 0, NULL), NDIS_STATUS_SUCCESS);
    CHECK_PTR(NET_BUFFER_CURRENT_MDL(buffer), mdls[0]);
    CHECK_EQ(NET_BUFFER_DATA_OFFSET(buffer), 0);
    CHECK_EQ(NET_BUFFER_DATA_LENGTH(buffer), 52);
    /* No unused space left: NDIS adds an MDL, and takes it off again. */
    CHECK_EQ(NdisRetreatNetBufferDataStart(buffer, 14, 6, NULL), NDIS_STATUS_SUCCESS);
    CHECK(NET_BUFFER_FIRST_MDL(buffer) != mdls[0]);
    CHECK_PTR(NET_BUFFER_FIRST_MDL(buffer)->Next, mdls[0]);
    CHECK_EQ(NET_BUFFER_FIRST_MDL(buffer)->ByteCount, 20);
    CHECK_EQ(NET_BUFFER_DATA_OFFSET(buffer), 6);
    CHECK_EQ(NET_BUFFER_DATA_LENGTH(buffer), 66);
    NdisAdvanceNetBufferDataStart(buffer, 14, TRUE, NULL);
    CHECK_PTR(NET_BUFFER_FIRST_MDL(buffer), mdls[0]);
    CHECK_EQ(NET_BUFFER_DATA_OFFSET(buffer), 0);
    free_fragmented(buffer, mdls);
    NdisFreeNetBufferPool(pool);
}

static void data_access(void *argument)
{
    MDL *mdls[3];
    unsigned char storage[64];
    (void)argument;
    NDIS_HANDLE pool = buffer_pool(0), data = buffer_pool(64);
    NET_BUFFER *buffer = fragmented(pool, mdls);
    CHECK_PTR(NdisGetDataBuffer(buffer, 18, NULL, 1, 0), memory + 12); /* contiguous: no copy */
    CHECK(NdisGetDataBuffer(buffer, 19, NULL, 1, 0) == NULL);          /* not, and nowhere to copy to */
    CHECK_PTR(NdisGetDataBuffer(buffer, 19, storage, 1, 0), storage);
    CHECK_EQ(storage[18], 30);
    CHECK_EQ(storage[0], 12);
    CHECK(NdisGetDataBuffer(buffer, 41, storage, 1, 0) == NULL); /* longer than the data */
    NET_BUFFER *copy = NdisAllocateNetBufferMdlAndData(data);
    CHECK_EQ(NET_BUFFER_DATA_LENGTH(copy), 0);
    NET_BUFFER_DATA_LENGTH(copy) = 50;
    ULONG copied = 0;
    CHECK_EQ(NdisCopyFromNetBufferToNetBuffer(copy, 5, 100, buffer, 3, &copied), NDIS_STATUS_SUCCESS);
    CHECK_EQ(copied, 37);
    const unsigned char *bytes = NdisGetDataBuffer(copy, 50, NULL, 1, 0);
    CHECK_EQ(bytes[5], 15);
    CHECK_EQ(bytes[41], 51);
    NdisFreeNetBuffer(copy);
    free_fragmented(buffer, mdls);
    NdisFreeNetBufferPool(pool);
    NdisFreeNetBufferPool(data);
}

static void clones(void *argument)
{
    MDL *mdls[3];
    unsigned char storage[40];
    (void)argument;
    NDIS_HANDLE lists = list_pool(FALSE, 0, 0), buffers = buffer_pool(0);
    NET_BUFFER_LIST *original = NdisAllocateNetBufferList(lists, 0, 0);
    original->FirstNetBuffer = fragmented(buffers, mdls);
    for (ULONG flags = 0; flags <= NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS;
         flags += NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) {
        NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(original, lists, buffers, flags);
        NET_BUFFER *buffer = clone->FirstNetBuffer;
        CHECK_EQ(NET_BUFFER_DATA_LENGTH(buffer), 40);
        CHECK_EQ(NET_BUFFER_FIRST_MDL(buffer) == mdls[0], flags != 0);
        const unsigned char *bytes = NdisGetDataBuffer(buffer, 40, storage, 1, 0);
        for (unsigned n = 0; n < 40; n++) {
            CHECK_EQ(bytes[n], 12 + n);
        }
        NdisFreeCloneNetBufferList(clone, flags);
    }
    free_fragmented(original->FirstNetBuffer, mdls);
    NdisFreeNetBufferList(original);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
}

static void pool_freed_too_early(void *argument)
{
    static NET_BUFFER_LIST *volatile left; /* a memory checker shall not complain too */
    (void)argument;
    NDIS_HANDLE pool = list_pool(FALSE, 0, 0);
    left = NdisAllocateNetBufferList(pool, 0, 0);
    CHECK(left != NULL);
    NdisFreeNetBufferListPool(pool);
}

static const struct test_case cases[] = {
    CASE("pools", pools, "", 1, BOTH),
    CASE("context_space", context_space, "", 1, BOTH),
    CASE("data_start", data_start, "", 1, BOTH),
    CASE("data_access", data_access, "", 1, BOTH),
    CASE("clones", clones, "", 1, BOTH),
    CASE("pool_freed_too_early", pool_freed_too_early, "PoolLeak", 1, CHECKED),
};

TEST_MAIN(cases)
