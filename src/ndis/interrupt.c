/*
 * interrupt.c - line-based interrupts (spec section 5).
 *
 * MiniportInterrupt runs through a ke interrupt object; its DPCs are one KDPC per (interrupt, processor).
 * `pending` counts DPCs that are queued or running, and one for the registration itself, so that
 * deregistration can wait for the last of them.
 *
 * What is not guaranteed: message-signalled interrupts; a request for them falls back to the line (MS-2).
 */
#include "ndis/adapter.h"

#include "ke/ddi.h"
#include "ke/observer.h"

struct interrupt_dpc {
    KDPC dpc;
    struct ndis_interrupt *interrupt;
};

struct ndis_interrupt {
    uint32_t signature;
    struct ndis_interrupt *next;
    struct ndis_adapter *adapter;
    NDIS_HANDLE context;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS handlers;
    struct ke_interrupt kernel;
    volatile LONG pending;
    volatile BOOLEAN stopping; /* the registration's own reference is gone, or about to go */
    volatile BOOLEAN stopped;
    KEVENT idle;
    unsigned processors;
    struct interrupt_dpc dpcs[];
};

static struct ndis_interrupt *interrupt_of(NDIS_HANDLE handle)
{
    struct ndis_interrupt *interrupt = handle;
    if (interrupt == NULL || interrupt->signature != NDIS_SIGNATURE_INTERRUPT) {
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
static bool queue(struct ndis_interrupt *interrupt, unsigned processor, void *context)
{
    if (processor >= interrupt->processors || interrupt->stopped) {
        return false;
    }
    ke_about_to_look((const void *)&interrupt->pending);
    __atomic_add_fetch(&interrupt->pending, 1, __ATOMIC_SEQ_CST);
    if (KeInsertQueueDpc(&interrupt->dpcs[processor].dpc, context, NULL)) {
        return true;
    }
    if (ke_irql() <= DISPATCH_LEVEL) {
        release(interrupt);
    } else { /* an ISR: the registration still holds its reference */
        __atomic_sub_fetch(&interrupt->pending, 1, __ATOMIC_SEQ_CST);
    }
    return false;
}

static KAFFINITY queue_set(struct ndis_interrupt *interrupt, KAFFINITY targets, void *context)
{
    KAFFINITY queued = 0;
    for (unsigned n = 0; targets >> n != 0; n++) {
        if ((targets >> n & 1) != 0 && queue(interrupt, n, context)) {
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
    static const ULONG limits[] = {NDIS_INDICATE_ALL_NBLS, NDIS_INDICATE_ALL_NBLS, 64, 8};
    /* Of the few frames that there are in an explored execution, any limit is all. */
    return limits[ke_engine->step != NULL ? 0 : ke_choose(CHOICE_CHAIN, 4)];
}

static void interrupt_dpc(KDPC *dpc, void *deferred, void *context, void *unused)
{
    struct interrupt_dpc *own = deferred;
    struct ndis_interrupt *interrupt = own->interrupt;
    (void)dpc, (void)unused;
    NDIS_RECEIVE_THROTTLE_PARAMETERS parameters = {.MaxNblsToIndicate = throttle(), .MoreNblsPending = FALSE};
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DPC, "MiniportInterruptDPC",
                   (const void *)(uintptr_t)interrupt->handlers.InterruptDpcHandler);
    interrupt->handlers.InterruptDpcHandler(interrupt->context, context, &parameters, NULL);
    callback_leave(&frame);
    if (parameters.MoreNblsPending) {
        queue(interrupt, (unsigned)(own - interrupt->dpcs), context);
    }
    release(interrupt);
}

/* IN-6: what to queue is looked at whatever MiniportInterrupt returned. */
static BOOLEAN service(struct ke_interrupt *kernel, void *context)
{
    struct ndis_interrupt *interrupt = context;
    (void)kernel;
    BOOLEAN queue_default = FALSE;
    ULONG targets = 0;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_ISR, "MiniportInterrupt",
                   (const void *)(uintptr_t)interrupt->handlers.InterruptHandler);
    BOOLEAN recognized = interrupt->handlers.InterruptHandler(interrupt->context, &queue_default, &targets);
    callback_leave(&frame);
    if (queue_default) {
        queue(interrupt, ke_processor()->number, NULL);
    } else {
        queue_set(interrupt, targets, NULL);
    }
    return recognized;
}

static void set_up(struct ndis_interrupt *interrupt, struct ndis_adapter *adapter, NDIS_HANDLE context,
                   const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *characteristics)
{
    interrupt->signature = NDIS_SIGNATURE_INTERRUPT;
    interrupt->adapter = adapter;
    interrupt->context = context;
    interrupt->handlers = *characteristics;
    interrupt->pending = 1;
    interrupt->processors = ke_processor_count;
    interrupt->kernel.service = service;
    interrupt->kernel.context = interrupt;
    KeInitializeEvent(&interrupt->idle, NotificationEvent, FALSE);
    for (unsigned n = 0; n < interrupt->processors; n++) {
        interrupt->dpcs[n].interrupt = interrupt;
        KeInitializeDpc(&interrupt->dpcs[n].dpc, interrupt_dpc, &interrupt->dpcs[n]);
        KeSetTargetProcessorDpc(&interrupt->dpcs[n].dpc, (CCHAR)n);
    }
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

/*
 * Connects the miniport's handlers to the adapter's interrupt line.  The ISR may run before this returns, and
 * before *NdisInterruptHandle is written (IN-2).  PASSIVE_LEVEL, from MiniportInitializeEx.
 * NDIS_STATUS_BAD_CHARACTERISTICS when one of the four line handlers is missing (IN-3),
 * NDIS_STATUS_RESOURCE_CONFLICT when the adapter has no interrupt, NDIS_STATUS_RESOURCES.  On return
 * InterruptType is NDIS_CONNECT_LINE_BASED (MS-2).  IN-1, nf-ndis-ndismregisterinterruptex.
 */
NDIS_STATUS
NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
                         PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
                         PNDIS_HANDLE NdisInterruptHandle)
{
    ddi_enter(NdisMRegisterInterruptEx);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c = MiniportInterruptCharacteristics;
    if (adapter == NULL || !adapter->registered || adapter->state != ADAPTER_INITIALIZING) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (c->InterruptHandler == NULL || c->InterruptDpcHandler == NULL || c->DisableInterruptHandler == NULL ||
        c->EnableInterruptHandler == NULL) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    if (adapter->line == NULL) {
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    struct ndis_interrupt *interrupt =
        ke_allocate(sizeof *interrupt + ke_processor_count * sizeof interrupt->dpcs[0]);
    if (interrupt == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    c->InterruptType = NDIS_CONNECT_LINE_BASED;
    c->MessageInfoTable = NULL;
    set_up(interrupt, adapter, MiniportInterruptContext, c);
    link_interrupt(interrupt);
    event_send(EVENT_OBJECT_CREATE, interrupt, OBJECT_INTERRUPT, 0, 0, (uintptr_t)adapter);
    ke_interrupt_connect(&interrupt->kernel, adapter->line);
    *NdisInterruptHandle = interrupt;
    return NDIS_STATUS_SUCCESS;
}

/* No ISR or DPC of this interrupt runs, or will, when it returns.  PASSIVE_LEVEL. */
static void stop(struct ndis_interrupt *interrupt)
{
    ke_interrupt_disconnect(&interrupt->kernel);
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
    interrupt->signature = NDIS_SIGNATURE_DEAD;
    ke_free(interrupt);
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

/*
 * Queues MiniportInterruptDPC on each processor of the bitmap; returns the processors on which it was queued
 * by this call.  Any IRQL.  IN-13, nf-ndis-ndismqueuedpc.
 */
ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors,
                    PVOID MiniportDpcContext)
{
    ddi_enter(NdisMQueueDpc);
    (void)MessageId;
    return (ULONG)queue_set(interrupt_of(NdisInterruptHandle), TargetProcessors, MiniportDpcContext);
}

/*
 * The same for a group affinity; there is one group.  Any IRQL.  IN-14, nf-ndis-ndismqueuedpcex.
 */
KAFFINITY NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, PGROUP_AFFINITY TargetProcessors,
                          PVOID MiniportDpcContext)
{
    ddi_enter(NdisMQueueDpcEx);
    (void)MessageId;
    if (TargetProcessors->Group != 0) {
        return 0;
    }
    return queue_set(interrupt_of(NdisInterruptHandle), TargetProcessors->Mask, MiniportDpcContext);
}

/*
 * Runs SynchronizeFunction at DIRQL under the interrupt's spin lock and returns what it returned.  <= DIRQL.
 * IN-20, nf-ndis-ndismsynchronizewithinterruptex.
 */
BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
                                        MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
                                        PVOID SynchronizeContext)
{
    ddi_enter(NdisMSynchronizeWithInterruptEx);
    (void)MessageId;
    struct ndis_interrupt *interrupt = interrupt_of(NdisInterruptHandle);
    ddi_enter_range(NdisMSynchronizeWithInterruptEx, interrupt, PASSIVE_LEVEL, interrupt->kernel.irql);
    return ke_interrupt_synchronize(&interrupt->kernel, SynchronizeFunction, SynchronizeContext,
                                    "MiniportSynchronizeInterrupt");
}

static BOOLEAN disable(void *context)
{
    struct ndis_interrupt *interrupt = context;
    MINIPORT_ENTER(frame, "MiniportDisableInterruptEx", interrupt->handlers.DisableInterruptHandler);
    interrupt->handlers.DisableInterruptHandler(interrupt->context);
    callback_leave(&frame);
    return TRUE;
}

static BOOLEAN enable(void *context)
{
    struct ndis_interrupt *interrupt = context;
    MINIPORT_ENTER(frame, "MiniportEnableInterruptEx", interrupt->handlers.EnableInterruptHandler);
    interrupt->handlers.EnableInterruptHandler(interrupt->context);
    callback_leave(&frame);
    return TRUE;
}

static bool diagnose(struct ndis_adapter *adapter, BOOLEAN (*routine)(void *), const char *name)
{
    ndis_require(adapter->state != ADAPTER_HALTED && adapter->state != ADAPTER_INITIALIZING,
                 "interrupt diagnostics are for a working adapter");
    for (struct ndis_interrupt *interrupt = adapter->interrupts; interrupt != NULL;
         interrupt = interrupt->next) {
        ke_interrupt_synchronize(&interrupt->kernel, routine, interrupt, name);
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
