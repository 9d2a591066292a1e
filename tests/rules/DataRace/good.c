/*
 * A spin lock, an event, a thread's end: each orders the accesses.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

ULONG Speed, Seen, Result;
static NDIS_SPIN_LOCK Lock;
static KEVENT Ready;

static VOID Writer(VOID)
{
    NdisAcquireSpinLock(&Lock);
    Speed = 1000;
    NdisReleaseSpinLock(&Lock);
    Result = 1;
    KeSetEvent(&Ready, IO_NO_INCREMENT, FALSE);
}

static VOID Reader(VOID)
{
    NdisAcquireSpinLock(&Lock);
    Seen = Speed;
    NdisReleaseSpinLock(&Lock);
    KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
    Result = 2;
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    KeInitializeEvent(&Ready, NotificationEvent, FALSE);
    Speed = 10;
    RunBoth(Writer, Reader);
    Seen = Speed + Result;
    NdisFreeSpinLock(&Lock);
}
