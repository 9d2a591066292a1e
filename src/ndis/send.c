/*
 * send.c - the way down (sends, their completion and cancelling) and bindings as things.
 */
#include "ndis/adapter.h"

#include "ke/ddi.h"
#include "ke/observer.h"

void binding_open(struct ndis_binding *binding, struct ndis_adapter *adapter,
                  const struct ndis_binding_handlers *handlers, void *context)
{
    ndis_require(adapter->state == ADAPTER_PAUSED && adapter->binding == NULL,
                 "a binding is opened on a paused adapter");
    binding->signature = NDIS_SIGNATURE_BINDING;
    binding->adapter = adapter;
    binding->handlers = handlers;
    binding->context = context;
    adapter->binding = binding;
}

void binding_close(struct ndis_binding *binding)
{
    struct ndis_adapter *adapter = binding->adapter;
    ndis_require(adapter->state == ADAPTER_SHUTDOWN ||
                     (adapter->state == ADAPTER_PAUSED && adapter->sends == 0 && adapter->receives == 0),
                 "a binding is closed on a paused adapter, with nothing outstanding");
    adapter_oid_drain(adapter);
    adapter->binding = NULL;
    binding->signature = NDIS_SIGNATURE_DEAD;
}

/* The driver's, and maybe changed by it at this moment. */
static inline NET_BUFFER_LIST *next_of(NET_BUFFER_LIST *list)
{
    ke_reads(&NET_BUFFER_LIST_NEXT_NBL(list), sizeof(list));
    return NET_BUFFER_LIST_NEXT_NBL(list);
}

static struct ndis_binding *binding_of(NDIS_HANDLE handle)
{
    struct ndis_binding *binding = handle;
    if (binding == NULL || binding->signature != NDIS_SIGNATURE_BINDING) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)binding, 0);
    }
    return binding;
}

/* The send flag is a promise about the IRQL at this moment (FL-2); the completion flag is made from it. */
static ULONG complete_flags(ULONG send_flags)
{
    return (send_flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0 ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;
}

static void refuse(struct ndis_binding *binding, NET_BUFFER_LIST *lists, NDIS_STATUS status, ULONG flags)
{
    for (NET_BUFFER_LIST *list = lists; list != NULL; list = next_of(list)) {
        NET_BUFFER_LIST_STATUS(list) = status;
    }
    binding->handlers->send_complete(binding->context, lists, complete_flags(flags));
}

void adapter_sends_close(struct ndis_adapter *adapter)
{
    ke_about_to_change((const void *)&adapter->send_open);
    __atomic_store_n(&adapter->send_open, FALSE, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&adapter->senders, __ATOMIC_SEQ_CST) != 0) {
        KeWaitForSingleObject(&adapter->send_gone, Executive, KernelMode, FALSE, NULL);
    }
    ke_acquires(&adapter->senders);
}

/* Senders do not disturb each other, only a close. */
static bool sender_enter(struct ndis_adapter *adapter)
{
    adapter_about_to_count(adapter, &adapter->send_open);
    __atomic_add_fetch(&adapter->senders, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&adapter->send_open, __ATOMIC_SEQ_CST);
}

static void sender_leave(struct ndis_adapter *adapter)
{
    ke_releases(&adapter->senders);
    LONG left = __atomic_sub_fetch(&adapter->senders, 1, __ATOMIC_SEQ_CST);
    if (left == 0 && !__atomic_load_n(&adapter->send_open, __ATOMIC_SEQ_CST)) {
        KeSetEvent(&adapter->send_gone, IO_NO_INCREMENT, FALSE);
    }
}

/*
 * Sends a chain of NET_BUFFER_LISTs: MiniportSendNetBufferLists is called at once, at the present IRQL. While
 * the adapter is not Running they come back with NDIS_STATUS_PAUSED.  <= DISPATCH_LEVEL;
 * NDIS_SEND_FLAGS_DISPATCH_LEVEL is passed on (FL-3).  nf-ndis-ndissendnetbufferlists.
 */
VOID NdisSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists,
                            NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
    ddi_enter(NdisSendNetBufferLists);
    ddi_enter_when(NdisSendNetBufferLists, dispatch_flag, SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    struct ndis_binding *binding = binding_of(NdisBindingHandle);
    struct ndis_adapter *adapter = binding->adapter;
    event_calls_out("NdisSendNetBufferLists");
    LONG count = 0;
    for (NET_BUFFER_LIST *list = NetBufferLists; list != NULL; list = next_of(list)) {
        list->SourceHandle = binding;
        count++;
    }
    if (!sender_enter(adapter)) {
        sender_leave(adapter);
        refuse(binding, NetBufferLists, NDIS_STATUS_PAUSED, SendFlags);
        return;
    }
    ndis_require(adapter->state == ADAPTER_RUNNING, "sends reach the miniport in Running only");
    __atomic_add_fetch(&adapter->sends, count, __ATOMIC_SEQ_CST);
    MINIPORT_ENTER(frame, "MiniportSendNetBufferLists", adapter->driver->handlers.SendNetBufferListsHandler);
    frame.level_told = UNDIS_CHECKED && (SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0;
    adapter->driver->handlers.SendNetBufferListsHandler(adapter->context, NetBufferLists, PortNumber,
                                                        SendFlags);
    callback_leave(&frame);
    if (adapter->send_open) {
        adapter_about_to_count(adapter, &adapter->send_open);
    } else {
        ke_about_to_change((const void *)&adapter->send_open); /* who is the last tells the close */
    }
    sender_leave(adapter);
}

/*
 * Gives sent NET_BUFFER_LISTs back to the driver that sent them, in any order.  <= DISPATCH_LEVEL.
 * nf-ndis-ndismsendnetbufferlistscomplete.
 */
VOID NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList,
                                     ULONG SendCompleteFlags)
{
    ddi_enter(NdisMSendNetBufferListsComplete);
    ddi_enter_when(NdisMSendNetBufferListsComplete, dispatch_flag,
                   SendCompleteFlags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)MiniportAdapterHandle, 0);
    }
    struct ndis_binding *binding = adapter->binding;
    event_calls_out("NdisMSendNetBufferListsComplete");
    if (!adapter_enter(adapter)) {
        static const char what[] = "a send is completed after MiniportHaltEx";
        if (!event_misuse("CallbackAfterEnd", what, adapter, 0, 0)) {
            adapter_fault(adapter, what);
        }
        return;
    }
    LONG count = 0;
    for (NET_BUFFER_LIST *list = NetBufferList; list != NULL; list = next_of(list)) {
        if (list->SourceHandle != binding) {
            adapter_fault(adapter, "a NET_BUFFER_LIST was completed that nobody had sent");
        }
        count++;
    }
    adapter_about_to_count(adapter, &adapter->sends);
    ke_releases(&adapter->sends);
    LONG left = __atomic_sub_fetch(&adapter->sends, count, __ATOMIC_SEQ_CST);
    if (left < 0) {
        adapter_fault(adapter, "more NET_BUFFER_LISTs were completed than had been sent");
    }
    if (binding != NULL) {
        binding->handlers->send_complete(binding->context, NetBufferList, SendCompleteFlags);
    }
    adapter_returned(adapter, left);
    adapter_leave(adapter);
}

/*
 * Asks the miniport to give back unsent NET_BUFFER_LISTs that carry CancelId; nothing is promised.
 * <= DISPATCH_LEVEL.  nf-ndis-ndiscancelsendnetbufferlists.
 */
VOID NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId)
{
    ddi_enter(NdisCancelSendNetBufferLists);
    struct ndis_adapter *adapter = binding_of(NdisBindingHandle)->adapter;
    if (!adapter_enter(adapter)) {
        return;
    }
    MINIPORT_ENTER(frame, "MiniportCancelSend", adapter->driver->handlers.CancelSendHandler);
    adapter->driver->handlers.CancelSendHandler(adapter->context, CancelId);
    callback_leave(&frame);
    adapter_leave(adapter);
}
