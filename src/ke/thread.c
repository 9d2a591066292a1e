/*
 * thread.c - making, ending and counting kernel threads (contract in thread.h).
 */
#include "ke/ddi.h"
#include "ke/thread.h"

#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/observer.h"
#include "ke/step.h"
#include "host/memory.h"

#define THREAD_STACK_SIZE (256u * 1024u)
#define THREAD_TYPE 6 /* KOBJECTS: ThreadObject */

static HOST_HOT LIST_ENTRY all_threads = {&all_threads, &all_threads};
static HOST_HOT ULONG next_id = 4;

void ke_thread_reference(struct _KTHREAD *thread)
{
    __atomic_fetch_add(&thread->references, 1, __ATOMIC_RELAXED);
}

void ke_thread_dereference(struct _KTHREAD *thread)
{
    if (__atomic_fetch_sub(&thread->references, 1, __ATOMIC_ACQ_REL) == 1) {
        KIRQL old = ke_mask();
        host_stack_unmap(&thread->host.stack);
        host_free(thread);
        ke_unmask(old);
    }
}

void ke_threads_join(struct _KTHREAD *const *threads, unsigned count)
{
    if (ke_engine->join != NULL) {
        ke_engine->join(threads, count);
    }
    for (unsigned i = 0; i < count; i++) {
        if (ke_engine->join == NULL) {
            KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE, NULL);
        }
        ke_thread_dereference(threads[i]);
    }
}

void ke_thread_join(struct _KTHREAD *thread)
{
    ke_threads_join(&thread, 1);
}

/* The first code on a new thread's stack; the dispatcher guard is held by the switch that led here. */
static void thread_main(void *argument)
{
    struct _KTHREAD *thread = argument;
    host_context_entered(&thread->host);
    ke_acquires(thread);
    ke_guard_leave(&ke_dispatcher, PASSIVE_LEVEL);
    event_send(EVENT_THREAD_START, thread, thread->id, thread->system, 0, 0);
    thread->start(thread->context);
    ke_thread_exit(STATUS_SUCCESS);
}

/*
 * An ended thread's stack is in use until the switch away from it is over, so it cannot drop its own
 * reference: it joins this list under the dispatcher guard, which is left only after that switch.
 */
static HOST_HOT struct _KTHREAD *dead_threads = NULL;

static void reap(void)
{
    if (*(struct _KTHREAD *volatile *)&dead_threads == NULL) {
        return; /* whoever is just coming to that list is for the next one to find */
    }
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    struct _KTHREAD *dead = dead_threads;
    dead_threads = NULL;
    ke_guard_leave(&ke_dispatcher, old);
    while (dead != NULL) {
        struct _KTHREAD *next = dead->next_dead;
        ke_thread_dereference(dead);
        dead = next;
    }
}

struct _KTHREAD *ke_thread_create_on(void (*start)(void *), void *context, const char *name, bool system,
                                     KAFFINITY affinity)
{
    reap();
    KIRQL old = ke_mask();
    struct host_stack stack;
    struct _KTHREAD *thread = host_allocate_hot(sizeof *thread);
    if (thread != NULL && !host_stack_map(&stack, THREAD_STACK_SIZE)) {
        host_free(thread);
        thread = NULL;
    }
    ke_unmask(old);
    if (thread == NULL) {
        return NULL;
    }
    thread->header.Type = THREAD_TYPE;
    InitializeListHead(&thread->header.WaitListHead);
    thread->references = 2;
    thread->priority = 8;
    thread->affinity = affinity;
    thread->user_affinity = thread->affinity;
    thread->system = system;
    thread->name = name;
    thread->start = start;
    thread->context = context;
    KeInitializeTimer(&thread->wait_timer);
    host_context_make(&thread->host, stack, thread_main, thread);

    old = ke_guard_enter_quietly(&ke_dispatcher);
    thread->id = next_id;
    next_id += 4;
    InsertTailList(&all_threads, &thread->all_link);
    ke_releases(thread);
    ke_thread_ready(thread);
    ke_guard_leave(&ke_dispatcher, old);
    return thread;
}

struct _KTHREAD *ke_thread_create(void (*start)(void *), void *context, const char *name, bool system)
{
    return ke_thread_create_on(start, context, name, system, ke_processors_all());
}

void ke_thread_exit(NTSTATUS status)
{
    struct _KTHREAD *thread = (struct _KTHREAD *)KeGetCurrentThread();
    /* A driver that ends its thread from inside leaves all its callbacks at once. */
    for (struct callback_frame *frame; (frame = ke_processor()->callback) != NULL;) {
        callback_leave(frame);
    }
    event_send(EVENT_THREAD_END, thread, thread->id, thread->system, 0, 0);
    reap();
    if (!thread->only_joined) {
        ke_about_to_change(thread);
    }
    ke_guard_enter_quietly(&ke_dispatcher);
    thread->exit_status = status;
    thread->state = KE_THREAD_ENDED;
    RemoveEntryList(&thread->all_link);
    thread->header.SignalState = 1;
    ke_releases(thread);
    ke_wait_test(&thread->header);
    thread->next_dead = dead_threads;
    dead_threads = thread;
    ke_processor()->callback = NULL;
    ke_thread_block();
    __builtin_unreachable();
}

void ke_thread_each(void (*visit)(struct _KTHREAD *thread, void *argument), void *argument)
{
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    for (LIST_ENTRY *link = all_threads.Flink; link != &all_threads; link = link->Flink) {
        visit(CONTAINING_RECORD(link, struct _KTHREAD, all_link), argument);
    }
    ke_guard_leave(&ke_dispatcher, old);
}

/* KeGetCurrentThread: any IRQL; the thread that this processor runs or whose stack a DPC or ISR borrows. */
PKTHREAD KeGetCurrentThread(VOID)
{
    ddi_enter(KeGetCurrentThread);
    KIRQL old = ke_mask();
    PKTHREAD current = (PKTHREAD)ke_processor()->current;
    ke_unmask(old);
    return current;
}

/* KeSetPriorityThread: PASSIVE_LEVEL; returns the old priority.  The scheduler is first come, first served.
 */
KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    ddi_enter(KeSetPriorityThread);
    return InterlockedExchange((volatile LONG *)&((struct _KTHREAD *)Thread)->priority, Priority);
}

/* KeSetBasePriorityThread: PASSIVE_LEVEL; returns the old increment.  The scheduler looks at neither. */
LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    ddi_enter(KeSetBasePriorityThread);
    struct _KTHREAD *thread = (struct _KTHREAD *)Thread;
    LONG old = InterlockedExchange((volatile LONG *)&thread->increment, Increment);
    InterlockedExchangeAdd((volatile LONG *)&thread->priority, Increment - old);
    return old;
}

/* KeQueryPriorityThread: PASSIVE_LEVEL. */
KPRIORITY KeQueryPriorityThread(PKTHREAD Thread)
{
    ddi_enter(KeQueryPriorityThread);
    return ((struct _KTHREAD *)Thread)->priority;
}

/* KeEnterCriticalRegion: <= APC_LEVEL; normal kernel APCs are never sent here, so only the count is kept. */
VOID KeEnterCriticalRegion(VOID)
{
    ddi_enter(KeEnterCriticalRegion);
    event_ends_matter(true); /* who returns inside of it is told of (regions.c) */
    ((struct _KTHREAD *)KeGetCurrentThread())->critical_region--;
}

/* The thread has to be in one: it never leaves what it did not enter. */
static void leave_region(LONG *count, const char *rule, const char *what, uintptr_t subcode)
{
    if (*count == 0) {
        event_misuse(rule, what, NULL, 0xC4, subcode);
    } else {
        ++*count;
    }
}

/* KeLeaveCriticalRegion: <= APC_LEVEL. */
VOID KeLeaveCriticalRegion(VOID)
{
    ddi_enter(KeLeaveCriticalRegion);
    leave_region(&((struct _KTHREAD *)KeGetCurrentThread())->critical_region, "CriticalRegions",
                 "KeLeaveCriticalRegion is called for a thread that is in no critical region", 0x3E);
}

/* KeAreApcsDisabled: <= DISPATCH_LEVEL. */
BOOLEAN KeAreApcsDisabled(VOID)
{
    ddi_enter(KeAreApcsDisabled);
    const struct _KTHREAD *thread = (struct _KTHREAD *)KeGetCurrentThread();
    return thread->critical_region != 0 || thread->guarded_region != 0;
}

/* KeEnterGuardedRegion: <= APC_LEVEL; no kernel APC would be delivered.  They nest. */
VOID KeEnterGuardedRegion(VOID)
{
    ddi_enter(KeEnterGuardedRegion);
    event_ends_matter(true);
    ((struct _KTHREAD *)KeGetCurrentThread())->guarded_region--;
}

/* KeLeaveGuardedRegion: <= APC_LEVEL. */
VOID KeLeaveGuardedRegion(VOID)
{
    ddi_enter(KeLeaveGuardedRegion);
    leave_region(&((struct _KTHREAD *)KeGetCurrentThread())->guarded_region, "GuardedRegions",
                 "KeLeaveGuardedRegion is called for a thread that is in no guarded region", 0x4000E);
}

/* KeAreAllApcsDisabled: any IRQL; in a guarded region, or at APC_LEVEL and above. */
BOOLEAN KeAreAllApcsDisabled(VOID)
{
    ddi_enter(KeAreAllApcsDisabled);
    return ((struct _KTHREAD *)KeGetCurrentThread())->guarded_region != 0 || ke_irql() >= APC_LEVEL;
}
