/*
 * Two adapters, one after the other: the first takes its receive lock under its send lock, the second the
 * other way round.  The locks are made at the same places.
 * Contexts: thread.
 */
#include "../contexts.h"

struct Adapter {
    NDIS_SPIN_LOCK Send, Receive;
};
static struct Adapter Adapters[2];
static volatile ULONG Count = 2; /* a loop that stays one */

static VOID body(VOID)
{
    for (ULONG i = 0; i < Count; i++) {
        NdisAllocateSpinLock(&Adapters[i].Send);
        NdisAllocateSpinLock(&Adapters[i].Receive);
    }
    NdisAcquireSpinLock(&Adapters[0].Send);
    NdisDprAcquireSpinLock(&Adapters[0].Receive);
    NdisDprReleaseSpinLock(&Adapters[0].Receive);
    NdisReleaseSpinLock(&Adapters[0].Send);

    NdisAcquireSpinLock(&Adapters[1].Receive);
    NdisDprAcquireSpinLock(&Adapters[1].Send);
    NdisDprReleaseSpinLock(&Adapters[1].Send);
    NdisReleaseSpinLock(&Adapters[1].Receive);
    for (ULONG i = 0; i < Count; i++) {
        NdisFreeSpinLock(&Adapters[i].Receive);
        NdisFreeSpinLock(&Adapters[i].Send);
    }
}
