/* An adapter keeps its state under a lock, and shuts down. */
#include "../miniport.h"

enum State { StateRunning, StateShutdown };

struct Adapter {
    struct ZooAdapter Zoo;
    NDIS_SPIN_LOCK Lock;
    enum State State;
};

static ULONG StorySize(VOID)
{
    return sizeof(struct Adapter);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Adapter)
{
    NdisAllocateSpinLock(&((struct Adapter *)Adapter)->Lock);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Adapter)
{
    NdisFreeSpinLock(&((struct Adapter *)Adapter)->Lock);
}

static VOID StorySend(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List)
{
    ZooComplete(Adapter, List);
}

static VOID BecomeShutdown(struct ZooAdapter *Adapter)
{
    struct Adapter *adapter = (struct Adapter *)Adapter;
    NdisAcquireSpinLock(&adapter->Lock);
    adapter->State = StateShutdown;
    NdisReleaseSpinLock(&adapter->Lock);
}
