/*
 * ndis.c - undis: the locks of the DDI, called as a driver calls them.
 */
#include <ndis.h>

#include "contender.h"

static NDIS_SPIN_LOCK ndis_lock __attribute__((aligned(128)));
static NDIS_SPIN_LOCK dpr_lock __attribute__((aligned(128)));
static KSPIN_LOCK queued_lock __attribute__((aligned(128)));
static NDIS_RW_LOCK_EX *rw_lock;

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
