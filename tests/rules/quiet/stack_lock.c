/*
 * A lock on the stack of a function that is called again and again.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static DECLSPEC_NOINLINE VOID UseStackLock(ULONG depth)
{
    NDIS_SPIN_LOCK lock;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    if (depth > 0) {
        UseStackLock(depth - 1);
    }
}

static VOID body(VOID)
{
    ULONG i;
    for (i = 0; i < 10; i++) {
        UseStackLock(i % 3);
    }
}
