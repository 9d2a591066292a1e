/*
 * The holder of the lock gives it to NdisInterlockedInsertTailList.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static LIST_ENTRY Head, Entry;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    InitializeListHead(&Head);
    NdisAcquireSpinLock(&Lock);
    NdisInterlockedInsertTailList(&Head, &Entry, &Lock);
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
