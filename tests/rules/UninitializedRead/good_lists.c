/*
 * The context space of a NET_BUFFER_LIST, and its own members, which NDIS sets.
 * Contexts: entry thread.  Accesses: instrumented.
 */
#include "../contexts.h"

volatile ULONG_PTR Seen;

static VOID Use(NDIS_HANDLE Pool)
{
    PNET_BUFFER_LIST list = NdisAllocateNetBufferList(Pool, 32, 0);
    if (list != NULL) {
        PULONG_PTR context = (PULONG_PTR)NET_BUFFER_LIST_CONTEXT_DATA_START(list);
        context[0] = 1;
        Seen += context[0] + context[3] + (ULONG_PTR)NET_BUFFER_LIST_FIRST_NB(list);
        Seen += (ULONG_PTR)NET_BUFFER_LIST_NEXT_NBL(list);
        NdisFreeNetBufferList(list);
    }
}

static VOID body(VOID)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {0};
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ContextSize = 32;
    parameters.PoolTag = 'inu ';
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    if (pool != NULL) {
        Use(pool);
        Use(pool);
        NdisFreeNetBufferListPool(pool);
    }
}
