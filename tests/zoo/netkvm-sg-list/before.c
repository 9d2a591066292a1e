/*
 * netkvm: the mapping is started under the lock that its end takes.  It works whenever NDIS calls later.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/issues/85
 * Verdict: SpinLockRecursive; explored with send-pause as well, where the call from inside is one of two
 * choices.
 */
#include "story.h"

static VOID StartMapping(struct Adapter *Adapter, PNET_BUFFER_LIST List)
{
    NdisDprAcquireSpinLock(&Adapter->TxLock);
    Map(Adapter, List);
    NdisDprReleaseSpinLock(&Adapter->TxLock);
}
