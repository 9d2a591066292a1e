/*
 * sched.c - which thread a processor runs.
 *
 * One ready list in first-come order for all processors; a processor takes the first thread whose
 * affinity allows it.  The dispatcher guard is held across a context switch: the side that resumes
 * leaves it, so a thread cannot be picked up by another processor before its registers are saved.
 */
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "host/memory.h"

HOST_HOT struct ke_guard ke_dispatcher = {0};

static HOST_HOT LIST_ENTRY ready_list = {&ready_list, &ready_list};
static HOST_HOT volatile unsigned ready_count = 0;
static volatile bool stopping;

static struct _KTHREAD *thread_of_ready(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct _KTHREAD, ready_link);
}

static bool may_run(const struct _KTHREAD *thread, const struct ke_processor *processor)
{
    return (thread->affinity >> processor->number & 1) != 0;
}

/*
 * Makes one idle processor that may run the thread look at the ready list; false when there is none.  It no
 * longer counts as idle: the next thread is another one's.
 */
static bool wake_idle(const struct _KTHREAD *thread)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        struct ke_processor *processor = &ke_processors[(thread->last_processor + i) % ke_processor_count];
        if (processor->idle && may_run(thread, processor)) {
            processor->idle = false;
            __atomic_fetch_add(&processor->wake, 1, __ATOMIC_SEQ_CST);
            ke_engine->wake(processor);
            return true;
        }
    }
    return false;
}

void ke_thread_ready(struct _KTHREAD *thread)
{
    thread->state = KE_THREAD_READY;
    if (ke_engine->thread_ready != NULL) {
        ke_engine->thread_ready(thread);
        return;
    }
    InsertTailList(&ready_list, &thread->ready_link);
    ready_count++;
    if (!wake_idle(thread)) {
        ke_engine->thread_waits();
    }
}

static struct _KTHREAD *pick(const struct ke_processor *processor)
{
    for (LIST_ENTRY *link = ready_list.Flink; link != &ready_list; link = link->Flink) {
        struct _KTHREAD *thread = thread_of_ready(link);
        if (may_run(thread, processor)) {
            RemoveEntryList(link);
            ready_count--;
            return thread;
        }
    }
    return NULL;
}

/* Is some ready thread allowed on this processor?  A glance without the guard: the clock asks again. */
bool ke_thread_is_waiting_for(const struct ke_processor *processor)
{
    return ready_count != 0 && processor->current != NULL;
}

unsigned ke_ready_threads(void)
{
    return ready_count;
}

/* Leaves what runs here for `next` (NULL: the idle loop).  Returns when it is resumed, anywhere. */
static void switch_to(struct _KTHREAD *next, bool last)
{
    struct ke_processor *processor = ke_processor();
    struct _KTHREAD *from = processor->current;
    struct host_context *save = from != NULL ? &from->host : &processor->idle_context;

    if (from != NULL) {
        from->callback = processor->callback;
    }
    processor->progress++;
    processor->current = next;
    processor->idle = next == NULL;
    processor->callback = NULL;
    if (next != NULL) {
        next->state = KE_THREAD_RUNNING;
        next->last_processor = processor->number;
        processor->callback = next->callback;
    }
    host_context_switch(save, next != NULL ? &next->host : &processor->idle_context, last);
}

void ke_thread_block(void)
{
    if (ke_engine->thread_block != NULL) {
        ke_engine->thread_block(ke_processor()->current);
        return;
    }
    switch_to(pick(ke_processor()), ke_processor()->current->state == KE_THREAD_ENDED);
}

void ke_thread_preempt(void)
{
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    struct ke_processor *processor = ke_processor();
    struct _KTHREAD *current = processor->current;
    struct _KTHREAD *next = current != NULL ? pick(processor) : NULL;
    if (next != NULL) {
        current->state = KE_THREAD_READY;
        InsertTailList(&ready_list, &current->ready_link);
        ready_count++;
        wake_idle(current); /* next may stay for long, at DISPATCH_LEVEL */
        switch_to(next, false);
    }
    ke_guard_leave(&ke_dispatcher, old);
}

/* Moves the calling thread to a processor that its affinity allows; <= APC_LEVEL. */
void ke_thread_follow_affinity(void)
{
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    struct ke_processor *processor = ke_processor();
    struct _KTHREAD *current = processor->current;
    if (current != NULL && !may_run(current, processor) && ke_engine->thread_move != NULL) {
        ke_engine->thread_move(current);
    } else if (current != NULL && !may_run(current, processor)) {
        ke_thread_ready(current);
        switch_to(pick(processor), false);
    }
    ke_guard_leave(&ke_dispatcher, old);
}

bool ke_nothing_runs(void)
{
    if (ready_count != 0 || ke_dpc_any_queued()) {
        return false;
    }
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (!ke_processors[i].idle || ke_processors[i].pending != 0) {
            return false;
        }
    }
    return true;
}

void ke_idle_stop(void)
{
    stopping = true;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        __atomic_fetch_add(&ke_processors[i].wake, 1, __ATOMIC_SEQ_CST);
        ke_engine->wake(&ke_processors[i]);
    }
}

/* What a processor does when no thread wants it; runs on the host thread's own stack. */
void ke_idle_loop(struct ke_processor *processor)
{
    while (!stopping) {
        uint32_t seen = __atomic_load_n(&processor->wake, __ATOMIC_SEQ_CST);
        KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
        processor->idle = true;
        struct _KTHREAD *next = pick(processor);
        if (next != NULL) {
            switch_to(next, false);
        }
        ke_guard_leave(&ke_dispatcher, old);
        if (next == NULL && !stopping) {
            ke_engine->idle(processor, seen);
        }
    }
}
