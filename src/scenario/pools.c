/*
 * pools.c - the pools that a scenario's protocol takes its sends from.
 */
#include "scenario/pools.h"

bool send_pools_make(struct send_pools *pools, struct ndis_binding *binding, ULONG list_tag, ULONG buffer_tag)
{
    NET_BUFFER_LIST_POOL_PARAMETERS lists = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
        .PoolTag = list_tag,
    };
    NET_BUFFER_POOL_PARAMETERS buffers = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                   .Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = buffer_tag,
    };
    pools->lists = NdisAllocateNetBufferListPool(binding, &lists);
    pools->buffers = NdisAllocateNetBufferPool(binding, &buffers);
    return pools->lists != NULL && pools->buffers != NULL;
}

void send_pools_free(struct send_pools *pools)
{
    if (pools->lists != NULL) {
        NdisFreeNetBufferListPool(pools->lists);
    }
    if (pools->buffers != NULL) {
        NdisFreeNetBufferPool(pools->buffers);
    }
    *pools = (struct send_pools){0};
}
