/*
 * Takes what it needs under the lock, and completes after it.
 * Contexts: entry.
 */
#define RULE_OWN_SEND
#include "../miniport.h"

static VOID StorySend(struct ZooAdapter *Zoo, PNET_BUFFER_LIST List)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisAcquireSpinLock(&adapter->Lock);
    adapter->Sent++;
    NdisReleaseSpinLock(&adapter->Lock);
    ZooComplete(Zoo, List);
}
