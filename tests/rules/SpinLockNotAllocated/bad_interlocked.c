/*
 * NdisInterlockedInsertTailList is given a lock that was never allocated.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static LIST_ENTRY Head, Entry;

static VOID body(VOID)
{
    InitializeListHead(&Head);
    NdisInterlockedInsertTailList(&Head, &Entry, &Lock);
    NdisInterlockedRemoveHeadList(&Head, &Lock);
}
