/*
 * ndis_inline.c - undis: the locks of the DDI as a driver has them that is built with `undis cc --free`.
 */
#define UNDIS_FREE_BUILD 1
#include <ndis.h>

#include "contender.h"

static NDIS_SPIN_LOCK ndis_lock __attribute__((aligned(128)));
static NDIS_SPIN_LOCK dpr_lock __attribute__((aligned(128)));
static NDIS_RW_LOCK_EX *rw_lock;

static void reset(void)
{
    NdisFreeSpinLock(&ndis_lock);
    NdisAllocateSpinLock(&ndis_lock);
    NdisFreeSpinLock(&dpr_lock);
    NdisAllocateSpinLock(&dpr_lock);
}

static void reset_rw(void)
{
    if (rw_lock != NULL) {
        NdisFreeRWLock(rw_lock);
    }
    rw_lock = NdisAllocateRWLock(NULL);
}

CONTENDER_LOOPS(ndis_inline, , NdisAcquireSpinLock(&ndis_lock), gate_count(), NdisReleaseSpinLock(&ndis_lock))
CONTENDER(ndis_inline, "NdisAcquireSpinLock inlined", "", SPIN_LOCK, ON_PROCESSOR, reset);
CONTENDER_LOOPS(ndis_dpr_inline, , NdisDprAcquireSpinLock(&dpr_lock), gate_count(),
                NdisDprReleaseSpinLock(&dpr_lock))
CONTENDER(ndis_dpr_inline, "NdisDprAcquireSpinLock inlined", "", SPIN_LOCK, ON_RAISED, reset);
RW_LOOPS(ndis_rw_inline, LOCK_STATE_EX state, NdisAcquireRWLockRead(rw_lock, &state, 0),
         NdisReleaseRWLock(rw_lock, &state), NdisAcquireRWLockWrite(rw_lock, &state, 0),
         NdisReleaseRWLock(rw_lock, &state))
CONTENDER(ndis_rw_inline, "NDIS_RW_LOCK_EX inlined", "", RW_LOCK, ON_PROCESSOR, reset_rw);
RW_LOOPS(ndis_rw_dpr_inline, LOCK_STATE_EX state,
         NdisAcquireRWLockRead(rw_lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL),
         NdisReleaseRWLock(rw_lock, &state),
         NdisAcquireRWLockWrite(rw_lock, &state, NDIS_RWL_AT_DISPATCH_LEVEL),
         NdisReleaseRWLock(rw_lock, &state))
CONTENDER(ndis_rw_dpr_inline, "NDIS_RW_LOCK_EX at dispatch inlined", "", RW_LOCK, ON_RAISED, reset_rw);

static inline void raise_and_lower(void)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    gate_touch();
    KeLowerIrql(irql);
}

/* No lock: what the pairs above pay for IRQL. */
CALL_LOOPS(ndis_irql, raise_and_lower())
CONTENDER(ndis_irql, "KeRaiseIrql, KeLowerIrql inlined", "", CALL, ON_PROCESSOR, NULL);
