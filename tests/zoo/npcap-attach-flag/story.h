/* FilterAttach, at PASSIVE_LEVEL, looks for open handles that lost their adapter when it went away. */
#include "../zoo.h"

static PNDIS_RW_LOCK_EX AllOpensLock;
static ULONG Detached = 1, Found;

static VOID Attach(VOID);

static VOID LookThroughOpens(UCHAR Flags)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockRead(AllOpensLock, &state, Flags);
    Found += Detached;
    NdisReleaseRWLock(AllOpensLock, &state);
}

static BOOLEAN ZooStart(VOID)
{
    AllOpensLock = NdisAllocateRWLock(NULL);
    if (AllOpensLock == NULL) {
        return FALSE;
    }
    ZooThread(0, Attach);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Found == 1);
    NdisFreeRWLock(AllOpensLock);
}
