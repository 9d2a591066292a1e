/*
 * support.c - small helpers of the NDIS library.
 */
#include "ndis/adapter.h"

#include "ke/observer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ndis_require(bool condition, const char *promise)
{
    if (!condition) {
        ke_mask();
        fprintf(stderr, "undis: internal error: NDIS broke its own promise: %s\n", promise);
        abort();
    }
}

void adapter_fault(struct ndis_adapter *adapter, const char *fault)
{
    const char *none = NULL;
    __atomic_compare_exchange_n(&adapter->fault, &none, fault, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

bool ndis_called_from(const char *name)
{
    const struct callback_frame *frame = ke_processor()->callback;
    return frame != NULL && frame->name != NULL && strcmp(frame->name, name) == 0;
}

struct ndis_adapter *adapter_of(NDIS_HANDLE handle)
{
    struct ndis_adapter *adapter = handle;
    return adapter != NULL && adapter->signature == NDIS_SIGNATURE_ADAPTER ? adapter : NULL;
}

/* Coming and going disturb nobody but a halt, which waits for all who came before it. */
bool adapter_enter(struct ndis_adapter *adapter)
{
    adapter_about_to_count(adapter, &adapter->calls);
    LONG calls = __atomic_load_n(&adapter->calls, __ATOMIC_RELAXED);
    while (calls > 0) {
        if (__atomic_compare_exchange_n(&adapter->calls, &calls, calls + 1, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

void adapter_leave(struct ndis_adapter *adapter)
{
    if (adapter->calls_closed) {
        ke_about_to_change((const void *)&adapter->calls); /* who is the last tells the halt */
    } else {
        adapter_about_to_count(adapter, &adapter->calls);
    }
    ke_releases(&adapter->calls);
    if (__atomic_sub_fetch(&adapter->calls, 1, __ATOMIC_SEQ_CST) == 0) {
        KeSetEvent(&adapter->calls_done, IO_NO_INCREMENT, FALSE);
    }
}
