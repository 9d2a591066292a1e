/*
 * pools.h - the pools that a scenario's protocol takes its sends from.
 */
#ifndef UNDIS_SCENARIO_POOLS_H
#define UNDIS_SCENARIO_POOLS_H

#include "ndis/adapter.h"

struct send_pools {
    NDIS_HANDLE lists, buffers; /* NULL: not made */
};

/* Owned by the binding.  False: there is no memory for one of them; send_pools_free all the same. */
bool send_pools_make(struct send_pools *pools, struct ndis_binding *binding, ULONG list_tag,
                     ULONG buffer_tag);
/* Frees what was made; everything from it is freed before. */
void send_pools_free(struct send_pools *pools);

#endif
