/*
 * A read of a bad address with a lock held.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static ULONG *volatile Pointer = (ULONG *)0xFFFF800000001000ull;
static volatile ULONG Value;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NdisAcquireSpinLock(&Lock);
    Value = *Pointer;
    NdisReleaseSpinLock(&Lock);
}
