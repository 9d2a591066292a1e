/*
 * netkvm since 2017-11: the work is outside.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/9589d9bc590e86384dff79b021ffee90f40bedc4
 * Verdict: complete in both builds.
 */
#include "story.h"

static VOID Send(VOID)
{
    PULONG packet;
    while ((packet = Peek()) != NULL) {
        InterlockedExchangeAdd(&Submitted, (LONG)*packet);
        Pop();
    }
}
