/*
 * netkvm: no lock is held over the call.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/issues/85
 * Verdict: complete.
 */
#include "story.h"

static VOID StartMapping(struct Adapter *Adapter, PNET_BUFFER_LIST List)
{
    Map(Adapter, List);
}
