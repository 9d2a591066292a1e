/*
 * regions.c - CriticalRegions, GuardedRegions: a thread's outermost callback returns inside of a region.
 *
 * Leaving what was not entered is told where it happens (ke/thread.c).  Repairs: the region is left.  Not
 * seen: a callback that is called from another one and returns inside, unless that one does, too; where it
 * was entered.
 */
#include "verifier/returns.h"

#include "ke/thread.h"

/* Code that came in from an interrupt has no regions of its own. */
static bool is_of_thread(const struct callback_frame *frame)
{
    switch (frame->kind) {
    case CALLBACK_DPC:
    case CALLBACK_TIMER:
    case CALLBACK_ISR:
    case CALLBACK_SYNCHRONIZE:
        return false;
    default:
        return frame->outer == NULL;
    }
}

static void judge(struct event *event, const struct callback_frame *frame, LONG *count, const char *rule,
                  const char *kind, uintptr_t subcode)
{
    if (*count == 0) {
        return;
    }
    *count = 0;
    struct stack_trace trace = routine_trace(frame);
    struct finding *finding =
        finding_begin_at(rule, event, "victim", &trace, "%s returns inside of a %s region that it entered",
                         callback_name(frame), kind);
    if (finding != NULL) {
        finding_bugcheck(finding, 0xC4, subcode, (uintptr_t)event->processor->current, 0, 0);
        finding_commit(finding);
    }
}

void regions_end(struct event *event, const struct callback_frame *frame, bool told)
{
    struct _KTHREAD *thread = event->processor->current;
    if (thread == NULL || !is_of_thread(frame)) {
        return;
    }
    if (told) {
        thread->critical_region = thread->guarded_region = 0;
    }
    judge(event, frame, &thread->critical_region, "CriticalRegions", "critical", 0x40003);
    judge(event, frame, &thread->guarded_region, "GuardedRegions", "guarded", 0x4000E);
}
