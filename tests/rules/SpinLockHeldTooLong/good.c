/*
 * Waits between its holds, and does little in many of them.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock, Inner;
static volatile ULONG Count;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAllocateSpinLock(&Inner);
    for (ULONG i = 0; i < 200; i++) {
        NdisAcquireSpinLock(&Lock);
        NdisDprAcquireSpinLock(&Inner);
        Count++;
        NdisStallExecution(10);
        NdisDprReleaseSpinLock(&Inner);
        NdisReleaseSpinLock(&Lock);
        NdisStallExecution(20);
    }
    NdisFreeSpinLock(&Inner);
    NdisFreeSpinLock(&Lock);
}
