/*
 * netkvm, 2018-11: gives up after 1000 looks, a microsecond apart.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/2eea7a77b709f3677169cb0244006b134b84fcc3
 * Verdict: clean.
 */
#include "story.h"

static BOOLEAN PollForAnswer(VOID)
{
    BOOLEAN answered = GetBuffer();
    for (ULONG i = 0; i < 1000 && !answered; i++) {
        NdisStallExecution(1);
        answered = GetBuffer();
    }
    return answered;
}
