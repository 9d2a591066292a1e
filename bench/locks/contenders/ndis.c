/*
 * ndis.c - undis: the locks of the DDI, called as a driver calls them.
 */
#include <ndis.h>

#include "contender.h"

static NDIS_SPIN_LOCK ndis_lock __attribute__((aligned(128)));
static NDIS_SPIN_LOCK dpr_lock __attribute__((aligned(128)));
static KSPIN_LOCK queued_lock __attribute__((aligned(128)));
static NDIS_RW_LOCK_EX *rw_lock;

#define ENTRIES 128
static NDIS_SPIN_LOCK list_lock __attribute__((aligned(128)));
static LIST_ENTRY list __attribute__((aligned(128)));
static SLIST_HEADER slist __attribute__((aligned(128)));
static LIST_ENTRY entries[ENTRIES];
static SLIST_ENTRY slist_entries[ENTRIES];

static KDPC dpc;

static void reset(void)
{
    NdisFreeSpinLock(&ndis_lock);
    NdisAllocateSpinLock(&ndis_lock);
    NdisFreeSpinLock(&dpr_lock);
    NdisAllocateSpinLock(&dpr_lock);
    KeInitializeSpinLock(&queued_lock);
}

static void reset_rw(void)
{
    if (rw_lock != NULL) {
        NdisFreeRWLock(rw_lock);
    }
    rw_lock = NdisAllocateRWLock(NULL);
}

CONTENDER_LOOPS(ndis, , NdisAcquireSpinLock(&ndis_lock), gate_count(), NdisReleaseSpinLock(&ndis_lock))
CONTENDER(ndis, "NdisAcquireSpinLock", "", SPIN_LOCK, ON_PROCESSOR, reset);
CONTENDER_LOOPS(ndis_dpr, , NdisDprAcquireSpinLock(&dpr_lock), gate_count(),
                NdisDprReleaseSpinLock(&dpr_lock))
CONTENDER(ndis_dpr, "NdisDprAcquireSpinLock", "", SPIN_LOCK, ON_RAISED, reset);
CONTENDER_LOOPS(ndis_queued, KLOCK_QUEUE_HANDLE handle, KeAcquireInStackQueuedSpinLock(&queued_lock, &handle),
                gate_count(), KeReleaseInStackQueuedSpinLock(&handle))
CONTENDER(ndis_queued, "KeAcquireInStackQueuedSpinLock", "", SPIN_LOCK, ON_PROCESSOR, reset);
RW_LOOPS(ndis_rw, LOCK_STATE_EX state, NdisAcquireRWLockRead(rw_lock, &state, 0),
         NdisReleaseRWLock(rw_lock, &state), NdisAcquireRWLockWrite(rw_lock, &state, 0),
         NdisReleaseRWLock(rw_lock, &state))
CONTENDER(ndis_rw, "NDIS_RW_LOCK_EX", "", RW_LOCK, ON_PROCESSOR, reset_rw);
RW_LOOPS(ndis_rw_dpr, LOCK_STATE_EX state, NdisAcquireRWLockRead(rw_lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL),
         NdisReleaseRWLock(rw_lock, &state),
         NdisAcquireRWLockWrite(rw_lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL),
         NdisReleaseRWLock(rw_lock, &state))
CONTENDER(ndis_rw_dpr, "NDIS_RW_LOCK_EX at dispatch", "", RW_LOCK, ON_RAISED, reset_rw);

/* ---- lists ------------------------------------------------------------------------------------- */

static void reset_list(void)
{
    NdisAllocateSpinLock(&list_lock);
    InitializeListHead(&list);
    for (unsigned i = 0; i < ENTRIES; i++) {
        NdisInterlockedInsertHeadList(&list, &entries[i], &list_lock);
    }
}

static void reset_slist(void)
{
    InitializeSListHead(&slist);
    for (unsigned i = 0; i < ENTRIES; i++) {
        InterlockedPushEntrySList(&slist, &slist_entries[i]);
    }
}

static inline PLIST_ENTRY pop(void)
{
    PLIST_ENTRY entry;
    while ((entry = NdisInterlockedRemoveHeadList(&list, &list_lock)) == NULL) {
    }
    return entry;
}

static inline PSLIST_ENTRY slist_pop(void)
{
    PSLIST_ENTRY entry;
    while ((entry = InterlockedPopEntrySList(&slist)) == NULL) {
    }
    return entry;
}

CONTENDER_LOOPS(ndis_list, PLIST_ENTRY entry, entry = pop(), (void)0,
                NdisInterlockedInsertHeadList(&list, entry, &list_lock))
CONTENDER(ndis_list, "NdisInterlocked list", "", LIST, ON_PROCESSOR, reset_list);
CONTENDER_LOOPS(ndis_slist, PSLIST_ENTRY entry, entry = slist_pop(), (void)0,
                InterlockedPushEntrySList(&slist, entry))
CONTENDER(ndis_slist, "SLIST_HEADER", "", LIST, ON_PROCESSOR, reset_slist);

/* ---- a DPC ------------------------------------------------------------------------------------- */

static VOID run_dpc(PKDPC object, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)object, (void)context, (void)argument1, (void)argument2;
    gate_touch();
}

static void reset_dpc(void)
{
    KeInitializeDpc(&dpc, run_dpc, NULL);
}

/* Below DISPATCH_LEVEL: it has run when the call returns. */
CALL_LOOPS(ndis_call, KeInsertQueueDpc(&dpc, NULL, NULL))
CONTENDER(ndis_call, "KeInsertQueueDpc until it ran", "", CALL, ON_PROCESSOR, reset_dpc);
