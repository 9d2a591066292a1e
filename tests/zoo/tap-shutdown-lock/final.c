/*
 * tap-windows6, 2019-06: does nothing in a bug check.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/d9de52dae0fb6eadd55267a5759117faf0125f67
 * Verdict: clean.
 */
#include "story.h"

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    if (Action != NdisShutdownBugCheck) {
        BecomeShutdown(Adapter);
    }
}
