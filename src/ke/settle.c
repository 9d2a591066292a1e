/*
 * settle.c - has everything that drivers started come to rest?
 */
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/run.h"

#define SETTLE_SOURCES 8
#define SETTLE_STEADY 3 /* looks in a row that must find rest: what one look sees it sees piece by piece */

static bool (*busy_sources[SETTLE_SOURCES])(void);
static unsigned busy_source_count;

void ke_settle_add(bool (*busy)(void))
{
    if (busy_source_count < SETTLE_SOURCES) {
        busy_sources[busy_source_count++] = busy;
    }
}

static void note_active(struct _KTHREAD *thread, void *argument)
{
    bool *active = argument;
    bool rests = thread->system || (thread->state == KE_THREAD_WAITING && !thread->wait_has_timeout);
    *active = *active || !rests;
}

static bool anything_active(void)
{
    bool active = ke_dpc_any_queued();
    for (unsigned i = 0; i < busy_source_count; i++) {
        active = active || busy_sources[i]();
    }
    ke_thread_each(note_active, &active);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    active = active || ke_timers_one_shot_armed();
    ke_guard_leave(&ke_dispatcher, old);
    return active;
}

bool ke_settle(uint64_t limit_ns)
{
    if (ke_engine->settle != NULL) {
        ke_engine->settle();
        return !anything_active();
    }
    LARGE_INTEGER moment = {.QuadPart = -10000};
    uint64_t start = ke_engine->now();
    unsigned steady = 0;
    while (steady < SETTLE_STEADY) {
        steady = anything_active() ? 0 : steady + 1;
        if (ke_engine->now() - start > limit_ns) {
            return false;
        }
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
    return true;
}
