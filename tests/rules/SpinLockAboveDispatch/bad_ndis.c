/*
 * NdisAcquireSpinLock at a device IRQL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&Lock);
    KeRaiseIrql(5, &irql);
    NdisAcquireSpinLock(&Lock);
    NdisReleaseSpinLock(&Lock);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&Lock);
}
