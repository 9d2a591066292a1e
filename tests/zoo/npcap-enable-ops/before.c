/*
 * npcap, before 2021-04: the lock is dropped before the wait, with care; the caller's IRQL is not looked at.
 *
 * https://github.com/nmap/npcap/commit/51ceed818cb884c12433bf1026617f7ead32ee1f
 * Verdict: WaitAtDispatch.
 */
#include "story.h"

static BOOLEAN StartUsing(BOOLEAN AtDispatchLevel)
{
    AcquireOpen(AtDispatchLevel);
    if (Status == OpenAttached) {
        ReleaseOpen(AtDispatchLevel);
        EnableOps();
        AcquireOpen(AtDispatchLevel);
        Status = OpenRunning;
    }
    ReleaseOpen(AtDispatchLevel);
    return TRUE;
}
