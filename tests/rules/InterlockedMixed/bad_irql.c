/*
 * A lock that NdisInterlockedXxx takes at an ISR's level is also held at DISPATCH_LEVEL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

ULONG Frames;
static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    Frames = 0;
    NdisReleaseSpinLock(&Lock);
    KeRaiseIrql(5, &irql);
    NdisInterlockedAddUlong(&Frames, 1, &Lock);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Lock);
}
