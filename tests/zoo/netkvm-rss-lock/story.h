/* A send path that reads the receive side scaling parameters under their lock. */
#include "../zoo.h"

static PNDIS_RW_LOCK_EX RssLock;
static BOOLEAN RssSupported; /* by the device: it is not */
static ULONG Queues = 1;

static BOOLEAN ZooInitialize(VOID);

static VOID Send(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(RssLock, &state, 0);
    NT_ASSERT(Queues == 1);
    NdisReleaseRWLock(RssLock, &state);
}

static BOOLEAN ZooStart(VOID)
{
    if (!ZooInitialize()) {
        return FALSE;
    }
    ZooThread(0, Send);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (RssLock != NULL) {
        NdisFreeRWLock(RssLock);
    }
}
