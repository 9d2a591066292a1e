/*
 * Interlocked lists and ordinary critical sections share a lock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static LIST_ENTRY Head, Entry;
static ULONG Count;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    InitializeListHead(&Head);
    NdisInterlockedInsertHeadList(&Head, &Entry, &Lock);
    NdisAcquireSpinLock(&Lock);
    RemoveHeadList(&Head);
    NdisReleaseSpinLock(&Lock);
    NdisInterlockedAddUlong(&Count, 1, &Lock);
    NdisFreeSpinLock(&Lock);
}
