/*
 * npcap, 2021-04: at DISPATCH_LEVEL it is refused, and asserted never to happen.
 *
 * https://github.com/nmap/npcap/commit/51ceed818cb884c12433bf1026617f7ead32ee1f
 * Verdict: AssertionFailed, since it does happen here; clean when compiled with -DDBG=0.
 */
#include "story.h"

static BOOLEAN StartUsing(BOOLEAN AtDispatchLevel)
{
    BOOLEAN started = TRUE;
    AcquireOpen(AtDispatchLevel);
    if (Status == OpenAttached) {
        NT_ASSERT(!AtDispatchLevel);
        if (AtDispatchLevel) {
            started = FALSE;
        } else {
            ReleaseOpen(AtDispatchLevel);
            EnableOps();
            AcquireOpen(AtDispatchLevel);
            Status = OpenRunning;
        }
    }
    ReleaseOpen(AtDispatchLevel);
    return started;
}
