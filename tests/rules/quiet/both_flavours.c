/*
 * One lock, both flavours, at different times.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    ULONG i;
    NdisAllocateSpinLock(&Lock);
    for (i = 0; i < 10; i++) {
        NdisAcquireSpinLock(&Lock);
        NdisReleaseSpinLock(&Lock);
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        NdisDprAcquireSpinLock(&Lock);
        NdisDprReleaseSpinLock(&Lock);
        KeLowerIrql(irql);
    }
    NdisFreeSpinLock(&Lock);
}
