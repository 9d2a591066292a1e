/*
 * dpcqueue_checked.c - the DPC queue under a guard, which tells the explored engine what it does.
 */
#include "ke/dispatch.h"
#include "ke/dpcqueue.h"
#include "ke/engine.h"
#include "ke/observer.h"
#include "ke/run.h"

#if UNDIS_CHECKED

bool dpc_queue_insert(PRKDPC dpc, struct ke_processor *target, PVOID argument1, PVOID argument2, KIRQL old)
{
    PVOID none = NULL;
    KIRQL masked = ke_guard_enter_quietly(&target->dpc_guard);
    bool queued =
        __atomic_compare_exchange_n(&dpc->DpcData, &none, target, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    if (queued) {
        ke_releases(dpc);
        KE_STEP(
            ke_engine->entry_possible(dpc, dpc->Importance == HighImportance ? NULL : &target->dpc_queue));
        dpc->SystemArgument1 = argument1;
        dpc->SystemArgument2 = argument2;
        if (dpc->Importance == HighImportance) {
            InsertHeadList(&target->dpc_queue, dpc_link(dpc));
        } else {
            InsertTailList(&target->dpc_queue, dpc_link(dpc));
        }
        target->dpc_depth++;
    }
    ke_guard_leave(&target->dpc_guard, masked);
    ke_unmask(old);
    if (queued) {
        event_send(EVENT_DPC_QUEUE, dpc, target->number, (uintptr_t)argument1, (uintptr_t)argument2, 0);
        ke_post(target, DISPATCH_LEVEL);
    }
    return queued;
}

/* Those behind it need not wait for it any more. */
static void tell_withdrawal(struct ke_processor *target, PRKDPC dpc)
{
    ke_engine->entry_withdrawn(&target->dpc_queue);
    for (LIST_ENTRY *link = dpc_link(dpc)->Flink; link != &target->dpc_queue; link = link->Flink) {
        ke_engine->entry_sooner(dpc_of(link));
    }
}

bool dpc_queue_remove(PRKDPC dpc, void *data)
{
    struct ke_processor *target = data;
    KIRQL old = ke_guard_enter_quietly(&target->dpc_guard);
    bool removed = dpc->DpcData == target;
    if (removed) {
        KE_STEP(tell_withdrawal(target, dpc));
        RemoveEntryList(dpc_link(dpc));
        target->dpc_depth--;
        __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELEASE);
    }
    ke_guard_leave(&target->dpc_guard, old);
    return removed;
}

static PRKDPC find_within(struct ke_processor *target, uintptr_t low, uintptr_t high)
{
    PRKDPC found = NULL;
    KIRQL old = ke_guard_enter_quietly(&target->dpc_guard);
    for (LIST_ENTRY *link = target->dpc_queue.Flink; link != &target->dpc_queue; link = link->Flink) {
        if ((uintptr_t)dpc_of(link) >= low && (uintptr_t)dpc_of(link) < high) {
            found = dpc_of(link);
            break;
        }
    }
    ke_guard_leave(&target->dpc_guard, old);
    return found;
}

/* A DPC that was found may begin before it is taken off: then it is none of those any more. */
PRKDPC ke_dpc_withdraw(uintptr_t low, uintptr_t high)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        PRKDPC dpc = find_within(&ke_processors[i], low, high);
        if (dpc != NULL && dpc_queue_remove(dpc, &ke_processors[i])) {
            return dpc;
        }
    }
    return NULL;
}

bool dpc_queue_take(struct ke_processor *processor, struct dpc_call *call)
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

bool dpc_queue_is_empty(const struct ke_processor *processor)
{
    return processor->dpc_depth == 0;
}

#endif
