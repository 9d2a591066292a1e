/*
 * tap-windows6, before 2019-06: MiniportShutdownEx takes the lock, whatever the reason.  In a bug check it is
 * called at HIGH_LEVEL, on the only processor that still runs; whoever held the lock holds it for ever.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/d9de52dae0fb6eadd55267a5759117faf0125f67
 * Verdict: SpinLockAboveDispatch in a crash; clean when the system shuts down.
 */
#include "story.h"

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Action);
    BecomeShutdown(Adapter);
}
