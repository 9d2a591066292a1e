/*
 * An entry is inserted twice, by the interlocked functions.
 * Contexts: thread dpc.
 */
#include "../contexts.h"

static LIST_ENTRY Head, First;
static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    InitializeListHead(&Head);
    NdisAllocateSpinLock(&Lock);
    NdisInterlockedInsertTailList(&Head, &First, &Lock);
    NdisInterlockedInsertTailList(&Head, &First, &Lock);
    NdisFreeSpinLock(&Lock);
}
