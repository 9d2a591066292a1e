/*
 * freed.c - PoolUseAfterFree, before anything is touched: a pool block is freed while a timer in it is set,
 * or a DPC or a work item in it is queued.
 *
 * Repairs: the timer is cancelled, the DPC and the work item are taken off their queues, for the memory is
 * used again soon.  Not seen: a DPC that is called for a threaded one, and objects in other memory than pool.
 */
#include "verifier/verifier.h"

#include "ex/work.h"
#include "ke/run.h"

#define TIMER_OR_DPC_INVALID 0xC7
#define WORKER_INVALID 0xE4

static void report(struct event *event, const char *what, const void *object, uintptr_t routine,
                   const char *role, uint32_t code, uintptr_t subcode)
{
    uintptr_t low = (uintptr_t)event->object;
    struct stack_trace called = {.depth = 1, .pc = {routine + 1}};
    struct finding *finding = finding_begin("PoolUseAfterFree", event, "%s", what);
    if (finding != NULL) {
        finding_bugcheck(finding, code, subcode, (uintptr_t)object, low, low + event->value[1]);
        if (routine != 0) {
            finding_add_stack(finding, role, -1, &called);
        }
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void report_timer(const KTIMER *timer, void *argument)
{
    struct event *event = argument;
    uintptr_t low = (uintptr_t)event->object, at = (uintptr_t)timer;
    bool here = at >= low && at < low + event->value[1];
    report(event,
           !here                ? "a pool block is freed while its DPC is that of a timer that is set"
           : timer->Period != 0 ? "a pool block is freed while a periodic timer in it is set"
                                : "a pool block is freed while a timer in it is set",
           timer, timer->Dpc != NULL && here ? (uintptr_t)timer->Dpc->DeferredRoutine : 0, "its DPC",
           TIMER_OR_DPC_INVALID, 0);
}

static void hear(struct event *event)
{
    if (event->value[0] != OBJECT_POOL) {
        return;
    }
    uintptr_t low = (uintptr_t)event->object, high = low + event->value[1];
    ke_timers_disarm(low, high, report_timer, event);
    for (PRKDPC dpc; (dpc = ke_dpc_withdraw(low, high)) != NULL;) {
        report(event, "a pool block is freed while a DPC in it is queued", dpc,
               (uintptr_t)dpc->DeferredRoutine, "its routine", TIMER_OR_DPC_INVALID, 1);
    }
    for (const WORK_QUEUE_ITEM *item; (item = ex_work_withdraw(low, high)) != NULL;) {
        report(event, "a pool block is freed while a work item in it is queued", item,
               (uintptr_t)item->WorkerRoutine, "its routine", WORKER_INVALID, 0);
    }
}

static struct event_listener listener = {
    .name = "freed objects",
    .kinds = 1ull << EVENT_OBJECT_DESTROY,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
