/*
 * An interlocked operation takes its lock, too: under another one, which is elsewhere taken under it.
 * Contexts: thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK List, Adapter;
static ULONG Count;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&List);
    NdisAllocateSpinLock(&Adapter);
    NdisAcquireSpinLock(&List);
    NdisDprAcquireSpinLock(&Adapter);
    NdisDprReleaseSpinLock(&Adapter);
    NdisReleaseSpinLock(&List);

    NdisAcquireSpinLock(&Adapter);
    NdisInterlockedAddUlong(&Count, 1, &List);
    NdisReleaseSpinLock(&Adapter);
    NdisFreeSpinLock(&Adapter);
    NdisFreeSpinLock(&List);
}
