/*
 * dpc.c - deferred procedure calls: one queue a processor, drained at DISPATCH_LEVEL (spec DP-1 to DP-4).
 *
 * KDPC.DpcData names the processor on whose queue the object lies, NULL when on none: whoever changes it
 * from NULL owns the insertion, so one object is never queued twice.  KDPC.Number is 0 for "where it is
 * queued", else the target processor's number plus one.  What a thread is to run instead is in
 * threadeddpc.c: then DpcData names a queue there.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/observer.h"
#include "ke/step.h"
#include "ke/threadeddpc.h"

#include <stddef.h>

#define DPC_TYPE 19 /* KOBJECTS: DpcObject, as a debugger shows it */

static LIST_ENTRY *dpc_link(PRKDPC dpc)
{
    return (LIST_ENTRY *)(void *)&dpc->DpcListEntry;
}

static PRKDPC dpc_of(LIST_ENTRY *link)
{
    return (PRKDPC)(void *)((char *)link - offsetof(KDPC, DpcListEntry));
}

void ke_dpc_initialize_processor(struct ke_processor *processor)
{
    InitializeListHead(&processor->dpc_queue);
}

/* KeInitializeDpc: any IRQL.  nf-wdm-keinitializedpc. */
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    ddi_enter(KeInitializeDpc);
    ke_uses(Dpc);
    Dpc->Type = DPC_TYPE;
    Dpc->Importance = MediumImportance;
    Dpc->Number = 0;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
    Dpc->SystemArgument1 = NULL;
    Dpc->SystemArgument2 = NULL;
    Dpc->DpcData = NULL;
}

/* KeSetImportanceDpc: any IRQL; counts for later insertions.  nf-wdm-kesetimportancedpc. */
VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    ddi_enter(KeSetImportanceDpc);
    Dpc->Importance = (UCHAR)Importance;
}

/* KeSetTargetProcessorDpc: any IRQL.  nf-wdm-kesettargetprocessordpc. */
VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    ddi_enter(KeSetTargetProcessorDpc);
    Dpc->Number = (USHORT)(Number + 1);
}

/* KeSetTargetProcessorDpcEx: any IRQL; STATUS_INVALID_PARAMETER for a processor that is not there. */
NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(KeSetTargetProcessorDpcEx);
    if (ProcNumber->Group != 0 || ProcNumber->Number >= ke_processor_count || ProcNumber->Reserved != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Dpc->Number = (USHORT)(ProcNumber->Number + 1);
    return STATUS_SUCCESS;
}

static struct ke_processor *dpc_target(PRKDPC dpc)
{
    unsigned number = dpc->Number;
    return number == 0 || number > ke_processor_count ? ke_processor() : &ke_processors[number - 1];
}

/*
 * KeInsertQueueDpc: any IRQL.  Queues the DPC to its target processor; FALSE when it is queued already.
 * The arguments are those of the insertion that succeeded.  nf-wdm-keinsertqueuedpc, DP-1, DP-2.
 */
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    ddi_enter(KeInsertQueueDpc);
    if (ke_threaded_dpc_wanted(Dpc)) {
        return ke_threaded_dpc_insert(Dpc, dpc_target(Dpc), SystemArgument1, SystemArgument2);
    }
    ke_about_to_change_always(Dpc, &dpc_target(Dpc)->dpc_queue);
    ke_uses(Dpc);
    KIRQL old = ke_mask();
    struct ke_processor *target = dpc_target(Dpc);
    PVOID none = NULL;
    KIRQL masked = ke_guard_enter_quietly(&target->dpc_guard);
    bool queued =
        __atomic_compare_exchange_n(&Dpc->DpcData, &none, target, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    if (queued) {
        ke_releases(Dpc);
        KE_STEP(
            ke_engine->entry_possible(Dpc, Dpc->Importance == HighImportance ? NULL : &target->dpc_queue));
        Dpc->SystemArgument1 = SystemArgument1;
        Dpc->SystemArgument2 = SystemArgument2;
        if (Dpc->Importance == HighImportance) {
            InsertHeadList(&target->dpc_queue, dpc_link(Dpc));
        } else {
            InsertTailList(&target->dpc_queue, dpc_link(Dpc));
        }
        target->dpc_depth++;
    }
    ke_guard_leave(&target->dpc_guard, masked);
    ke_unmask(old);
    if (queued) {
        event_send(EVENT_DPC_QUEUE, Dpc, target->number, (uintptr_t)SystemArgument1,
                   (uintptr_t)SystemArgument2, 0);
        ke_post(target, DISPATCH_LEVEL);
    }
    return queued;
}

const char ke_dpc_removal;

#if UNDIS_CHECKED
/* Those behind it need not wait for it any more. */
static void tell_withdrawal(struct ke_processor *target, PRKDPC dpc)
{
    ke_engine->entry_withdrawn(&target->dpc_queue);
    for (LIST_ENTRY *link = dpc_link(dpc)->Flink; link != &target->dpc_queue; link = link->Flink) {
        ke_engine->entry_sooner(dpc_of(link));
    }
}
#endif

/* KeRemoveQueueDpc: any IRQL; TRUE when it was queued and now will not run.  nf-wdm-keremovequeuedpc. */
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc)
{
    ddi_enter(KeRemoveQueueDpc);
    ke_about_to_change_always(Dpc, &ke_dpc_removal);
    for (;;) {
        struct ke_processor *target =
            __atomic_load_n((struct ke_processor **)&Dpc->DpcData, __ATOMIC_ACQUIRE);
        if (target == NULL) {
            return FALSE;
        }
        if (ke_threaded_dpc_is_queue(target)) {
            if (ke_threaded_dpc_remove(Dpc, target)) {
                return TRUE;
            }
            continue;
        }
        KIRQL old = ke_guard_enter_quietly(&target->dpc_guard);
        bool removed = Dpc->DpcData == target;
        if (removed) {
            KE_STEP(tell_withdrawal(target, Dpc));
            RemoveEntryList(dpc_link(Dpc));
            target->dpc_depth--;
            __atomic_store_n(&Dpc->DpcData, NULL, __ATOMIC_RELEASE);
        }
        ke_guard_leave(&target->dpc_guard, old);
        if (removed) {
            return TRUE;
        }
    }
}

/* What a DPC object said when it was taken off its queue: from then on it may be queued again (DP-3). */
struct dpc_call {
    PRKDPC dpc;
    PKDEFERRED_ROUTINE routine;
    PVOID context, argument1, argument2;
};

static bool dpc_take(struct ke_processor *processor, struct dpc_call *call)
{
    KIRQL old = ke_guard_enter_quietly(&processor->dpc_guard);
    bool found = !IsListEmpty(&processor->dpc_queue);
    if (found) {
        PRKDPC dpc = dpc_of(RemoveHeadList(&processor->dpc_queue));
        *call = (struct dpc_call){dpc, dpc->DeferredRoutine, dpc->DeferredContext, dpc->SystemArgument1,
                                  dpc->SystemArgument2};
        processor->dpc_depth--;
        processor->dpc_active = true;
        __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELEASE);
    }
    ke_guard_leave(&processor->dpc_guard, old);
    return found;
}

static void flush_routine(struct _KDPC *dpc, PVOID context, PVOID argument1, PVOID argument2);

bool ke_dpc_run_next(struct ke_processor *processor)
{
    struct dpc_call call;
    if (!dpc_take(processor, &call)) {
        return false;
    }
    processor->progress++;
    if (call.routine == flush_routine) {
        call.routine(call.dpc, call.context, call.argument1, call.argument2);
    } else {
        struct callback_frame frame;
        processor->dpc_count++;
        processor->dpc_since = ke_engine->now();
        callback_enter(&frame, CALLBACK_DPC, "DPC", (const void *)(uintptr_t)call.routine);
        call.routine(call.dpc, call.context, call.argument1, call.argument2);
        callback_leave(&frame);
    }
    processor->dpc_active = false;
    return true;
}

void ke_dpc_drain(void)
{
    struct ke_processor *processor = ke_processor();
    while (ke_dpc_run_next(processor)) {
    }
}

PRKDPC ke_dpc_first(struct ke_processor *processor)
{
    return IsListEmpty(&processor->dpc_queue) ? NULL : dpc_of(processor->dpc_queue.Flink);
}

bool ke_dpc_any_queued(void)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (ke_processors[i].dpc_depth != 0 || ke_processors[i].dpc_active) {
            return true;
        }
    }
    return false;
}

/* ---- KeFlushQueuedDpcs ------------------------------------------------------------------------- */

struct flush {
    volatile LONG left;
    KEVENT done;
};

static void flush_routine(struct _KDPC *dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    struct flush *flush = context;
    ke_about_to_change(flush); /* who is the last tells */
    ke_releases(flush);
    if (InterlockedDecrement(&flush->left) == 0) {
        KeSetEvent(&flush->done, 0, FALSE);
    }
}

bool ke_dpc_is_marker(PKDEFERRED_ROUTINE routine)
{
    return routine == flush_routine;
}

/*
 * KeFlushQueuedDpcs: PASSIVE_LEVEL; returns when every DPC that was queued before the call has run
 * (DP-4).  A DPC of our own at the tail of each queue, which runs last, tells.
 */
VOID KeFlushQueuedDpcs(VOID)
{
    ddi_enter(KeFlushQueuedDpcs);
    KDPC marker[KE_MAXIMUM_PROCESSORS], threaded[KE_MAXIMUM_PROCESSORS];
    bool threads = ke_threaded_dpcs_run();
    struct flush flush = {.left = (LONG)(threads ? 2 * ke_processor_count : ke_processor_count)};
    KeInitializeEvent(&flush.done, NotificationEvent, FALSE);
    for (unsigned i = 0; i < ke_processor_count; i++) {
        KeInitializeDpc(&marker[i], flush_routine, &flush);
        KeSetTargetProcessorDpc(&marker[i], (CCHAR)i);
        KeInsertQueueDpc(&marker[i], NULL, NULL);
        if (threads) {
            KeInitializeDpc(&threaded[i], flush_routine, &flush);
            ke_threaded_dpc_insert(&threaded[i], &ke_processors[i], NULL, NULL);
        }
    }
    KeWaitForSingleObject(&flush.done, Executive, KernelMode, FALSE, NULL);
    ke_acquires(&flush);
}

/* ---- how long a DPC may run -------------------------------------------------------------------- */

#define DPC_TIME_LIMIT_TICKS 0x500u      /* one DPC; the examples of bug check 0x133 */
#define DPC_WATCHDOG_LIMIT_TICKS 0x1E00u /* all DPCs of a period */

/*
 * KeQueryDpcWatchdogInformation: DISPATCH_LEVEL, in a DPC; else STATUS_UNSUCCESSFUL.  Limits and what is
 * left of them in clock ticks, as Windows' 0x133 would count them: a driver uses it to stop in time.
 */
NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation)
{
    ddi_enter(KeQueryDpcWatchdogInformation);
    struct ke_processor *processor = ke_processor();
    if (ke_irql() < DISPATCH_LEVEL || !processor->dpc_active) {
        return STATUS_UNSUCCESSFUL;
    }
    uint64_t used = (ke_engine->now() - processor->dpc_since) / 100u / KeQueryTimeIncrement();
    ULONG left = used < DPC_TIME_LIMIT_TICKS ? DPC_TIME_LIMIT_TICKS - (ULONG)used : 0;
    *WatchdogInformation = (KDPC_WATCHDOG_INFORMATION){
        .DpcTimeLimit = DPC_TIME_LIMIT_TICKS,
        .DpcTimeCount = left,
        .DpcWatchdogLimit = DPC_WATCHDOG_LIMIT_TICKS,
        .DpcWatchdogCount = DPC_WATCHDOG_LIMIT_TICKS - (DPC_TIME_LIMIT_TICKS - left),
    };
    return STATUS_SUCCESS;
}

/* KeIsExecutingDpc: DISPATCH_LEVEL; does a DPC run on this processor? */
LOGICAL KeIsExecutingDpc(VOID)
{
    ddi_enter(KeIsExecutingDpc);
    return ke_irql() >= DISPATCH_LEVEL && ke_processor()->dpc_active;
}

/* KeShouldYieldProcessor: DISPATCH_LEVEL; TRUE when half of the time that a DPC may take is over.
 * nf-wdm-keshouldyieldprocessor. */
ULONG KeShouldYieldProcessor(VOID)
{
    ddi_enter(KeShouldYieldProcessor);
    KDPC_WATCHDOG_INFORMATION information;
    return KeQueryDpcWatchdogInformation(&information) == STATUS_SUCCESS &&
           information.DpcTimeCount < information.DpcTimeLimit / 2;
}
