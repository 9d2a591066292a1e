/*
 * netkvm, before 2018-11: polls until there is an answer.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/2eea7a77b709f3677169cb0244006b134b84fcc3
 * Verdict: Watchdog, as bug check 0x133; explored: Livelock.
 */
#include "story.h"

static BOOLEAN PollForAnswer(VOID)
{
    while (!GetBuffer()) {
        NdisStallExecution(1);
    }
    return TRUE;
}
