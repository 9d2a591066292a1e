/*
 * interrupt.c - interrupts: the line's (spec section 5), and what messages have in common with it.
 *
 * MiniportInterrupt and MiniportMessageInterrupt run through ke interrupt objects, one for the line or one
 * for each message; DPCs are one KDPC per (line or message, processor).  `pending` counts DPCs that are
 * queued or running, and one for the registration itself, so that deregistration can wait for the last.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/interrupt.h"

#include "host/pages.h"
#include "ke/observer.h"

/* The handle may dangle: its memory's last words tell. */
HOST_UNCHECKED static bool is_registered(const struct ndis_interrupt *interrupt)
{
    return interrupt != NULL && interrupt->signature == NDIS_SIGNATURE_INTERRUPT;
}

static struct ndis_interrupt *interrupt_of(NDIS_HANDLE handle)
{
    struct ndis_interrupt *interrupt = handle;
    if (!is_registered(interrupt)) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)interrupt, 0);
    }
    return interrupt;
}

/* Coming and going disturb nobody before `stopping`; then who is the last tells. */
static void release(struct ndis_interrupt *interrupt)
{
    if (!interrupt->stopping) {
        ke_about_to_look((const void *)&interrupt->pending);
    }
    if (interrupt->stopping) {
        KE_STEP(ke_step_memory(OP_UPDATE, OP_ATOMIC | OP_LIBRARY, &interrupt->pending,
                               sizeof interrupt->pending, 0, 0));
    }
    ke_releases(&interrupt->pending);
    if (__atomic_sub_fetch(&interrupt->pending, 1, __ATOMIC_SEQ_CST) == 0 && ke_engine->await == NULL) {
        KeSetEvent(&interrupt->idle, IO_NO_INCREMENT, FALSE);
    }
}

/* Gives up the registration's own reference and waits for all others. */
static void wait_for_dpcs(struct ndis_interrupt *interrupt)
{
    ke_about_to_change((const void *)&interrupt->pending);
    interrupt->stopping = TRUE;
    ke_releases(&interrupt->pending);
    LONG left = __atomic_sub_fetch(&interrupt->pending, 1, __ATOMIC_SEQ_CST);
    if (ke_engine->await == NULL && left != 0) {
        KeWaitForSingleObject(&interrupt->idle, Executive, KernelMode, FALSE, NULL);
    } else if (left != 0) {
        ke_engine->await((const volatile uint32_t *)&interrupt->pending, 0);
    }
    ke_acquires(&interrupt->pending);
}

/* Queues the DPC of that processor; false when it is queued there already (IN-12) or there is no such
 * processor. */
static bool queue(struct interrupt_source *source, unsigned processor, void *context)
{
    struct ndis_interrupt *interrupt = source->interrupt;
    if (processor >= interrupt->processors || interrupt->stopped) {
        return false;
    }
    ke_about_to_look((const void *)&interrupt->pending);
    __atomic_add_fetch(&interrupt->pending, 1, __ATOMIC_SEQ_CST);
    if (KeInsertQueueDpc(&source->dpcs[processor].dpc, context, NULL)) {
        return true;
    }
    if (ke_irql() <= DISPATCH_LEVEL) {
        release(interrupt);
    } else { /* an ISR: the registration still holds its reference */
        __atomic_sub_fetch(&interrupt->pending, 1, __ATOMIC_SEQ_CST);
    }
    return false;
}

static KAFFINITY queue_set(struct interrupt_source *source, KAFFINITY targets, void *context)
{
    KAFFINITY queued = 0;
    for (unsigned n = 0; targets >> n != 0; n++) {
        if ((targets >> n & 1) != 0 && queue(source, n, context)) {
            queued |= (KAFFINITY)1 << n;
        }
        if (n + 1 >= KE_MAXIMUM_PROCESSORS) {
            break;
        }
    }
    return queued;
}

/* NDIS may let a DPC indicate everything, or ask it to stop early (IN-11). */
static ULONG throttle(void)
{
    static const ULONG limits[] = {NDIS_INDICATE_ALL_NBLS, NDIS_INDICATE_ALL_NBLS, 64, 1};
    /* Of the few frames that there are in an explored execution, any limit is all. */
    return limits[ke_engine->step != NULL ? 0 : ke_choose(CHOICE_CHAIN, 4)];
}

static void call_dpc(struct interrupt_source *source, void *context,
                     NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle_parameters)
{
    struct ndis_interrupt *interrupt = source->interrupt;
    const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *handlers = &interrupt->handlers;
    struct callback_frame frame;
    if (interrupt->table != NULL) {
        callback_enter(&frame, CALLBACK_DPC, "MiniportMessageInterruptDPC",
                       (const void *)(uintptr_t)handlers->MessageInterruptDpcHandler);
        handlers->MessageInterruptDpcHandler(interrupt->context, source->message, context,
                                             throttle_parameters, NULL);
    } else {
        callback_enter(&frame, CALLBACK_DPC, "MiniportInterruptDPC",
                       (const void *)(uintptr_t)handlers->InterruptDpcHandler);
        handlers->InterruptDpcHandler(interrupt->context, context, throttle_parameters, NULL);
    }
    callback_leave(&frame);
}

static void interrupt_dpc(KDPC *dpc, void *deferred, void *context, void *unused)
{
    struct interrupt_dpc *own = deferred;
    struct interrupt_source *source = own->source;
    (void)dpc, (void)unused;
    NDIS_RECEIVE_THROTTLE_PARAMETERS parameters = {.MaxNblsToIndicate = throttle(), .MoreNblsPending = FALSE};
    call_dpc(source, context, &parameters);
    if (parameters.MoreNblsPending) {
        queue(source, (unsigned)(own - source->dpcs), context);
    }
    release(source->interrupt);
}

static BOOLEAN call_service(struct interrupt_source *source, BOOLEAN *queue_default, ULONG *targets)
{
    struct ndis_interrupt *interrupt = source->interrupt;
    const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *handlers = &interrupt->handlers;
    struct callback_frame frame;
    BOOLEAN recognized;
    if (interrupt->table != NULL) {
        callback_enter(&frame, CALLBACK_ISR, "MiniportMessageInterrupt",
                       (const void *)(uintptr_t)handlers->MessageInterruptHandler);
        recognized =
            handlers->MessageInterruptHandler(interrupt->context, source->message, queue_default, targets);
    } else {
        callback_enter(&frame, CALLBACK_ISR, "MiniportInterrupt",
                       (const void *)(uintptr_t)handlers->InterruptHandler);
        recognized = handlers->InterruptHandler(interrupt->context, queue_default, targets);
    }
    callback_leave(&frame);
    return recognized;
}

/* IN-6: what to queue is looked at whatever the handler returned; of messages no page says otherwise (MS-5).
 */
static BOOLEAN service(struct ke_interrupt *kernel, void *context)
{
    struct interrupt_source *source = context;
    (void)kernel;
    BOOLEAN queue_default = FALSE;
    ULONG targets = 0;
    BOOLEAN recognized = call_service(source, &queue_default, &targets);
    if (queue_default) {
        queue(source, ke_processor()->number, NULL);
    } else {
        queue_set(source, targets, NULL);
    }
    return recognized;
}

static void set_up_source(struct ndis_interrupt *interrupt, unsigned message)
{
    struct interrupt_source *source = &interrupt->sources[message];
    source->interrupt = interrupt;
    source->message = message;
    source->kernel.service = service;
    source->kernel.context = source;
    source->dpcs = &interrupt->dpcs[message * interrupt->processors];
    for (unsigned n = 0; n < interrupt->processors; n++) {
        source->dpcs[n].source = source;
        KeInitializeDpc(&source->dpcs[n].dpc, interrupt_dpc, &source->dpcs[n]);
        KeSetTargetProcessorDpc(&source->dpcs[n].dpc, (CCHAR)n);
    }
}

static void discard(struct ndis_interrupt *interrupt)
{
    interrupt->signature = NDIS_SIGNATURE_DEAD;
    ke_free(interrupt->dpcs);
    ke_free(interrupt->table);
    ke_free(interrupt);
}

/* NULL when memory is short. */
static struct ndis_interrupt *make(struct ndis_adapter *adapter, NDIS_HANDLE context,
                                   const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *characteristics)
{
    bool messages = interrupt_gets_messages(adapter, characteristics);
    unsigned sources = messages ? adapter->device->messages.granted : 1;
    struct ndis_interrupt *interrupt =
        ke_allocate(sizeof *interrupt + sources * sizeof interrupt->sources[0]);
    if (interrupt == NULL) {
        return NULL;
    }
    interrupt->signature = NDIS_SIGNATURE_INTERRUPT;
    interrupt->adapter = adapter;
    interrupt->context = context;
    interrupt->handlers = *characteristics;
    interrupt->pending = 1;
    interrupt->processors = ke_processor_count;
    interrupt->source_count = sources;
    interrupt->dpcs = ke_allocate((size_t)sources * ke_processor_count * sizeof interrupt->dpcs[0]);
    if (interrupt->dpcs == NULL || (messages && !interrupt_messages_describe(interrupt))) {
        discard(interrupt);
        return NULL;
    }
    KeInitializeEvent(&interrupt->idle, NotificationEvent, FALSE);
    for (unsigned i = 0; i < sources; i++) {
        set_up_source(interrupt, i);
    }
    return interrupt;
}

static void link_interrupt(struct ndis_interrupt *interrupt)
{
    struct ndis_adapter *adapter = interrupt->adapter;
    KIRQL old = ke_guard_enter(&adapter->guard);
    interrupt->next = adapter->interrupts;
    adapter->interrupts = interrupt;
    adapter->uses_hardware = TRUE;
    ke_guard_leave(&adapter->guard, old);
}

static void unlink_interrupt(struct ndis_interrupt *interrupt)
{
    struct ndis_adapter *adapter = interrupt->adapter;
    KIRQL old = ke_guard_enter(&adapter->guard);
    struct ndis_interrupt **at = &adapter->interrupts;
    while (*at != NULL && *at != interrupt) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = interrupt->next;
    }
    ke_guard_leave(&adapter->guard, old);
}

/* IN-3, MS-1: the four handlers for the line always, those for messages when there may be messages. */
static bool handlers_complete(const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
    bool line = c->InterruptHandler != NULL && c->InterruptDpcHandler != NULL &&
                c->DisableInterruptHandler != NULL && c->EnableInterruptHandler != NULL;
    bool messages = c->MessageInterruptHandler != NULL && c->MessageInterruptDpcHandler != NULL &&
                    c->DisableMessageInterruptHandler != NULL && c->EnableMessageInterruptHandler != NULL;
    return line && (!c->MsiSupported || messages);
}

/*
 * Connects the miniport's handlers to the adapter's messages, or to its line when it has none or the driver
 * wants none.  The ISR may run before this returns, and before *NdisInterruptHandle is written (IN-2).
 * PASSIVE_LEVEL, from MiniportInitializeEx.  NDIS_STATUS_BAD_CHARACTERISTICS when a handler is missing (IN-3,
 * MS-1), NDIS_STATUS_RESOURCE_CONFLICT when the adapter has no interrupt, or has messages and the driver does
 * not support them (MS-3), NDIS_STATUS_RESOURCES.  On return InterruptType says which (MS-2).  IN-1,
 * nf-ndis-ndismregisterinterruptex.
 */
NDIS_STATUS
NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
                         PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
                         PNDIS_HANDLE NdisInterruptHandle)
{
    ddi_enter(NdisMRegisterInterruptEx);
    if (ddi_fails(NdisMRegisterInterruptEx)) {
        return NDIS_STATUS_RESOURCES;
    }
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c = MiniportInterruptCharacteristics;
    if (adapter == NULL || !adapter->registered || adapter->state != ADAPTER_INITIALIZING) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (!handlers_complete(c)) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    if (adapter->line == NULL || (adapter->device->messages.granted != 0 && !c->MsiSupported)) {
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    struct ndis_interrupt *interrupt = make(adapter, MiniportInterruptContext, c);
    if (interrupt == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    c->InterruptType = interrupt->table != NULL ? NDIS_CONNECT_MESSAGE_BASED : NDIS_CONNECT_LINE_BASED;
    c->MessageInfoTable = interrupt->table;
    link_interrupt(interrupt);
    event_send(EVENT_OBJECT_CREATE, interrupt, OBJECT_INTERRUPT, 0, 0, (uintptr_t)adapter);
    if (interrupt->table != NULL) {
        interrupt_messages_connect(interrupt);
    } else {
        ke_interrupt_connect(&interrupt->sources[0].kernel, adapter->line);
    }
    *NdisInterruptHandle = interrupt;
    return NDIS_STATUS_SUCCESS;
}

/* No ISR or DPC of this interrupt runs, or will, when it returns.  PASSIVE_LEVEL. */
static void stop(struct ndis_interrupt *interrupt)
{
    if (interrupt->table != NULL) {
        device_enable_messages(interrupt->adapter->device, false);
    }
    for (unsigned i = 0; i < interrupt->source_count; i++) {
        ke_interrupt_disconnect(&interrupt->sources[i].kernel);
    }
    wait_for_dpcs(interrupt);
    interrupt->stopped = TRUE;
    if (ke_engine->step == NULL) {
        KeFlushQueuedDpcs(); /* the last has still to return; the explored engine does not use memory again */
    }
}

/*
 * Disconnects the handlers, waits for a running ISR and for every scheduled DPC; afterwards none of them is
 * called. PASSIVE_LEVEL, from MiniportInitializeEx or MiniportHaltEx.  IN-16,
 * nf-ndis-ndismderegisterinterruptex.
 */
VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle)
{
    ddi_enter(NdisMDeregisterInterruptEx);
    struct ndis_interrupt *interrupt = interrupt_of(NdisInterruptHandle);
    stop(interrupt);
    unlink_interrupt(interrupt);
    event_send(EVENT_OBJECT_DESTROY, interrupt, OBJECT_INTERRUPT, 0, 0, 0);
    discard(interrupt);
}

void adapter_interrupts_stop(struct ndis_adapter *adapter)
{
    /* The memory stays: the driver still has the handle. */
    for (struct ndis_interrupt *interrupt = adapter->interrupts; interrupt != NULL;
         interrupt = interrupt->next) {
        stop(interrupt);
    }
    adapter->interrupts = NULL;
}

/* The source of that message; of the line whatever MessageId says.  NULL: the adapter has no such message. */
static struct interrupt_source *source_of(NDIS_HANDLE handle, ULONG message)
{
    struct ndis_interrupt *interrupt = interrupt_of(handle);
    if (interrupt->table == NULL) {
        return &interrupt->sources[0];
    }
    if (message >= interrupt->source_count) {
        adapter_fault(interrupt->adapter, "a MessageId is not below the count of messages");
        return NULL;
    }
    return &interrupt->sources[message];
}

/*
 * Queues the interrupt's DPC, or the message's, on each processor of the bitmap; returns the processors on
 * which it was queued by this call.  Any IRQL.  IN-13, nf-ndis-ndismqueuedpc.
 */
ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors,
                    PVOID MiniportDpcContext)
{
    ddi_enter(NdisMQueueDpc);
    struct interrupt_source *source = source_of(NdisInterruptHandle, MessageId);
    return source == NULL ? 0 : (ULONG)queue_set(source, TargetProcessors, MiniportDpcContext);
}

/*
 * The same for a group affinity; there is one group.  Any IRQL.  IN-14, nf-ndis-ndismqueuedpcex.
 */
KAFFINITY NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, PGROUP_AFFINITY TargetProcessors,
                          PVOID MiniportDpcContext)
{
    ddi_enter(NdisMQueueDpcEx);
    struct interrupt_source *source = source_of(NdisInterruptHandle, MessageId);
    if (source == NULL || TargetProcessors->Group != 0) {
        return 0;
    }
    return queue_set(source, TargetProcessors->Mask, MiniportDpcContext);
}

/*
 * Runs SynchronizeFunction at DIRQL under the spin lock of the interrupt, or of that message, and returns
 * what it returned.  <= DIRQL.  IN-20, MS-6, nf-ndis-ndismsynchronizewithinterruptex.
 */
BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
                                        MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
                                        PVOID SynchronizeContext)
{
    ddi_enter(NdisMSynchronizeWithInterruptEx);
    struct interrupt_source *source = source_of(NdisInterruptHandle, MessageId);
    return source == NULL ? FALSE /* the driver's BOOLEAN may be any other value: it is passed on unchanged */
                          : ke_interrupt_synchronize(&source->kernel, SynchronizeFunction, SynchronizeContext,
                                                     "MiniportSynchronizeInterrupt");
}

/* ---- diagnostics (IN-15, MS-10) ------------------------------------------------------------------------ */

static BOOLEAN disable(void *context)
{
    struct interrupt_source *source = context;
    struct ndis_interrupt *interrupt = source->interrupt;
    if (interrupt->table != NULL) {
        MINIPORT_ENTER(frame, "MiniportDisableMessageInterrupt",
                       interrupt->handlers.DisableMessageInterruptHandler);
        interrupt->handlers.DisableMessageInterruptHandler(interrupt->context, source->message);
        callback_leave(&frame);
    } else {
        MINIPORT_ENTER(frame, "MiniportDisableInterruptEx", interrupt->handlers.DisableInterruptHandler);
        interrupt->handlers.DisableInterruptHandler(interrupt->context);
        callback_leave(&frame);
    }
    return TRUE;
}

static BOOLEAN enable(void *context)
{
    struct interrupt_source *source = context;
    struct ndis_interrupt *interrupt = source->interrupt;
    if (interrupt->table != NULL) {
        MINIPORT_ENTER(frame, "MiniportEnableMessageInterrupt",
                       interrupt->handlers.EnableMessageInterruptHandler);
        interrupt->handlers.EnableMessageInterruptHandler(interrupt->context, source->message);
        callback_leave(&frame);
    } else {
        MINIPORT_ENTER(frame, "MiniportEnableInterruptEx", interrupt->handlers.EnableInterruptHandler);
        interrupt->handlers.EnableInterruptHandler(interrupt->context);
        callback_leave(&frame);
    }
    return TRUE;
}

static bool diagnose(struct ndis_adapter *adapter, BOOLEAN (*routine)(void *), const char *name)
{
    ndis_require(adapter->state != ADAPTER_HALTED && adapter->state != ADAPTER_INITIALIZING,
                 "interrupt diagnostics are for a working adapter");
    for (struct ndis_interrupt *interrupt = adapter->interrupts; interrupt != NULL;
         interrupt = interrupt->next) {
        for (unsigned i = 0; i < interrupt->source_count; i++) {
            ke_interrupt_synchronize(&interrupt->sources[i].kernel, routine, &interrupt->sources[i], name);
        }
    }
    return adapter->interrupts != NULL;
}

bool adapter_disable_interrupts(struct ndis_adapter *adapter)
{
    return diagnose(adapter, disable, "MiniportDisableInterruptEx");
}

bool adapter_enable_interrupts(struct ndis_adapter *adapter)
{
    return diagnose(adapter, enable, "MiniportEnableInterruptEx");
}
