/*
 * receive.c - the way up (receive indications and their return) and status indications.
 */
#include "ndis/adapter.h"

#include "ke/ddi.h"
#include "ke/observer.h"

static void call_return(struct ndis_adapter *adapter, NET_BUFFER_LIST *lists, ULONG flags)
{
    MINIPORT_ENTER(frame, "MiniportReturnNetBufferLists",
                   adapter->driver->handlers.ReturnNetBufferListsHandler);
    frame.level_told = UNDIS_CHECKED && (flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0;
    adapter->driver->handlers.ReturnNetBufferListsHandler(adapter->context, lists, flags);
    callback_leave(&frame);
}

static bool may_indicate(const struct ndis_adapter *adapter)
{
    ke_about_to_look((const void *)&adapter->state);
    enum adapter_state state = adapter->state;
    return state == ADAPTER_RESTARTING || state == ADAPTER_RUNNING || state == ADAPTER_PAUSING;
}

/* Without anybody above, NDIS returns what was indicated from inside the indication. */
static void nobody_listens(struct ndis_adapter *adapter, NET_BUFFER_LIST *lists, ULONG flags)
{
    if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) == 0) {
        call_return(adapter, lists,
                    (flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0 ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    }
}

/* What comes from an adapter that is over. */
static void ended(struct ndis_adapter *adapter, const char *what)
{
    if (!event_misuse("CallbackAfterEnd", what, adapter, 0, 0)) {
        adapter_fault(adapter, what);
    }
}

/*
 * Hands received NET_BUFFER_LISTs to the driver above.  With NDIS_RECEIVE_FLAGS_RESOURCES they are the
 * miniport's again on return; without it each comes back once through MiniportReturnNetBufferLists, maybe
 * before this returns.  <= DISPATCH_LEVEL.  nf-ndis-ndismindicatereceivenetbufferlists.
 */
VOID NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferLists,
                                        NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
                                        ULONG ReceiveFlags)
{
    ddi_enter(NdisMIndicateReceiveNetBufferLists);
    ddi_enter_when(NdisMIndicateReceiveNetBufferLists, dispatch_flag,
                   ReceiveFlags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)MiniportAdapterHandle, 0);
    }
    ULONG count = nbl_count(NetBufferLists);
    if (count != NumberOfNetBufferLists) {
        adapter_fault(adapter, "NumberOfNetBufferLists is not the length of the indicated chain");
    }
    event_calls_out("NdisMIndicateReceiveNetBufferLists");
    if (!adapter_enter(adapter)) {
        ended(adapter,
              "a receive is indicated before MiniportInitializeEx has returned or after MiniportHaltEx");
        nobody_listens(adapter, NetBufferLists, ReceiveFlags);
        return;
    }
    struct ndis_binding *binding = adapter->binding;
    if (!may_indicate(adapter)) {
        ended(adapter, "a receive is indicated on a paused adapter");
        binding = NULL;
    }
    if (binding == NULL) {
        nobody_listens(adapter, NetBufferLists, ReceiveFlags);
    } else {
        if ((ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES) == 0) {
            adapter_about_to_count(adapter, &adapter->receives);
            __atomic_add_fetch(&adapter->receives, (LONG)count, __ATOMIC_SEQ_CST);
        }
        binding->handlers->receive(binding->context, NetBufferLists, PortNumber, count, ReceiveFlags);
    }
    adapter_leave(adapter);
}

/*
 * Gives indicated NET_BUFFER_LISTs back: MiniportReturnNetBufferLists is called at the present IRQL.
 * <= DISPATCH_LEVEL.  nf-ndis-ndisreturnnetbufferlists.
 */
VOID NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists,
                              ULONG ReturnFlags)
{
    ddi_enter(NdisReturnNetBufferLists);
    ddi_enter_when(NdisReturnNetBufferLists, dispatch_flag, ReturnFlags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
    struct ndis_binding *binding = NdisBindingHandle;
    event_calls_out("NdisReturnNetBufferLists");
    ndis_require(binding != NULL && binding->signature == NDIS_SIGNATURE_BINDING,
                 "receives return over a binding");
    struct ndis_adapter *adapter = binding->adapter;
    ndis_require(adapter_enter(adapter), "an adapter is not halted while receives are outstanding");
    adapter_about_to_count(adapter, &adapter->receives);
    ke_releases(&adapter->receives);
    LONG left = __atomic_sub_fetch(&adapter->receives, (LONG)nbl_count(NetBufferLists), __ATOMIC_SEQ_CST);
    call_return(adapter, NetBufferLists, ReturnFlags);
    adapter_returned(adapter, left);
    adapter_leave(adapter);
}

/*
 * Tells the driver above of a change, the link's above all.  <= DISPATCH_LEVEL.  A bad header is bug check
 * 0x7C/0x20.  nf-ndis-ndismindicatestatusex.
 */
VOID NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle, PNDIS_STATUS_INDICATION StatusIndication)
{
    ddi_enter(NdisMIndicateStatusEx);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL || StatusIndication->Header.Type != NDIS_OBJECT_TYPE_STATUS_INDICATION) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x20, 0, (ULONG_PTR)MiniportAdapterHandle,
                    (ULONG_PTR)StatusIndication);
    }
    InterlockedIncrement(&adapter->statuses);
    event_calls_out("NdisMIndicateStatusEx");
    if (!adapter_enter(adapter)) { /* nobody above yet, or not any more */
        if (adapter->state == ADAPTER_HALTED) {
            ended(adapter, "a status is indicated after MiniportHaltEx");
        }
        return;
    }
    struct ndis_binding *binding = adapter->binding;
    if (binding != NULL) {
        binding->handlers->status(binding->context, StatusIndication);
    }
    adapter_leave(adapter);
}
