/*
 * One lock for NdisInterlockedXxx above DISPATCH_LEVEL, and nothing else; another one for code at it.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

ULONG Frames, Errors;
static NDIS_SPIN_LOCK FrameLock, ErrorLock;

static VOID body(VOID)
{
    KIRQL irql;
    NdisAllocateSpinLock(&FrameLock);
    NdisAllocateSpinLock(&ErrorLock);
    NdisAcquireSpinLock(&ErrorLock);
    Errors = 0;
    NdisReleaseSpinLock(&ErrorLock);
    NdisInterlockedAddUlong(&Errors, 1, &ErrorLock);
    NdisInterlockedAddUlong(&Frames, 1, &FrameLock);
    KeRaiseIrql(5, &irql);
    NdisInterlockedAddUlong(&Frames, 1, &FrameLock);
    KeLowerIrql(irql);
    NdisFreeSpinLock(&FrameLock);
    NdisFreeSpinLock(&ErrorLock);
}
