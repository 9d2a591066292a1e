/*
 * order_mutex.c - LockOrder for the locks that threads own: fast and guarded mutexes, KMUTEX, resources, push
 * locks.
 *
 * An acquisition is remembered from its beginning, because only there it is said whether it is an attempt.
 * Not guaranteed: anything of mutexes beyond MUTEXES at a time.
 */
#include "verifier/lock_order.h"

#include "ke/thread.h"
#include "verifier/verifier.h"

#define MUTEXES 512

static struct ke_guard guard; /* of what follows */

static struct mutex_hold {
    const struct _KTHREAD *thread; /* NULL: free */
    const void *mutex;
    bool waits; /* it is not held yet */
    bool leads_nowhere, shared;
    struct stack_trace acquired;
} mutexes[MUTEXES];
static unsigned mutex_count; /* entries that were ever used */

static struct mutex_hold *find_mutex(const struct _KTHREAD *thread, const void *mutex, bool waits)
{
    for (unsigned i = mutex_count; i-- > 0;) {
        if (mutexes[i].thread == thread && mutexes[i].mutex == mutex && mutexes[i].waits == waits) {
            return &mutexes[i];
        }
    }
    return NULL;
}

/* A wait that ended without the mutex leaves its entry to the thread's next one. */
static struct mutex_hold *waiting_entry(const struct _KTHREAD *thread)
{
    struct mutex_hold *unused = NULL;
    for (unsigned i = 0; i < mutex_count; i++) {
        if (mutexes[i].thread == thread && mutexes[i].waits) {
            return &mutexes[i];
        }
        if (mutexes[i].thread == NULL) {
            unused = &mutexes[i];
        }
    }
    return unused != NULL ? unused : mutex_count < MUTEXES ? &mutexes[mutex_count++] : NULL;
}

static void hear_mutex_acquire(struct event *event, const struct _KTHREAD *thread)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool recursive = find_mutex(thread, event->object, false) != NULL;
    struct mutex_hold *entry = waiting_entry(thread);
    if (entry != NULL) {
        entry->thread = thread;
        entry->mutex = event->object;
        entry->waits = true;
        entry->leads_nowhere = recursive || event->value[2] != 0;
        entry->shared = event->value[1] != 0;
    }
    ke_guard_leave(&guard, old);
}

static unsigned collect_mutexes(const struct _KTHREAD *thread, const void *but,
                                struct order_outer outer[ORDER_OUTER])
{
    unsigned count = 0;
    for (unsigned i = mutex_count; i-- > 0 && count < ORDER_OUTER;) {
        if (mutexes[i].thread == thread && !mutexes[i].waits && mutexes[i].mutex != but) {
            outer[count++] = (struct order_outer){
                .lock = mutexes[i].mutex, .shared = mutexes[i].shared, .acquired = mutexes[i].acquired};
        }
    }
    return count;
}

static void hear_mutex_acquired(struct event *event, const struct _KTHREAD *thread)
{
    struct order_outer outer[ORDER_OUTER];
    unsigned count = 0;
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct mutex_hold *entry = find_mutex(thread, event->object, true);
    if (entry != NULL) {
        count = entry->leads_nowhere ? 0 : collect_mutexes(thread, event->object, outer);
        entry->waits = false;
        entry->shared = event->value[1] != 0;
        stack_trace_take(&entry->acquired, event);
    }
    ke_guard_leave(&guard, old);
    if (count > 0) {
        lock_order_learn(event, outer, count, event->value[1] != 0);
    }
}

static void hear_mutex_end(struct event *event, const struct _KTHREAD *thread)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct mutex_hold *entry = find_mutex(thread, event->object, false);
    if (entry != NULL && event->kind == EVENT_MUTEX_RELEASE) {
        entry->thread = NULL;
    } else if (entry != NULL) {
        entry->shared = true;
    }
    ke_guard_leave(&guard, old);
}

static void hear_thread_end(const struct _KTHREAD *thread)
{
    for (unsigned i = 0; mutex_count > 0 && i < mutex_count; i++) {
        if (mutexes[i].thread == thread) {
            mutexes[i].thread = NULL;
        }
    }
}

static void hear(struct event *event)
{
    const struct _KTHREAD *thread = event->processor != NULL ? event->processor->current : NULL;
    switch (event->kind) {
    case EVENT_MUTEX_ACQUIRE:
        hear_mutex_acquire(event, thread);
        break;
    case EVENT_MUTEX_ACQUIRED:
        hear_mutex_acquired(event, thread);
        break;
    case EVENT_MUTEX_RELEASE:
        hear_mutex_end(event, event->value[2] != 0 ? (const struct _KTHREAD *)event->value[2] : thread);
        break;
    case EVENT_MUTEX_CONVERTED:
        hear_mutex_end(event, thread);
        break;
    default:
        hear_thread_end(event->object);
        break;
    }
}

static struct event_listener listener = {
    .name = "mutex order",
    .kinds = 1ull << EVENT_MUTEX_ACQUIRE | 1ull << EVENT_MUTEX_ACQUIRED | 1ull << EVENT_MUTEX_RELEASE |
             1ull << EVENT_MUTEX_CONVERTED | 1ull << EVENT_THREAD_END,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
