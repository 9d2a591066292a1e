/*
 * mutex.c - MutexRecursive, MutexNotOwned, MutexHeldAtReturn: fast and guarded mutexes, KMUTEX, resources and
 * push locks, which threads own.
 *
 * Repairs: an acquisition that would wait for the thread itself is not made, and the release that belongs to
 * it neither; a release by who does not own it is not made, and its owner may release it still, or not; what
 * a callback leaves held is given back.  Not guaranteed: no more than HOLDS are known at a time; when there
 * are more, nothing is said any more.
 */
#include "verifier/mutex.h"

#include "ex/abandon.h"
#include "ke/mutex.h"
#include "verifier/returns.h"

#include <string.h>

#define HOLDS 128

struct hold {
    const struct _KTHREAD *thread; /* NULL: free */
    const void *mutex;
    const struct callback_frame *frame; /* in which it was acquired */
    enum mutex_kind kind;
    bool shared;
    bool taken_for; /* somebody else has released it, and that was reported */
    unsigned count;
    unsigned refused; /* acquisitions that were not made and whose releases are still to come */
    struct stack_trace acquired;
};

static struct ke_guard guard;
static struct hold holds[HOLDS];
static unsigned top; /* holds in use lie below */
static bool overflowed;

static const struct {
    const char *acquire, *release, *noun;
} names[MUTEX_KINDS] = {
    [MUTEX_FAST] = {"ExAcquireFastMutex", "ExReleaseFastMutex", "a fast mutex"},
    [MUTEX_GUARDED] = {"KeAcquireGuardedMutex", "KeReleaseGuardedMutex", "a guarded mutex"},
    [MUTEX_KERNEL] = {"KeWaitForMutexObject", "KeReleaseMutex", "a mutex"},
    [MUTEX_RESOURCE] = {"ExAcquireResourceExclusiveLite", "ExReleaseResourceLite", "a resource"},
    [MUTEX_PUSH_LOCK] = {"ExAcquirePushLockExclusive", "ExReleasePushLockExclusive", "a push lock"},
};

static enum mutex_kind kind_of(const struct event *event)
{
    return (enum mutex_kind)event->value[0];
}

static struct hold *find(const struct _KTHREAD *thread, const void *mutex)
{
    for (unsigned i = 0; i < top; i++) {
        if (holds[i].thread == thread && holds[i].mutex == mutex) {
            return &holds[i];
        }
    }
    return NULL;
}

static struct hold *make(void)
{
    for (unsigned i = 0; i < HOLDS; i++) {
        if (holds[i].thread == NULL) {
            top = i < top ? top : i + 1;
            return &holds[i];
        }
    }
    overflowed = true;
    return NULL;
}

static void end(struct hold *hold)
{
    hold->thread = NULL;
    while (top > 0 && holds[top - 1].thread == NULL) {
        top--;
    }
}

/* ---- acquiring --------------------------------------------------------------------------------- */

/* Would that acquisition wait for the thread that makes it? */
static bool waits_for_itself(const struct event *event, const struct hold *hold)
{
    bool tries = event->value[2] != 0, shared = event->value[1] != 0;
    switch (hold->kind) {
    case MUTEX_KERNEL:
        return false;
    case MUTEX_RESOURCE:
        return !tries && hold->shared && !shared;
    default:
        return !tries;
    }
}

static void hear_acquire(struct event *event, const struct _KTHREAD *thread)
{
    struct hold *hold = find(thread, event->object);
    if (hold == NULL || hold->kind != kind_of(event) || !waits_for_itself(event, hold)) {
        return;
    }
    struct finding *finding = finding_begin(
        "MutexRecursive", event, "%s is called for %s that this thread %s already: it would wait for itself",
        names[hold->kind].acquire, names[hold->kind].noun, hold->shared ? "shares" : "owns");
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, 0x1000, (uintptr_t)event->object, 0, 0);
        finding_add_stack(finding, "owner acquired at", -1, &hold->acquired);
        finding_commit(finding);
    }
    hold->refused++;
    event->skip = true;
}

static void hear_acquired(struct event *event, const struct _KTHREAD *thread)
{
    struct hold *hold = find(thread, event->object);
    if (hold != NULL) {
        hold->count++;
        return;
    }
    hold = make();
    if (hold != NULL) {
        hold->thread = thread;
        hold->mutex = event->object;
        hold->frame = event->processor->callback;
        hold->kind = kind_of(event);
        hold->shared = event->value[1] != 0;
        hold->count = 1;
        hold->refused = 0;
        hold->taken_for = false;
        stack_trace_take(&hold->acquired, event);
    }
}

/* ---- releasing --------------------------------------------------------------------------------- */

static void report_not_owned(struct event *event)
{
    enum mutex_kind kind = kind_of(event);
    struct hold *other = NULL;
    for (unsigned i = 0; i < top && other == NULL; i++) {
        other = holds[i].thread != NULL && holds[i].mutex == event->object ? &holds[i] : NULL;
    }
    if (other != NULL) {
        other->taken_for = true;
    }
    struct finding *finding =
        finding_begin("MutexNotOwned", event, "%s is called for %s that %s", names[kind].release,
                      names[kind].noun, other != NULL ? "another thread owns" : "nobody owns");
    if (finding != NULL) {
        finding_bugcheck(finding, kind == MUTEX_RESOURCE ? 0xE3 : 0x11, (uintptr_t)event->object,
                         (uintptr_t)event->processor->current, 0, 0);
        if (other != NULL) {
            finding_add_stack(finding, "owner acquired at", -1, &other->acquired);
        }
        finding_commit(finding);
    }
}

static void hear_release(struct event *event)
{
    struct hold *hold = find((const struct _KTHREAD *)event->value[2], event->object);
    if (hold == NULL) {
        if (!overflowed) {
            report_not_owned(event);
            event->skip = true;
        }
    } else if (hold->refused > 0) {
        hold->refused--;
        event->skip = true;
    } else if (--hold->count == 0) {
        end(hold);
    }
}

/* ---- the end of a callback --------------------------------------------------------------------- */

static void abandon(const struct hold *hold)
{
    void *mutex = (void *)(uintptr_t)hold->mutex;
    switch (hold->kind) {
    case MUTEX_KERNEL:
        ke_mutex_abandon(mutex);
        break;
    case MUTEX_RESOURCE:
        ex_resource_abandon(mutex, (PKTHREAD)(uintptr_t)hold->thread);
        break;
    case MUTEX_PUSH_LOCK:
        ex_push_lock_abandon(mutex, hold->shared);
        break;
    default:
        ex_fast_mutex_abandon(mutex);
        break;
    }
}

/* Takes out a hold of that frame and thread. */
static bool take_of_frame(const struct callback_frame *frame, const struct _KTHREAD *thread,
                          struct hold *taken)
{
    bool found = false;
    KIRQL old = ke_guard_enter_quietly(&guard);
    for (unsigned i = 0; i < top && !found; i++) {
        if (holds[i].frame == frame && holds[i].thread == thread) {
            *taken = holds[i];
            end(&holds[i]);
            found = true;
        }
    }
    ke_guard_leave(&guard, old);
    return found;
}

bool mutex_end_holds(struct event *event, const struct callback_frame *frame, bool *any_at_all)
{
    struct hold hold;
    struct finding *finding = NULL;
    bool any = false, raised = false;
    while (top > 0 && take_of_frame(frame, event->processor->current, &hold)) {
        if (!any && !hold.taken_for) {
            any = true;
            struct stack_trace trace = routine_trace(frame);
            finding = finding_begin_at("MutexHeldAtReturn", event, "victim", &trace,
                                       "%s returns holding %s that it acquired", callback_name(frame),
                                       names[hold.kind].noun);
            if (finding != NULL) {
                finding_bugcheck(finding, 0xC4, 0x100A, (uintptr_t)hold.mutex, 0, 0);
            }
        }
        if (finding != NULL && !hold.taken_for) {
            finding_add_stack(finding, "owner acquired at", -1, &hold.acquired);
        }
        abandon(&hold);
        *any_at_all = true;
        raised = raised || hold.kind == MUTEX_FAST;
    }
    if (finding != NULL) {
        finding_commit(finding);
    }
    return raised;
}

/* ---- what goes with its memory ----------------------------------------------------------------- */

static void forget(uintptr_t low, uintptr_t high)
{
    for (unsigned i = top; i-- > 0;) {
        uintptr_t mutex = (uintptr_t)holds[i].mutex;
        if (holds[i].thread != NULL && mutex >= low && mutex < high) {
            end(&holds[i]);
        }
    }
}

static void hear(struct event *event)
{
    if (verifier_processor(event) == NULL) {
        return;
    }
    if (event->kind == EVENT_OBJECT_DESTROY && top == 0) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&guard);
    switch (event->kind) {
    case EVENT_MUTEX_ACQUIRE:
        hear_acquire(event, event->processor->current);
        break;
    case EVENT_MUTEX_ACQUIRED:
        hear_acquired(event, event->processor->current);
        break;
    case EVENT_MUTEX_CONVERTED: {
        struct hold *hold = find(event->processor->current, event->object);
        if (hold != NULL) {
            hold->shared = true;
        }
        break;
    }
    case EVENT_MUTEX_RELEASE:
        hear_release(event);
        break;
    default:
        forget((uintptr_t)event->object, (uintptr_t)event->object + event->value[1]);
        break;
    }
    ke_guard_leave(&guard, old);
}

static struct event_listener listener = {
    .name = "mutexes",
    .kinds = 1ull << EVENT_MUTEX_ACQUIRE | 1ull << EVENT_MUTEX_ACQUIRED | 1ull << EVENT_MUTEX_CONVERTED |
             1ull << EVENT_MUTEX_RELEASE | 1ull << EVENT_OBJECT_DESTROY,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
