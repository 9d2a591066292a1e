/*
 * netkvm, before 2017-11: the packet is taken off the queue inside an ASSERT, which a free build does not
 * evaluate: there the first packet is sent for ever.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/9589d9bc590e86384dff79b021ffee90f40bedc4
 * Verdict: complete in the driver's checked build; Livelock in its free build (-DDBG=0); no preemption.
 */
#include "story.h"

static VOID Send(VOID)
{
    PULONG packet;
    while ((packet = Peek()) != NULL) {
        InterlockedExchangeAdd(&Submitted, (LONG)*packet);
        ASSERT(packet == Pop());
    }
}
