/*
 * assertion.c - AssertionFailed: ASSERT in a driver, or what a scenario expects of one.
 *
 * The run goes on: in a driver built without assertions it would, too.
 */
#include "verifier/verifier.h"

static void hear(struct event *event)
{
    struct finding *finding = finding_begin("AssertionFailed", event, "%s", (const char *)event->object);
    if (finding != NULL) {
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
    event->skip = true;
}

static struct event_listener listener = {
    .name = "assertions",
    .kinds = 1ull << EVENT_ASSERTION,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
