/*
 * Completes a send under its lock.
 * Contexts: entry.
 */
#define RULE_OWN_SEND
#include "../miniport.h"

static VOID StorySend(struct ZooAdapter *Zoo, PNET_BUFFER_LIST List)
{
    struct Adapter *adapter = (struct Adapter *)Zoo;
    NdisAcquireSpinLock(&adapter->Lock);
    ZooComplete(Zoo, List);
    NdisReleaseSpinLock(&adapter->Lock);
}
