/*
 * Frames are filtered and copied for each open handle, on many processors at once, under the list's lock for
 * reading; to open a handle takes it for writing, for two pointers.
 */
#include "../zoo.h"

#define HANDLES 4
#define MICROSECONDS_A_HANDLE 25

static PNDIS_RW_LOCK_EX HandlesLock;
static ULONG Handles;
static volatile LONG Copied;

static VOID Tap(VOID); /* at DISPATCH_LEVEL */

/* Runs the handle's filter, copies the frame into its buffer. */
static VOID Process(VOID)
{
    NdisStallExecution(MICROSECONDS_A_HANDLE);
    InterlockedIncrement(&Copied);
}

static VOID Receive(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Tap();
    KeLowerIrql(irql);
}

static VOID OpenHandle(VOID)
{
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(HandlesLock, &state, 0);
    Handles++;
    NdisReleaseRWLock(HandlesLock, &state);
}

static BOOLEAN ZooStart(VOID)
{
    HandlesLock = NdisAllocateRWLock(NULL);
    if (HandlesLock == NULL) {
        return FALSE;
    }
    Handles = HANDLES;
    ZooThread(0, Receive);
    ZooThread(1, Receive);
    ZooThread(2, OpenHandle);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeRWLock(HandlesLock);
}
