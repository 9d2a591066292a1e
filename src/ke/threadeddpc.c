/*
 * threadeddpc.c - threaded DPCs: their routine runs in a thread of its processor at PASSIVE_LEVEL, or, where
 * these are turned off, as any other DPC at DISPATCH_LEVEL; it must not know which (spec SL-22).
 *
 * Which of the two is chosen anew at each insertion.  The threads are made when the first threaded DPC is
 * initialised below DISPATCH_LEVEL; before that all run at DISPATCH_LEVEL.
 */
#include "ke/threadeddpc.h"

#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/observer.h"
#include "ke/run.h"
#include "host/memory.h"

#include <stddef.h>

static HOST_HOT struct ke_guard guard = {0};
static HOST_HOT volatile LONG started = 0;          /* 2: there are threads */
static HOST_HOT volatile LONG threaded_pending = 0; /* queued or running */
static struct queue {
    LIST_ENTRY list;
    KSEMAPHORE ready;
} queues[KE_MAXIMUM_PROCESSORS];

static PRKDPC dpc_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, KDPC, DpcListEntry);
}

/* Takes the oldest off the queue and copies it: from then on it may be queued again. */
static bool take(struct queue *queue, PRKDPC *dpc, KDPC *copy)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool found = !IsListEmpty(&queue->list);
    if (found) {
        *dpc = dpc_of(RemoveHeadList(&queue->list));
        *copy = **dpc;
        __atomic_store_n(&(*dpc)->DpcData, NULL, __ATOMIC_RELEASE);
    }
    ke_guard_leave(&guard, old);
    return found;
}

static void run(void *context)
{
    struct queue *queue = context;
    for (;;) {
        PRKDPC dpc;
        KDPC copy;
        KeWaitForSingleObject(&queue->ready, Executive, KernelMode, FALSE, NULL);
        ke_about_to_change(queue);
        if (!take(queue, &dpc, &copy)) {
            continue; /* it was removed */
        }
        ke_is_fresh();
        ke_acquires(dpc);
        if (ke_dpc_is_marker(copy.DeferredRoutine)) {
            copy.DeferredRoutine(dpc, copy.DeferredContext, copy.SystemArgument1, copy.SystemArgument2);
        } else {
            struct callback_frame frame;
            callback_enter(&frame, CALLBACK_DPC, "threaded DPC",
                           (const void *)(uintptr_t)copy.DeferredRoutine);
            copy.DeferredRoutine(dpc, copy.DeferredContext, copy.SystemArgument1, copy.SystemArgument2);
            callback_leave(&frame);
        }
        InterlockedDecrement(&threaded_pending);
    }
}

/* Once; <= APC_LEVEL. */
static void start(void)
{
    if (started != 0 || ke_irql() >= DISPATCH_LEVEL || InterlockedCompareExchange(&started, 1, 0) != 0) {
        return;
    }
    bool all = true;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        InitializeListHead(&queues[i].list);
        KeInitializeSemaphore(&queues[i].ready, 0, MAXLONG);
        struct _KTHREAD *thread =
            ke_thread_create_on(run, &queues[i], "threaded DPCs", true, (KAFFINITY)1 << i);
        all = all && thread != NULL;
        if (thread != NULL) {
            ke_thread_dereference(thread);
        }
    }
    if (all) {
        started = 2;
    }
}

bool ke_threaded_dpc_is_due(void)
{
    return started == 2 && ke_choose(CHOICE_IRQL, 2) == 0;
}

bool ke_threaded_dpcs_run(void)
{
    return started == 2;
}

bool ke_threaded_dpc_insert(PRKDPC dpc, struct ke_processor *target, PVOID argument1, PVOID argument2)
{
    struct queue *queue = &queues[target->number];
    PVOID none = NULL;
    ke_about_to_change_both(dpc, queue);
    ke_uses(dpc);
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool queued =
        __atomic_compare_exchange_n(&dpc->DpcData, &none, queue, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    if (queued) {
        ke_releases(dpc);
        dpc->SystemArgument1 = argument1;
        dpc->SystemArgument2 = argument2;
        if (dpc->Importance == HighImportance) {
            InsertHeadList(&queue->list, &dpc->DpcListEntry);
        } else {
            InsertTailList(&queue->list, &dpc->DpcListEntry);
        }
        threaded_pending++;
    }
    ke_guard_leave(&guard, old);
    if (queued) {
        event_send(EVENT_DPC_QUEUE, dpc, target->number, (uintptr_t)argument1, (uintptr_t)argument2, 0);
        KeReleaseSemaphore(&queue->ready, 0, 1, FALSE);
    }
    return queued;
}

bool ke_threaded_dpc_is_queue(const void *queue)
{
    return (uintptr_t)queue >= (uintptr_t)queues &&
           (uintptr_t)queue < (uintptr_t)(queues + KE_MAXIMUM_PROCESSORS);
}

bool ke_threaded_dpc_remove(PRKDPC dpc, void *queue)
{
    ke_about_to_change(queue);
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool removed = dpc->DpcData == queue;
    if (removed) {
        RemoveEntryList(&dpc->DpcListEntry);
        __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELEASE);
        threaded_pending--;
    }
    ke_guard_leave(&guard, old);
    return removed;
}

static bool is_busy(void)
{
    return threaded_pending != 0;
}

__attribute__((constructor)) static void join_machine(void)
{
    ke_settle_add(is_busy);
}

/*
 * KeInitializeThreadedDpc: any IRQL; a DPC whose routine runs at PASSIVE_LEVEL or at DISPATCH_LEVEL.
 * nf-wdm-keinitializethreadeddpc.
 */
VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    ddi_enter(KeInitializeThreadedDpc);
    KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
    Dpc->Type = THREADED_DPC_TYPE;
    start();
}
