/*
 * spinlock.c - the NDIS spin lock (spec section 2).
 *
 * The lock keeps its holder's old IRQL inside itself: that is what makes releases in another order than
 * the reverse of the acquisitions wrong (SL-12).
 */
#include <ndis.h>

#include "ke/ddi.h"
#include "ke/spinlock.h"
#include "ke/step.h"

#define NOT_TAKEN 0xFF /* no IRQL: the verifier objected */

#undef NdisAllocateSpinLock
#undef NdisFreeSpinLock
#undef NdisAcquireSpinLock
#undef NdisReleaseSpinLock
#undef NdisDprAcquireSpinLock
#undef NdisDprReleaseSpinLock

/* NdisAllocateSpinLock: any IRQL; makes caller-supplied, resident storage a free lock (SL-1). */
VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisAllocateSpinLock);
    event_send(EVENT_LOCK_INIT, &SpinLock->SpinLock, LOCK_NDIS, 0, 0, 0);
    ke_uses(SpinLock);
    ke_writes(SpinLock, sizeof(*SpinLock));
    *(volatile KSPIN_LOCK *)&SpinLock->SpinLock = 0;
    SpinLock->OldIrql = PASSIVE_LEVEL;
}

/* NdisFreeSpinLock: any IRQL; the storage is a lock no longer.  Releases nothing, frees no memory (SL-4). */
VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisFreeSpinLock);
    event_send(EVENT_LOCK_FREE, &SpinLock->SpinLock, LOCK_NDIS, 0, 0, 0);
    ke_writes(&SpinLock->SpinLock, sizeof(SpinLock->SpinLock));
    *(volatile KSPIN_LOCK *)&SpinLock->SpinLock = 0;
}

/*
 * NdisAcquireSpinLock: <= DISPATCH_LEVEL; raises to DISPATCH_LEVEL, waits until it owns the lock, and then
 * stores the old level in the lock (SL-5, SL-6).  Not recursive (SL-11).
 */
VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisAcquireSpinLock);
#if UNDIS_CHECKED
    KIRQL old = NOT_TAKEN;
    ke_spin_lock_acquire(&SpinLock->SpinLock, LOCK_NDIS, &old);
    if (old != NOT_TAKEN) {
        ke_writes(&SpinLock->OldIrql, sizeof(SpinLock->OldIrql));
        SpinLock->OldIrql = old;
    }
#else
    ke_spin_lock_acquire(&SpinLock->SpinLock, LOCK_NDIS, &SpinLock->OldIrql);
#endif
}

/* NdisReleaseSpinLock: DISPATCH_LEVEL; releases and restores the level saved in this lock (SL-7). */
VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisReleaseSpinLock);
    ke_reads(&SpinLock->OldIrql, sizeof(SpinLock->OldIrql));
    KIRQL irql = SpinLock->OldIrql; /* read while still the owner */
    ke_spin_lock_release(&SpinLock->SpinLock, LOCK_NDIS, irql);
}

/* NdisDprAcquireSpinLock: DISPATCH_LEVEL; touches neither IRQL nor the saved level (SL-8). */
VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisDprAcquireSpinLock);
    ke_spin_lock_acquire_at_dpc(&SpinLock->SpinLock, LOCK_NDIS_DPR);
}

/* NdisDprReleaseSpinLock: DISPATCH_LEVEL; IRQL stays (SL-9). */
VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisDprReleaseSpinLock);
    ke_spin_lock_release_from_dpc(&SpinLock->SpinLock, LOCK_NDIS_DPR);
}
