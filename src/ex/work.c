/*
 * work.c - the queue of work items and the threads that empty it.
 *
 * A fixed number of threads, unlike Windows, which adds some when all are blocked: a driver whose work items
 * wait for other work items may stop here sooner (WI-6).  The queues have no priorities among each other.
 */
#include "ex/work.h"
#include "ke/ddi.h"
#include "ke/engine.h"
#include "ke/observer.h"
#include "ke/run.h"
#include "ke/step.h"
#include "ke/thread.h"
#include "host/memory.h"

#define WORKERS 8
#define WORKERS_EXPLORED 3 /* each is one more actor in every execution */

static HOST_HOT struct ke_guard work_guard = {0};
static HOST_HOT LIST_ENTRY work_queues[2] = {
    [EX_WORK_LIBRARY] = {&work_queues[EX_WORK_LIBRARY], &work_queues[EX_WORK_LIBRARY]},
    [EX_WORK_DRIVER] = {&work_queues[EX_WORK_DRIVER], &work_queues[EX_WORK_DRIVER]},
};
static HOST_HOT KSEMAPHORE work_ready = {0};    /* counts what is queued */
static HOST_HOT volatile LONG work_pending = 0; /* items queued or running; written under work_guard */
static HOST_HOT unsigned work_turn = 0;         /* which queue is looked at first */

static void queue_insert(PWORK_QUEUE_ITEM item, enum ex_work_routine whose)
{
    LIST_ENTRY *head = &work_queues[whose];
    item->List.Flink = head;
    item->List.Blink = head->Blink;
    head->Blink->Flink = &item->List;
    head->Blink = &item->List;
}

/* Takes the oldest item of a queue; its links are cleared, so that it may be queued again. */
static PWORK_QUEUE_ITEM queue_take(enum ex_work_routine whose)
{
    LIST_ENTRY *head = &work_queues[whose], *first = head->Flink;
    if (first == head) {
        return NULL;
    }
    head->Flink = first->Flink;
    first->Flink->Blink = head;
    first->Flink = NULL;
    first->Blink = NULL;
    return CONTAINING_RECORD(first, WORK_QUEUE_ITEM, List);
}

void ex_work_queue(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type, enum ex_work_routine whose)
{
    KIRQL old = ke_guard_enter(&work_guard);
    bool queued = item->List.Flink != NULL;
    ke_releases(item);
    if (!queued) {
        work_pending++;
        queue_insert(item, whose);
    }
    ke_guard_leave(&work_guard, old);
    if (queued) {
        ke_bugcheck(0xE4, 1, (ULONG_PTR)item, type, 0);
    }
    KeReleaseSemaphore(&work_ready, 0, 1, FALSE);
}

bool ex_work_is_queued(const WORK_QUEUE_ITEM *item)
{
    KIRQL old = ke_guard_enter(&work_guard);
    bool queued = item->List.Flink != NULL;
    ke_guard_leave(&work_guard, old);
    return queued;
}

const WORK_QUEUE_ITEM *ex_work_withdraw(uintptr_t low, uintptr_t high)
{
    const WORK_QUEUE_ITEM *found = NULL;
    KIRQL old = ke_guard_enter_quietly(&work_guard);
    for (unsigned i = 0; i < 2 && found == NULL; i++) {
        for (LIST_ENTRY *link = work_queues[i].Flink; link != &work_queues[i]; link = link->Flink) {
            if ((uintptr_t)link >= low && (uintptr_t)link < high) {
                found = CONTAINING_RECORD(link, WORK_QUEUE_ITEM, List);
                RemoveEntryList(link);
                work_pending--; /* the thread that is woken for it finds nothing */
                break;
            }
        }
    }
    ke_guard_leave(&work_guard, old);
    return found;
}

bool ex_work_pending(void)
{
    return work_pending != 0;
}

/* Calls one item's routine.  The item may be gone, or queued anew, from then on. */
static void run_one(void)
{
    KIRQL old = ke_guard_enter(&work_guard);
    unsigned turn = work_turn++ % 2;
    enum ex_work_routine whose = turn ? EX_WORK_DRIVER : EX_WORK_LIBRARY;
    PWORK_QUEUE_ITEM item = queue_take(whose);
    if (item == NULL) {
        whose = turn ? EX_WORK_LIBRARY : EX_WORK_DRIVER;
        item = queue_take(whose);
    }
    PWORKER_THREAD_ROUTINE routine = item != NULL ? item->WorkerRoutine : NULL;
    PVOID parameter = item != NULL ? item->Parameter : NULL;
    ke_guard_leave(&work_guard, old);
    if (item == NULL) {
        return;
    }
    ke_is_fresh();
    ke_acquires(item);
    if (whose == EX_WORK_DRIVER) {
        struct callback_frame frame;
        callback_enter(&frame, CALLBACK_WORK_ITEM, "work item", (const void *)(uintptr_t)routine);
        routine(parameter);
        callback_leave(&frame);
    } else {
        routine(parameter);
    }
    old = ke_guard_enter_quietly(&work_guard); /* only a settling thread looks, when all is over */
    work_pending--;
    ke_guard_leave(&work_guard, old);
}

static void worker(void *context)
{
    (void)context;
    for (;;) {
        KeWaitForSingleObject(&work_ready, Executive, KernelMode, FALSE, NULL);
        run_one();
    }
}

static unsigned workers(void)
{
    return ke_engine->step != NULL ? WORKERS_EXPLORED : WORKERS;
}

static void start_workers(void)
{
    KeInitializeSemaphore(&work_ready, 0, MAXLONG);
    for (unsigned i = 0; i < workers(); i++) {
        struct _KTHREAD *thread = ke_thread_create(worker, NULL, "worker", true);
        if (thread != NULL) {
            ke_thread_dereference(thread);
        }
    }
}

__attribute__((constructor)) static void join_machine(void)
{
    ke_start_add(start_workers);
    ke_settle_add(ex_work_pending);
}

/*
 * Queues a driver's own item.  IRQL <= DISPATCH_LEVEL.  An item that is queued already is bug check 0xE4/1, a
 * queue that there is not 0xE4/6, no routine 0xE4/7.  Obsolete: nothing keeps the driver loaded until the
 * routine has returned.  nf-wdm-exqueueworkitem.
 */
VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    ddi_enter(ExQueueWorkItem);
    ke_uses(WorkItem);
    if ((unsigned)QueueType >= (unsigned)MaximumWorkQueue &&
        (unsigned)QueueType < (unsigned)CustomPriorityWorkQueue) {
        ke_bugcheck(0xE4, 6, (ULONG_PTR)WorkItem, QueueType, 0);
    }
    if (WorkItem->WorkerRoutine == NULL) {
        ke_bugcheck(0xE4, 7, (ULONG_PTR)WorkItem, QueueType, 0);
    }
    ex_work_queue(WorkItem, QueueType, EX_WORK_DRIVER);
}
